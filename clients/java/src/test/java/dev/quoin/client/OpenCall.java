// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A call of any kind whose messages are taken one by one. */
final class OpenCall implements StreamObserver<Message> {
  private static final Object OK = new Object();

  private final ClientCall<Message, Message> call;
  private final boolean unary;
  private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
  private final MethodDescriptor<Message, Message> method;
  private StreamObserver<Message> requests;

  /**
   * @param more whether more requests will follow, if the call takes a stream of them
   */
  OpenCall(
      Channel channel, MethodDescriptor<Message, Message> method, Message request, boolean more) {
    this.method = method;
    unary = method.getType() == MethodDescriptor.MethodType.UNARY;
    call = channel.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    if (method.getType().clientSendsOneMessage()) {
      ClientCalls.asyncServerStreamingCall(call, request, this);
      return;
    }
    requests = ClientCalls.asyncBidiStreamingCall(call, this);
    send(request);
    if (!more) {
      requests.onCompleted();
    }
  }

  MethodDescriptor<Message, Message> method() {
    return method;
  }

  void send(Message request) {
    requests.onNext(request);
  }

  boolean isUnary() {
    return unary;
  }

  /** The next message. */
  Message next() throws InterruptedException {
    Object event = poll();
    if (event instanceof Message message) {
      return message;
    }
    throw new AssertionError("a message was expected but the call ended with " + event);
  }

  /** What the call fails with, or null when it ends with OK. */
  Throwable failure() throws InterruptedException {
    Object event = poll();
    if (event instanceof Message) {
      throw new AssertionError("the end was expected but a message came: " + event);
    }
    return event == OK ? null : (Throwable) event;
  }

  void cancel() {
    call.cancel("the case has ended", null);
  }

  @Override
  public void onNext(Message message) {
    events.add(message);
  }

  @Override
  public void onError(Throwable failure) {
    events.add(failure);
  }

  @Override
  public void onCompleted() {
    events.add(OK);
  }

  private Object poll() throws InterruptedException {
    Object event = events.poll(10, TimeUnit.SECONDS);
    if (event == null) {
      throw new AssertionError("nothing came within 10 seconds");
    }
    return event;
  }
}
