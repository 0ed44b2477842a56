// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.DeleteRequest;
import dev.quoin.config.v1.DeleteResponse;
import dev.quoin.config.v1.GetRequest;
import dev.quoin.config.v1.GetResponse;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.config.v1.SetResponse;
import dev.quoin.config.v1.WatchRequest;
import dev.quoin.config.v1.WatchResponse;
import dev.quoin.server.testing.TestServer;

/** What tests of Config do again and again. */
final class Configs {
  private Configs() {}

  static ConfigGrpc.ConfigBlockingStub on(TestServer server) {
    return ConfigGrpc.newBlockingStub(server.channel());
  }

  static ConfigGrpc.ConfigStub streamsOn(TestServer server) {
    return ConfigGrpc.newStub(server.channel());
  }

  static Struct value(String host) {
    return Struct.newBuilder()
        .putFields("host", Value.newBuilder().setStringValue(host).build())
        .build();
  }

  static SetRequest.Builder to(String type, String component, String host) {
    return SetRequest.newBuilder().setType(type).setComponent(component).setValue(value(host));
  }

  static SetResponse set(String type, String component, String host) {
    return on(TestServer.first()).set(to(type, component, host).build());
  }

  static DeleteResponse delete(String type, String component) {
    return on(TestServer.first())
        .delete(DeleteRequest.newBuilder().setType(type).setComponent(component).build());
  }

  static GetResponse get(String type, String component) {
    return on(TestServer.second())
        .get(GetRequest.newBuilder().setType(type).setComponent(component).build());
  }

  static String hostOf(Struct value) {
    return value.getFieldsOrThrow("host").getStringValue();
  }

  static Watching<WatchRequest, WatchResponse> watch(
      TestServer server, WatchRequest.Builder request) {
    Watching<WatchRequest, WatchResponse> watching = new Watching<>();
    streamsOn(server).watch(request.build(), watching);
    return watching;
  }

  static Watching<WatchRequest, WatchResponse> watch(TestServer server, String type) {
    return watch(server, WatchRequest.newBuilder().setType(type));
  }
}
