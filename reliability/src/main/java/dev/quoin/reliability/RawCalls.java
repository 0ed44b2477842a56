// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.common.io.ByteStreams;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Calls any RPC with any bytes. */
final class RawCalls {
  private static final Metadata.Key<String> NAMESPACE =
      Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER);

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return ByteStreams.toByteArray(stream);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private final Channel channel;

  RawCalls(Channel channel) {
    this.channel = channel;
  }

  /**
   * How a call ended.
   *
   * @param answer the first one, null when there was none
   */
  record End(Status status, Metadata trailers, byte[] answer) {}

  static Message prototype(MethodDescriptor.Marshaller<?> marshaller) {
    return (Message) ((PrototypeMarshaller<?>) marshaller).getMessagePrototype();
  }

  /** What the first answer says. */
  static Message answer(MethodDescriptor<?, ?> method, End end) {
    try {
      Message prototype = prototype(method.getResponseMarshaller());
      return prototype.newBuilderForType().mergeFrom(end.answer()).build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(method.getFullMethodName() + " answered nonsense", e);
    }
  }

  /**
   * Calls once.
   *
   * @param isFirstEnough whether to end the call with the first answer, and to take silence as
   *     CANCELLED, not as DEADLINE_EXCEEDED
   */
  End call(
      MethodDescriptor<?, ?> method,
      byte[] request,
      String namespace,
      long millis,
      boolean isFirstEnough) {
    try (Open open = open(method, request, namespace)) {
      CompletableFuture<End> how = new CompletableFuture<>();
      if (isFirstEnough) {
        open.answer.thenAccept(first -> how.complete(new End(Status.OK, new Metadata(), first)));
      }
      open.end.thenAccept(how::complete);
      Status silence = isFirstEnough ? Status.CANCELLED : Status.DEADLINE_EXCEEDED;
      return how.completeOnTimeout(
              new End(silence, new Metadata(), null), millis, TimeUnit.MILLISECONDS)
          .join();
    }
  }

  /** Begins a call that stays open until it is closed. */
  Open open(MethodDescriptor<?, ?> method, byte[] request, String namespace) {
    Metadata headers = new Metadata();
    headers.put(NAMESPACE, namespace);
    ClientCall<byte[], byte[]> call =
        channel.newCall(
            MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(method.getType())
                .setFullMethodName(method.getFullMethodName())
                .setRequestMarshaller(BYTES)
                .setResponseMarshaller(BYTES)
                .build(),
            CallOptions.DEFAULT);
    Open open = new Open(call);
    call.start(open, headers);
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
    return open;
  }

  /** A call that is under way. */
  static final class Open extends ClientCall.Listener<byte[]> implements AutoCloseable {
    private final ClientCall<byte[], byte[]> call;
    private final CompletableFuture<byte[]> answer = new CompletableFuture<>();
    private final CompletableFuture<End> end = new CompletableFuture<>();

    private Open(ClientCall<byte[], byte[]> call) {
      this.call = call;
    }

    void awaitAnswer() {
      answer.orTimeout(60, TimeUnit.SECONDS).join();
    }

    @Override
    public void onMessage(byte[] message) {
      answer.complete(message);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      end.complete(new End(status, trailers, answer.getNow(null)));
    }

    @Override
    public void close() {
      call.cancel("enough", null);
    }
  }
}
