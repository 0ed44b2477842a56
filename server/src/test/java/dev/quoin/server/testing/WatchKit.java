// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** What every stream that tells the latest state of something promises. */
public final class WatchKit<Q extends Message, R extends Message> {
  private static final int CROWD = 50;

  private final MethodDescriptor<Q, R> method;
  private final Function<String, ? extends Message.Builder> request;
  private final BiConsumer<String, Integer> change;
  private final BiPredicate<R, Integer> shows;

  private WatchKit(
      MethodDescriptor<Q, R> method,
      Function<String, ? extends Message.Builder> request,
      BiConsumer<String, Integer> change,
      BiPredicate<R, Integer> shows) {
    this.method = method;
    this.request = request;
    this.change = change;
    this.shows = shows;
  }

  /**
   * The tests of one RPC, for a test factory.
   *
   * @param request watches the thing of a name
   * @param change changes that thing; called with 1, 2 and so on
   * @param shows whether a message shows the thing as that change has left it
   */
  public static <Q extends Message, R extends Message> Stream<DynamicTest> tests(
      MethodDescriptor<Q, R> method,
      Function<String, ? extends Message.Builder> request,
      BiConsumer<String, Integer> change,
      BiPredicate<R, Integer> shows) {
    var kit = new WatchKit<>(method, request, change, shows);
    String name = method.getBareMethodName();
    return Stream.concat(
        testsOfEvents(method, request, change, shows),
        Stream.of(dynamicTest(name + ": nothing is missed", kit::nothingIsMissed)));
  }

  /** As {@link #tests}, for what is told as it happens and is stored nowhere. */
  public static <Q extends Message, R extends Message> Stream<DynamicTest> testsOfEvents(
      MethodDescriptor<Q, R> method,
      Function<String, ? extends Message.Builder> request,
      BiConsumer<String, Integer> change,
      BiPredicate<R, Integer> shows) {
    var kit = new WatchKit<>(method, request, change, shows);
    String name = method.getBareMethodName() + ": ";
    return Stream.of(
        dynamicTest(name + "every server tells every change", kit::everyServerTells),
        dynamicTest(name + "many streams are one subscription", kit::manyAreOneSubscription),
        dynamicTest(name + "drain ends the stream", kit::drainEnds));
  }

  private void everyServerTells() {
    OpenStream<Q, R> here = open(TestServer.first(), "everywhere");
    OpenStream<Q, R> there = open(TestServer.second(), "everywhere");
    for (int n = 1; n <= 3; n++) {
      change.accept("everywhere", n);
      await(here, n);
      await(there, n);
    }
  }

  private void manyAreOneSubscription() {
    Set<String> before = channels();
    OpenStream<Q, R> first = open(TestServer.first(), "crowded");
    Set<String> opened = channels();
    opened.removeAll(before);
    assertThat(opened).isNotEmpty();
    long subscriptions = subscriptions(opened);
    List<OpenStream<Q, R>> crowd = new ArrayList<>(List.of(first));
    while (crowd.size() < CROWD) {
      crowd.add(open(TestServer.first(), "crowded"));
    }
    assertThat(subscriptions(opened)).isLessThanOrEqualTo(subscriptions);

    change.accept("crowded", 1);
    for (OpenStream<Q, R> stream : crowd) {
      await(stream, 1);
      stream.cancel();
    }

    Eventually.until(
        "the subscription has ended", () -> channels().stream().noneMatch(opened::contains));
  }

  private void nothingIsMissed() {
    OpenStream<Q, R> stream = open(TestServer.first(), "unheard");
    change.accept("unheard", 1);
    await(stream, 1);

    TestRedis.breakSubscriptions();
    change.accept("unheard", 2);

    await(stream, 2);
  }

  private void drainEnds() {
    TestServer leaving = TestServer.onSharedRedis();
    OpenStream<Q, R> stream = open(leaving, "drained");

    leaving.server().close();

    FieldDescriptor reconnect = stream.newest().getDescriptorForType().findFieldByName("reconnect");
    if (reconnect == null) {
      assertThatThrownBy(() -> stream.end().get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .satisfies(e -> assertThat(Refused.of(e.getCause()).reason()).isEqualTo("SHUTTING_DOWN"));
    } else {
      assertThat(stream.end()).succeedsWithin(10, TimeUnit.SECONDS);
      assertThat(stream.newest().hasField(reconnect)).isTrue();
    }
    leaving.close();
  }

  /** Opens a stream and awaits its first message: from then on no change is missed. */
  @SuppressWarnings("unchecked")
  private OpenStream<Q, R> open(TestServer server, String name) {
    OpenStream<Q, R> stream = new OpenStream<>();
    ClientCalls.asyncServerStreamingCall(
        server.channel().newCall(method, CallOptions.DEFAULT),
        (Q) request.apply(name).build(),
        stream);
    stream.any();
    return stream;
  }

  private void await(OpenStream<Q, R> stream, int n) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    R message = stream.any();
    while (!shows.test(message, n)) {
      assertThat(System.nanoTime()).as("change %s is not told within 20 s", n).isLessThan(limit);
      message = stream.any();
    }
  }

  private static Set<String> channels() {
    return TestRedis.nodes().stream()
        .flatMap(node -> node.commands().pubsubShardChannels().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** How many servers are subscribed to channels, each counted for itself. */
  private static long subscriptions(Set<String> channels) {
    String[] all = channels.toArray(String[]::new);
    return TestRedis.nodes().stream()
        .flatMap(node -> node.commands().pubsubShardNumsub(all).values().stream())
        .mapToLong(Long::longValue)
        .sum();
  }
}
