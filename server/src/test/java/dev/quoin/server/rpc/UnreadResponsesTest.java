// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.StringValue;
import dev.quoin.server.quotas.Quotas;
import dev.quoin.server.redis.Seal;
import dev.quoin.server.rpc.rules.Validation;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.OpenAccess;
import dev.quoin.server.testing.Refused;
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
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Callers that do not read what they asked for. */
final class UnreadResponsesTest {
  private static final int SHARE = 300_000;
  private static final int SIZE = 100_000;
  private static final StringValue LONG = StringValue.of("x".repeat(SIZE));
  private static final MethodDescriptor<StringValue, StringValue> GET =
      method("Get", MethodType.UNARY);
  private static final MethodDescriptor<StringValue, StringValue> WATCH =
      method("Watch", MethodType.SERVER_STREAMING);

  private final ExecutorService executor = Executors.newSingleThreadExecutor();
  private final UnreadResponses unread = new UnreadResponses(4 * SHARE, executor);
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private Server server;

  @BeforeEach
  void startServer() throws IOException {
    Rpc rpc =
        new Rpc(
            CallRecorder.none(),
            OpenAccess.open(),
            new Quotas(""),
            new Validation(),
            new Drain(),
            Seal.random(),
            1 << 20,
            unread,
            namespace -> {});
    ServiceDescriptor service =
        ServiceDescriptor.newBuilder("test.Test").addMethod(GET).addMethod(WATCH).build();
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .directExecutor()
            .addTransportFilter(unread)
            .addService(
                rpc.service(service)
                    .unary(GET, (request, call) -> CompletableFuture.completedFuture(LONG))
                    .streaming(WATCH, this::watch)
                    .build())
            .build()
            .start();
  }

  @AfterEach
  void stopServer() {
    channels.forEach(ManagedChannel::shutdownNow);
    server.shutdownNow();
    executor.shutdownNow();
  }

  /** A stream of one response, which is sent when the stream is ready. */
  private void watch(StringValue request, Call call, ResponseStream<StringValue> responses) {
    AtomicInteger left = new AtomicInteger(1);
    Runnable pump =
        () -> {
          if (responses.isReady() && left.getAndDecrement() > 0) {
            responses.send(LONG);
            sent.incrementAndGet();
          }
        };
    call.onCancel(cancelled::incrementAndGet);
    responses.onReady(pump);
    pump.run();
    opened.incrementAndGet();
  }

  @Test
  void callIsRefusedWhenItsConnectionHasItsShareUnread() {
    List<Reading> calls = open(connect(), GET, 20);
    Eventually.until(
        "all but three are refused", () -> calls.stream().filter(Reading::isOver).count() == 17);
    for (Reading call : calls) {
      if (call.isOver()) {
        assertThat(call.refused().reason()).isEqualTo("OVERLOADED");
      }
    }
    assertThat(
            ClientCalls.blockingUnaryCall(
                connect(), GET, CallOptions.DEFAULT, StringValue.getDefaultInstance()))
        .as("over another connection")
        .isEqualTo(LONG);

    calls.forEach(Reading::read);

    Eventually.until("all are over", () -> calls.stream().allMatch(Reading::isOver));
    assertThat(calls.stream().filter(call -> call.count.get() == 1)).hasSize(3);
    Eventually.until("nothing is unread", () -> unread.bytes() == 0);
  }

  @Test
  void streamsWaitWhileTheirConnectionHasItsShareUnread() {
    List<Reading> calls = open(connect(), WATCH, 50);
    Eventually.until("all are open", () -> opened.get() == 50);
    assertThat(sent).hasValue(3);
    assertThat(unread.bytes()).isBetween(3L * SIZE, 3L * SIZE + 100);

    calls.forEach(Reading::read);

    Eventually.until("all have theirs", () -> calls.stream().allMatch(c -> c.count.get() == 1));
    assertThat(calls).noneMatch(Reading::isOver);
    Eventually.until("nothing is unread", () -> unread.bytes() == 0);
  }

  @Test
  void streamsThatWaitGoOnWhenTheReadersBeforeThemHaveGone() {
    ManagedChannel channel = connect();
    List<Reading> gone = open(channel, WATCH, 3);
    Eventually.until("they have their share", () -> sent.get() == 3);
    List<Reading> waiting = open(channel, WATCH, 10);
    waiting.forEach(Reading::read);
    Eventually.until("all are open", () -> opened.get() == 13);
    assertThat(sent).hasValue(3);

    gone.forEach(call -> call.call.cancel("gone", null));

    Eventually.until("all have theirs", () -> waiting.stream().allMatch(c -> c.count.get() == 1));
    assertThat(cancelled).hasValue(3);
  }

  @Test
  void streamIsRefusedWhenAllConnectionsTogetherHaveTooMuchUnread() {
    List<Reading> calls = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      calls.addAll(open(connect(), WATCH, 3));
      int all = 3 * i;
      Eventually.until("they have their share", () -> sent.get() == all);
    }
    assertThat(calls).noneMatch(Reading::isOver);

    Reading more = open(connect(), WATCH, 1).get(0);

    Eventually.until("it is refused", more::isOver);
    assertThat(more.refused().reason()).isEqualTo("OVERLOADED");
    assertThat(cancelled).as("its feature knows").hasValue(1);
    channels.forEach(ManagedChannel::shutdownNow);
    Eventually.until("nothing is unread", () -> unread.bytes() == 0);
  }

  /** A connection whose windows are as small as HTTP/2 has them at first. */
  private ManagedChannel connect() {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
            .usePlaintext()
            .flowControlWindow(65_535)
            .build();
    channels.add(channel);
    return channel;
  }

  private static List<Reading> open(
      ManagedChannel channel, MethodDescriptor<StringValue, StringValue> method, int number) {
    List<Reading> calls = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      calls.add(new Reading(channel.newCall(method, CallOptions.DEFAULT)));
    }
    return calls;
  }

  private static MethodDescriptor<StringValue, StringValue> method(String name, MethodType type) {
    return MethodDescriptor.<StringValue, StringValue>newBuilder()
        .setType(type)
        .setFullMethodName("test.Test/" + name)
        .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
        .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
        .build();
  }

  /** A call whose responses are not read until it is said. */
  private static final class Reading extends ClientCall.Listener<StringValue> {
    private final ClientCall<StringValue, StringValue> call;
    private final AtomicInteger count = new AtomicInteger();
    private final CompletableFuture<RuntimeException> end = new CompletableFuture<>();

    Reading(ClientCall<StringValue, StringValue> call) {
      this.call = call;
      call.start(this, new Metadata());
      call.sendMessage(StringValue.getDefaultInstance());
      call.halfClose();
    }

    void read() {
      call.request(2);
    }

    boolean isOver() {
      return end.isDone();
    }

    Refused refused() {
      return Refused.by(
          () -> {
            throw end.join();
          });
    }

    @Override
    public void onMessage(StringValue message) {
      count.incrementAndGet();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      end.complete(status.asRuntimeException(trailers));
    }
  }
}
