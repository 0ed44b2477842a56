// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.FilterResponse;
import dev.quoin.feeds.v1.PublishRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Streams that each filter by a tag, the same tag for as many as a status is to match, and check
 * that they receive every status of it, once, and nothing else.
 */
final class FilteredStreams implements AutoCloseable {
  private static final int PUBLISHING_CONNECTIONS = 4;
  private static final int AUTHORS = 16;

  /** How many statuses are under way at most: where a server is slower than the rate. */
  private static final int MOST_IN_FLIGHT = 256;

  private static final int PATIENCE_SECONDS = 60;

  /** For what the server refuses while it cannot keep up. */
  private static final Executor RETRY =
      CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS);

  /** As many bytes as {@code bench/peers/centrifuge} publishes. */
  private static final String TEXT = " " + "a message of a hundred bytes, more or less ".repeat(2);

  private final List<ManagedChannel> connections;
  private final List<ManagedChannel> publishing;
  private final int tags;
  private final List<Reader> readers;
  private final CountDownLatch opened;
  private final Semaphore inFlight = new Semaphore(MOST_IN_FLIGHT);
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /** By status: when it was due, how many have yet to receive it, and how long that took. */
  private final AtomicLongArray due;

  private final AtomicIntegerArray missing;
  private final AtomicLongArray took;

  /**
   * @param total how many statuses will be published
   */
  FilteredStreams(Testbed testbed, int connections, int streams, int matching, int total) {
    this.connections = connect(testbed, connections);
    this.publishing = connect(testbed, PUBLISHING_CONNECTIONS);
    this.tags = streams / matching;
    this.readers = IntStream.range(0, streams).mapToObj(i -> new Reader(i, total)).toList();
    this.opened = new CountDownLatch(streams);
    this.due = new AtomicLongArray(total);
    this.took = new AtomicLongArray(total);
    this.missing = new AtomicIntegerArray(total);
    for (int number = 0; number < total; number++) {
      missing.set(number, matching);
    }
  }

  private static List<ManagedChannel> connect(Testbed testbed, int connections) {
    return Stream.generate(() -> GrpcWorkload.connect(testbed)).limit(connections).toList();
  }

  void open() throws InterruptedException {
    for (int i = 0; i < readers.size(); i++) {
      open(i);
    }
    if (!opened.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(
          opened.getCount() + " streams have not started", failure.get());
    }
  }

  private void open(int index) {
    FilterRequest.Builder filter = FilterRequest.newBuilder().addTags(tag(index % tags));
    if (index / tags % 2 == 1) {
      filter.addTags("other" + index);
    }
    FeedsGrpc.newStub(connections.get(index % connections.size()))
        .filter(filter.build(), readers.get(index));
  }

  private static String tag(int index) {
    return "tag" + index;
  }

  void publish(int number, long dueNanos) throws InterruptedException {
    inFlight.acquire();
    due.set(number, dueNanos);
    publish(number);
  }

  private void publish(int number) {
    String tag = tag(number % tags);
    FeedsGrpc.newStub(publishing.get(number % publishing.size()))
        .publish(
            PublishRequest.newBuilder()
                .setId(String.valueOf(number))
                .setAuthor("author" + number % AUTHORS)
                .setText(number + " " + tag + TEXT)
                .addTags(tag)
                .build(),
            GrpcWorkload.answer(publication(number), published -> inFlight.release()));
  }

  private Operation.Done publication(int number) {
    return new Operation.Done() {
      @Override
      public void ok() {}

      @Override
      public void failed(Throwable thrown) {
        if (isUnavailable(thrown)) {
          RETRY.execute(() -> publish(number)); // which is safe, as it has an id
        } else {
          failure.compareAndSet(null, thrown);
          inFlight.release();
        }
      }
    };
  }

  private static boolean isUnavailable(Throwable thrown) {
    return Status.fromThrowable(thrown).getCode() == Status.Code.UNAVAILABLE;
  }

  long received() {
    return readers.stream().mapToLong(reader -> reader.received).sum();
  }

  /** Waits until every stream has received all that its filter matches. */
  void awaitAll() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    for (Reader reader : readers) {
      while (failure.get() == null && reader.received < reader.expected) {
        if (System.nanoTime() - end > 0) {
          throw new IllegalStateException(
              "a stream received " + reader.received + " of " + reader.expected);
        }
        TimeUnit.MILLISECONDS.sleep(1);
      }
    }
    if (failure.get() != null) {
      throw new IllegalStateException("deliveries went wrong", failure.get());
    }
  }

  /** How long it took from when each status was due until the last stream had it. */
  Latencies latencies(int first) {
    Latencies latencies = new Latencies();
    for (int number = first; number < took.length(); number++) {
      latencies.record(took.get(number));
    }
    return latencies;
  }

  @Override
  public void close() {
    Stream.of(connections, publishing).flatMap(List::stream).forEach(ManagedChannel::shutdownNow);
  }

  private final class Reader implements StreamObserver<FilterResponse> {
    private final int index;
    private final int tag;
    private final int expected;
    private final BitSet seen = new BitSet();
    private boolean isOpen;

    /** Written by one thread at a time. */
    private volatile int received;

    Reader(int index, int total) {
      this.index = index;
      this.tag = index % tags;
      this.expected = (total - tag + tags - 1) / tags;
    }

    @Override
    public void onNext(FilterResponse message) {
      if (!isOpen) {
        isOpen = true;
        opened.countDown();
      }
      if (message.hasStatusCreated()) {
        receive(message.getStatusCreated().getStatus().getText());
      } else if (!message.hasHeartbeat()) {
        onError(new IllegalStateException("unexpected: " + message));
      }
    }

    private void receive(String text) {
      int number = Integer.parseInt(text.substring(0, text.indexOf(' ')));
      if (number % tags != tag || seen.get(number)) {
        onError(new IllegalStateException("status " + number + " for tag " + tag));
        return;
      }
      seen.set(number);
      received = received + 1;
      if (missing.decrementAndGet(number) == 0) {
        took.set(number, System.nanoTime() - due.get(number));
      }
    }

    @Override
    public void onError(Throwable thrown) {
      if (!isOpen && isUnavailable(thrown)) {
        RETRY.execute(() -> open(index));
      } else {
        failure.compareAndSet(null, thrown);
      }
    }

    @Override
    public void onCompleted() {
      onError(new IllegalStateException("a stream has ended"));
    }
  }
}
