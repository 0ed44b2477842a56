// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Duration;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.ConfigGrpc.ConfigStub;
import dev.quoin.config.v1.GetRequest;
import dev.quoin.config.v1.GetResponse;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.config.v1.SetResponse;
import io.grpc.Channel;

/** What workers ask of {@code Config}. */
final class ConfigOperations {
  private static final String TYPE = "bench";
  private static final Duration SECOND = Duration.newBuilder().setSeconds(1).build();

  private ConfigOperations() {}

  /** Gives a component that only this worker uses a new value. */
  static Operation set(Channel channel, int worker) {
    ConfigStub config = ConfigGrpc.newStub(channel);
    return new Operation() {
      private long next;

      @Override
      public void start(Done done) {
        config.set(
            change(TYPE, "component-" + worker, next++),
            GrpcWorkload.answer(done, response -> check(response, done)));
      }
    };
  }

  /** Reads a component from Redis. */
  static Operation get(Channel channel, int worker) {
    return get(channel, GetRequest.newBuilder());
  }

  /** Reads a component, at most a second old. */
  static Operation getCopy(Channel channel, int worker) {
    return get(channel, GetRequest.newBuilder().setMaxStaleness(SECOND));
  }

  static SetRequest change(String type, String component, long number) {
    return SetRequest.newBuilder()
        .setType(type)
        .setComponent(component)
        .setValue(
            Struct.newBuilder()
                .putFields("host", Value.newBuilder().setStringValue("10.0.0.1").build())
                .putFields("port", Value.newBuilder().setNumberValue(6379).build())
                .putFields("number", Value.newBuilder().setNumberValue(number).build()))
        .build();
  }

  private static Operation get(Channel channel, GetRequest.Builder request) {
    ConfigStub config = ConfigGrpc.newStub(channel);
    GetRequest wanted = request.setType(TYPE).setComponent("component").build();
    ConfigGrpc.newBlockingStub(channel).set(change(TYPE, "component", 1));
    return done -> config.get(wanted, GrpcWorkload.answer(done, response -> check(response, done)));
  }

  private static void check(SetResponse response, Operation.Done done) {
    if (response.getStored()) {
      done.ok();
    } else {
      done.failed(new IllegalStateException("the value was not stored"));
    }
  }

  private static void check(GetResponse response, Operation.Done done) {
    if (response.getFound()) {
      done.ok();
    } else {
      done.failed(new IllegalStateException("the component was not found"));
    }
  }
}
