// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import io.grpc.ManagedChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** What was sent and has not been received by all readers, by the word it begins with. */
final class Deliveries implements AutoCloseable {
  private static final int CONNECTIONS = 4;
  private static final int START_SECONDS = 60;

  private final List<ManagedChannel> channels;
  private final int readers;
  private final CountDownLatch started;
  private final AtomicLong next = new AtomicLong();
  private final Map<String, Delivery> open = new ConcurrentHashMap<>();

  private record Delivery(AtomicInteger missing, Operation.Done done) {}

  /**
   * @param readers how many streams are to receive everything
   */
  Deliveries(Testbed testbed, int readers) {
    this(testbed, readers, CONNECTIONS);
  }

  /**
   * @param connections how many the streams share
   */
  Deliveries(Testbed testbed, int readers, int connections) {
    this.channels =
        Stream.generate(() -> GrpcWorkload.connect(testbed)).limit(connections).toList();
    this.readers = readers;
    this.started = new CountDownLatch(readers);
  }

  ManagedChannel channel(int index) {
    return channels.get(index % channels.size());
  }

  /** A stream has started. */
  void started() {
    started.countDown();
  }

  void awaitStart() {
    try {
      if (!started.await(START_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not all streams have started");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Begins a delivery and returns the word its text has to begin with. */
  String begin(Operation.Done done) {
    String word = String.valueOf(next.incrementAndGet());
    open.put(word, new Delivery(new AtomicInteger(readers), done));
    return word;
  }

  /** A reader has received a text. */
  void received(String text) {
    String word = text.substring(0, text.indexOf(' '));
    Delivery delivery = open.get(word);
    if (delivery != null && delivery.missing().decrementAndGet() == 0) {
      open.remove(word);
      delivery.done().ok();
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
