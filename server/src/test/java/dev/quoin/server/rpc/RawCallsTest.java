// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.io.ByteStreams;
import com.google.protobuf.Duration;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.quotas.Quotas;
import dev.quoin.server.redis.Seal;
import dev.quoin.server.rpc.rules.Validation;
import dev.quoin.server.testing.OpenAccess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Compressor;
import io.grpc.CompressorRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Calls that no generated client would make. */
final class RawCallsTest {
  /** Sends bytes as they are. */
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

  private static final MethodDescriptor<byte[], byte[]> ACQUIRE =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodType.UNARY)
          .setFullMethodName("quoin.locks.v1.Locks/Acquire")
          .setRequestMarshaller(BYTES)
          .setResponseMarshaller(BYTES)
          .build();

  @Test
  void bytesThatAreNoMessageAreAnInvalidArgument() {
    // Field 1 as a text of 127 bytes, which are not there.
    Refused refused = Refused.by(() -> call(new byte[] {0x0A, 0x7F, 0x61}));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
  }

  @Test
  void nameThatIsNotUtf8IsAnInvalidArgument() {
    assertThat(Refused.by(() -> call(new byte[] {0x0A, 0x01, (byte) 0xFF})).code())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void nameSentAsANumberIsAnInvalidArgument() {
    Refused refused = Refused.by(() -> call(new byte[] {0x08, 0x05}));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsExactly("name");
  }

  @Test
  void randomBytesNeverGetAnInternalError() {
    Random random = new Random(7);
    for (int i = 0; i < 500; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      try {
        call(bytes);
      } catch (io.grpc.StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
      }
    }
  }

  @Test
  void callWithoutARequestIsAnInvalidArgument() throws Exception {
    assertThat(statusOf(0).getCode()).isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void callWithTwoRequestsIsAnInvalidArgument() throws Exception {
    assertThat(statusOf(2).getCode()).isEqualTo(Code.INVALID_ARGUMENT);
  }

  @Test
  void brokenGzipIsAnInvalidArgument() throws IOException {
    byte[] whole = gzip(AcquireRequest.newBuilder().setName("n".repeat(500)).build().toByteArray());
    byte[] damaged = whole.clone();
    damaged[whole.length / 2] ^= 0x55;
    for (byte[] sent :
        new byte[][] {"no gzip".getBytes(), Arrays.copyOf(whole, whole.length - 9), damaged}) {
      Refused refused = Refused.by(() -> callCompressed(sent));
      assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
      assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
    }
  }

  @Test
  void gzipThatIsTooLargeWhenUnpackedIsRefused() throws IOException {
    byte[] bomb = gzip(new byte[64 * 1024 * 1024]);

    Refused refused = Refused.by(() -> callCompressed(bomb));

    assertThat(refused.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(refused.reason()).isEqualTo("REQUEST_TOO_LARGE");
  }

  @Test
  void gzipIsUnpacked() throws IOException {
    assertThat(
            callCompressed(
                gzip(
                    AcquireRequest.newBuilder()
                        .setName("zipped")
                        .setLease(Duration.newBuilder().setSeconds(5))
                        .build()
                        .toByteArray())))
        .isNotEmpty();
  }

  @Test
  void requestThatIsTooLargeIsRefused() {
    for (int size : new int[] {4 * 1024 * 1024, 5 * 1024 * 1024, 50 * 1024 * 1024}) {
      AcquireRequest huge = AcquireRequest.newBuilder().setName("n".repeat(size)).build();

      Refused refused = Refused.by(() -> TestServer.first().locks().acquire(huge));

      assertThat(refused.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
      assertThat(refused.reason()).isEqualTo("REQUEST_TOO_LARGE");
    }
  }

  @Test
  void serviceThatLacksAnRpcCannotBeBuilt() {
    Rpc rpc =
        new Rpc(
            CallRecorder.none(),
            OpenAccess.open(),
            new Quotas(""),
            new Validation(),
            new Drain(),
            Seal.random(),
            1 << 20,
            new UnreadResponses(1 << 20, Runnable::run),
            namespace -> {});

    assertThatThrownBy(
            () ->
                rpc.service(LocksGrpc.getServiceDescriptor())
                    .unary(LocksGrpc.getAcquireMethod(), (request, call) -> null)
                    .build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("quoin.locks.v1.Locks/");
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write(bytes);
    }
    return zipped.toByteArray();
  }

  /** Sends bytes as what gzip has made of a request. */
  private static byte[] callCompressed(byte[] compressed) {
    CompressorRegistry asTheyAre = CompressorRegistry.newEmptyInstance();
    asTheyAre.register(
        new Compressor() {
          @Override
          public String getMessageEncoding() {
            return "gzip";
          }

          @Override
          public OutputStream compress(OutputStream out) {
            return out;
          }
        });
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", TestServer.first().server().port())
            .usePlaintext()
            .compressorRegistry(asTheyAre)
            .build();
    try {
      return ClientCalls.blockingUnaryCall(
          channel, ACQUIRE, CallOptions.DEFAULT.withCompression("gzip"), compressed);
    } finally {
      channel.shutdownNow();
    }
  }

  private static byte[] call(byte[] request) {
    return ClientCalls.blockingUnaryCall(
        TestServer.first().channel(), ACQUIRE, CallOptions.DEFAULT, request);
  }

  private static Status statusOf(int requests) throws Exception {
    // The type of the method is the client's own idea: a stream lets it send any number.
    ClientCall<byte[], byte[]> call =
        TestServer.first()
            .channel()
            .newCall(
                ACQUIRE.toBuilder().setType(MethodType.BIDI_STREAMING).build(),
                CallOptions.DEFAULT);
    CompletableFuture<Status> status = new CompletableFuture<>();
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status closed, Metadata trailers) {
            status.complete(closed);
          }
        },
        new Metadata());
    call.request(1);
    for (int i = 0; i < requests; i++) {
      call.sendMessage(AcquireRequest.newBuilder().setName("twice").build().toByteArray());
    }
    call.halfClose();
    return status.get(5, TimeUnit.SECONDS);
  }
}
