// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * The calls by which one lease is acquired, kept and given back, whatever service grants it.
 *
 * @param ask a request of Hold that says what is wanted; without a token
 */
record LeaseCalls(ClientCore core, LeaseRpcs rpcs, Message ask) {
  String name() {
    return (String) Fields.get(ask, "name");
  }

  Duration lease() {
    return Times.duration((com.google.protobuf.Duration) Fields.get(ask, "lease"));
  }

  /** A request of Acquire. */
  Message acquire(Duration wait, String requestId) {
    Message.Builder request = Fields.copy(ask, Fields.request(rpcs.acquire()));
    Fields.set(request, "wait", Times.duration(wait));
    return Fields.set(request, "request_id", requestId).build();
  }

  /** Renews the lease and tells its new end. */
  CompletableFuture<Instant> renew(String token, Duration within) {
    Message.Builder request = named(rpcs.renew(), "token", token);
    Fields.set(request, "lease", Fields.get(ask, "lease"));
    return core.call(typed(rpcs.renew()), request.build(), within)
        .thenApply(renewed -> Times.instant((Timestamp) Fields.get(renewed, "expire_time")));
  }

  CompletableFuture<?> release(String token, Duration within) {
    return core.call(typed(rpcs.release()), named(rpcs.release(), "token", token).build(), within);
  }

  /** Gives back what a request was, or will be, granted. */
  GiveBack giveBack(String requestId) {
    Message request = named(rpcs.release(), "acquire_request_id", requestId).build();
    return new GiveBack(lease(), within -> core.call(typed(rpcs.release()), request, within));
  }

  /**
   * Opens a stream that holds it.
   *
   * @param token of the grant to go on with; empty to ask for a new one
   */
  ClientCall<?, ?> hold(String token, StreamObserver<Message> events) {
    Message request = Fields.set(ask.toBuilder(), "token", token).build();
    return core.stream(typed(rpcs.hold()), request, events);
  }

  private Message.Builder named(MethodDescriptor<?, ?> method, String field, String value) {
    return Fields.set(Fields.set(Fields.request(method), "name", name()), field, value);
  }

  @SuppressWarnings("unchecked")
  static MethodDescriptor<Message, Message> typed(MethodDescriptor<?, ?> method) {
    return (MethodDescriptor<Message, Message>) method;
  }
}
