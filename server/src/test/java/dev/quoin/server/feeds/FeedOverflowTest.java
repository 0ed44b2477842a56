// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import static dev.quoin.server.feeds.FeedCalls.filter;
import static dev.quoin.server.feeds.FeedCalls.ids;
import static dev.quoin.server.feeds.FeedCalls.publish;
import static dev.quoin.server.feeds.FeedCalls.status;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.FilterResponse;
import dev.quoin.feeds.v1.Overflow;
import dev.quoin.feeds.v1.PublishResponse;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.ReconnectReason;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Readers that do not read while far more comes than is kept for them. */
@Tag("redis")
final class FeedOverflowTest {
  private static final int STATUSES = 2_500;
  private static final int AUTHORS = 20;
  private static final String TEXT = "word " + "x".repeat(4_000);

  private final List<Sleeper> sleepers = new ArrayList<>();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void endStreams() {
    OpenStream.cancelAll();
    sleepers.forEach(Sleeper::cancel);
  }

  @Test
  void whoBlocksGetsEverythingAndNobodyElseNotices() throws Exception {
    Sleeper slow = sleep(Overflow.OVERFLOW_BLOCK);
    var quick = filter(TestServer.second(), FilterRequest.newBuilder().addTrack("word"));
    List<String> published = publishMany();

    assertThat(ids(STATUSES, quick)).containsExactlyInAnyOrderElementsOf(published);
    List<String> received = slow.read(STATUSES);

    assertThat(received).containsExactlyInAnyOrderElementsOf(published);
    for (int author = 0; author < AUTHORS; author++) {
      assertThat(received).containsSubsequence(ofAuthor(published, author));
    }
    publish("after", "author0", "word");
    assertThat(slow.read(1)).containsExactly("after");
  }

  @Test
  void whoDropsIsToldHowMany() throws Exception {
    Sleeper slow = sleep(Overflow.OVERFLOW_DROP);
    publishMany();

    List<String> received = slow.read(STATUSES);

    assertThat(slow.missed).isPositive();
    assertThat(received.size() + slow.missed).isEqualTo(STATUSES);
    assertThat(received).doesNotHaveDuplicates();
  }

  @Test
  void whoConflatesGetsTheNewestOfEachAuthor() throws Exception {
    Sleeper slow = sleep(Overflow.OVERFLOW_CONFLATE);
    List<String> published = publishMany();

    List<String> received = slow.read(STATUSES);

    assertThat(slow.missed).isPositive();
    assertThat(received.size() + slow.missed).isEqualTo(STATUSES);
    Map<String, String> newest = new HashMap<>();
    published.forEach(id -> newest.put(id.replaceAll(".*/", ""), id));
    assertThat(received).containsAll(newest.values());
  }

  @Test
  void whoIsDisconnectedGoesOnFromTheCursor() throws Exception {
    Sleeper slow = sleep(Overflow.OVERFLOW_DISCONNECT);
    List<String> published = publishMany();

    List<String> received = slow.read(STATUSES);
    assertThat(slow.reconnect.getReconnect().getReason())
        .isEqualTo(ReconnectReason.RECONNECT_REASON_SLOW_READER);
    var next =
        filter(
            TestServer.second(),
            FilterRequest.newBuilder()
                .addTrack("word")
                .setCursor(slow.reconnect.getReconnect().getCursor()));
    received.addAll(ids(STATUSES - received.size(), next));

    assertThat(received).containsExactlyInAnyOrderElementsOf(published);
  }

  private static List<String> publishMany() throws Exception {
    FeedsGrpc.FeedsFutureStub feeds = FeedsGrpc.newFutureStub(TestServer.first().channel());
    List<String> ids =
        IntStream.range(0, STATUSES).mapToObj(i -> i + "/author" + i % AUTHORS).toList();
    List<ListenableFuture<PublishResponse>> published = new ArrayList<>();
    for (int i = 0; i < STATUSES; i++) {
      published.add(feeds.publish(status(ids.get(i), "author" + i % AUTHORS, TEXT).build()));
      // One of each author at once: they are published in order.
      if (published.size() == AUTHORS) {
        Futures.allAsList(published).get(60, TimeUnit.SECONDS);
        published.clear();
      }
    }
    return ids;
  }

  private static List<String> ofAuthor(List<String> ids, int author) {
    return ids.stream().filter(id -> id.endsWith("/author" + author)).toList();
  }

  private Sleeper sleep(Overflow overflow) throws InterruptedException {
    Sleeper sleeper = new Sleeper();
    FeedsGrpc.newStub(TestServer.second().channel())
        .filter(FilterRequest.newBuilder().addTrack("word").setOverflow(overflow).build(), sleeper);
    sleepers.add(sleeper);
    assertThat(sleeper.next().hasHeartbeat()).isTrue();
    return sleeper;
  }

  /** Reads one message when it is told to. */
  private static final class Sleeper
      implements ClientResponseObserver<FilterRequest, FilterResponse> {
    private final BlockingQueue<FilterResponse> messages = new LinkedBlockingQueue<>();
    private ClientCallStreamObserver<FilterRequest> call;
    private long missed;
    private FilterResponse reconnect;

    @Override
    public void beforeStart(ClientCallStreamObserver<FilterRequest> requestStream) {
      call = requestStream;
      call.disableAutoRequestWithInitial(1);
    }

    FilterResponse next() throws InterruptedException {
      FilterResponse message = messages.poll(30, TimeUnit.SECONDS);
      assertThat(message).as("a message within 30 s").isNotNull();
      call.request(1);
      return message;
    }

    /** So many, with those that it is told are missing; fewer when the stream ends before. */
    List<String> read(int count) throws InterruptedException {
      List<String> ids = new ArrayList<>();
      while (reconnect == null && ids.size() + missed < count) {
        FilterResponse message = next();
        if (message.hasGap()) {
          missed += message.getGap().getMissed();
        } else if (message.hasReconnect()) {
          reconnect = message;
        } else if (message.hasStatusCreated()) {
          ids.add(message.getStatusCreated().getStatus().getId());
        }
      }
      return ids;
    }

    void cancel() {
      call.cancel("the test has enough", null);
    }

    @Override
    public void onNext(FilterResponse message) {
      messages.add(message);
    }

    @Override
    public void onError(Throwable failure) {
      // The test misses messages.
    }

    @Override
    public void onCompleted() {
      // The test has seen the last message.
    }
  }
}
