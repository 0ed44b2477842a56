// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.quotas.Quotas;
import dev.quoin.server.redis.Seal;
import dev.quoin.server.rpc.rules.Validation;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.OpenAccess;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RPCs whose caller sends a stream of requests. */
final class ReceivingCallTest {
  private static final int AHEAD = 4;
  private static final MethodDescriptor<GetRequest, GetResponse> METHOD =
      MethodDescriptor.<GetRequest, GetResponse>newBuilder()
          .setType(MethodType.BIDI_STREAMING)
          .setFullMethodName("test.Test/Talk")
          .setRequestMarshaller(ProtoUtils.marshaller(GetRequest.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(GetResponse.getDefaultInstance()))
          .build();

  private final List<String> taken = new CopyOnWriteArrayList<>();
  private final BlockingQueue<CompletableFuture<Void>> works = new LinkedBlockingQueue<>();
  private final AtomicInteger ended = new AtomicInteger();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final CompletableFuture<Status> outcome = new CompletableFuture<>();
  @TempDir Path folder;
  private Quotas quotas;
  private volatile boolean canBegin = true;
  private Server server;
  private ManagedChannel channel;
  private ClientCall<GetRequest, GetResponse> call;

  @BeforeEach
  void openCall() throws IOException {
    Path file =
        Files.writeString(folder.resolve("quotas"), "quotas: [{namespaces: ['*'], open_calls: 2}]");
    quotas = new Quotas(file.toString());
    Rpc rpc =
        new Rpc(
            CallRecorder.none(),
            OpenAccess.open(),
            quotas,
            new Validation(),
            new Drain(),
            Seal.random(),
            1 << 20,
            new UnreadResponses(1 << 20, Runnable::run),
            namespace -> {});
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .directExecutor()
            .addService(
                rpc.service(ServiceDescriptor.newBuilder("test.Test").addMethod(METHOD).build())
                    .receiving(METHOD, AHEAD, this::talk)
                    .build())
            .build()
            .start();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    call = channel.newCall(METHOD, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            outcome.complete(status);
          }
        },
        new Metadata());
    call.request(100);
  }

  @AfterEach
  void closeServer() {
    channel.shutdownNow();
    server.shutdownNow();
    quotas.close();
  }

  private RequestStreamHandler<GetRequest> talk(
      Call served, ResponseStream<GetResponse> responses) {
    if (!canBegin) {
      throw new IllegalStateException("for the test");
    }
    served.onCancel(cancelled::incrementAndGet);
    return new RequestStreamHandler<>() {
      @Override
      public CompletionStage<?> take(GetRequest request) {
        taken.add(request.getName());
        CompletableFuture<Void> work = new CompletableFuture<>();
        works.add(work);
        return work;
      }

      @Override
      public Throwable refused(Throwable failure) {
        String field = ((InvalidRequest) failure).violations().getFieldViolations(0).getField();
        return ApiException.storeUnavailable("of " + taken.size() + " taken: " + field);
      }

      @Override
      public void end() {
        ended.incrementAndGet();
        responses.send(GetResponse.getDefaultInstance());
        responses.complete();
      }
    };
  }

  @Test
  void callEndsOnceAllThatWasSentIsDone() throws Exception {
    send("one", "two");
    call.halfClose();
    CompletableFuture<Void> first = works.poll(10, TimeUnit.SECONDS);
    CompletableFuture<Void> second = works.poll(10, TimeUnit.SECONDS);
    second.complete(null);
    assertThat(ended).hasValue(0);

    first.complete(null);

    assertThat(outcome.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.OK);
    assertThat(ended).hasValue(1);
    assertThat(taken).containsExactly("one", "two");
  }

  @Test
  void callerWhoIsAheadIsHeldBack() throws Exception {
    send("1", "2", "3", "4", "5", "6");
    Eventually.until("as many as allowed are taken", () -> taken.size() == AHEAD);

    works.take().complete(null);

    Eventually.until("one more is taken", () -> taken.size() == AHEAD + 1);
    assertThat(taken).containsExactly("1", "2", "3", "4", "5");
  }

  @Test
  void brokenRuleOfALaterRequestEndsTheCallOnceThoseBeforeItAreDone() throws Exception {
    send("one", "two", "", "three");
    call.halfClose();
    works.take().complete(null);
    assertThat(outcome).isNotDone();

    works.take().complete(null);

    assertThat(outcome.get(10, TimeUnit.SECONDS).getDescription()).isEqualTo("of 2 taken: name");
    Eventually.until("the feature hears of it", () -> cancelled.get() == 1);
    assertThat(ended).hasValue(0);
    assertThat(taken).containsExactly("one", "two");
  }

  @Test
  void failureOfARequestEndsTheCallWithItsReason() throws Exception {
    send("one");

    works.take().completeExceptionally(ApiException.storeUnavailable("for the test"));

    assertThat(outcome.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    Eventually.until("the feature hears of it", () -> cancelled.get() == 1);
  }

  @Test
  void callerWhoGoesAwayIsNoticed() {
    send("one");
    Eventually.until("the request is taken", () -> taken.size() == 1);

    call.cancel("for the test", null);

    Eventually.until("the feature hears of it", () -> cancelled.get() == 1);
    assertThat(ended).hasValue(0);
  }

  /** A call that a feature cannot begin is given back to its quota. */
  @Test
  void callThatCannotBeginIsOpenNoLonger() throws Exception {
    canBegin = false;
    for (int i = 0; i < 5; i++) {
      CompletableFuture<Status> ended = new CompletableFuture<>();
      ClientCall<GetRequest, GetResponse> another = channel.newCall(METHOD, CallOptions.DEFAULT);
      another.start(
          new ClientCall.Listener<>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
              ended.complete(status);
            }
          },
          new Metadata());
      assertThat(ended.get(10, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.INTERNAL);
    }
  }

  private void send(String... names) {
    for (String name : names) {
      call.sendMessage(GetRequest.newBuilder().setName(name).build());
    }
  }
}
