// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.feeds.v1.Box;
import dev.quoin.feeds.v1.Conditions;
import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FeedsGrpc.FeedsStub;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.FilterResponse;
import dev.quoin.feeds.v1.Location;
import dev.quoin.feeds.v1.PublishRequest;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Workers that publish a status and wait until the streams whose filters match have received it.
 * Filters are of all kinds, and the same few of them match whatever their number.
 */
final class FeedWorkload implements Workload {
  private static final int STREAMS_A_CONNECTION = 800;
  private static final int START_SECONDS = 120;
  private static final Location HERE =
      Location.newBuilder().setLatitude(52.5).setLongitude(13.4).build();

  private final Deliveries deliveries;
  private final AtomicLong ids = new AtomicLong(System.nanoTime());

  private FeedWorkload(Deliveries deliveries) {
    this.deliveries = deliveries;
  }

  /**
   * @param filters how many streams there are
   * @param matching how many of them match
   */
  static Workload.Factory of(int filters, int matching) {
    return (testbed, workers) -> {
      int connections = filters / STREAMS_A_CONNECTION + 4;
      FeedWorkload workload = new FeedWorkload(new Deliveries(testbed, matching, connections));
      workload.openStreams(filters, matching);
      return workload;
    };
  }

  private void openStreams(int filters, int matching) {
    CountDownLatch started = new CountDownLatch(filters);
    for (int i = 0; i < filters; i++) {
      FilterRequest filter =
          i < matching ? FilterRequest.newBuilder().addTrack("paid card").build() : other(i);
      FeedsGrpc.newStub(deliveries.channel(i)).filter(filter, new Reader(started));
    }
    try {
      if (!started.await(START_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not all streams have started");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A filter that nothing matches which is published here. */
  private static FilterRequest other(int i) {
    FilterRequest.Builder filter = FilterRequest.newBuilder();
    switch (i % 5) {
      case 0 -> filter.addTrack("paid longword" + i).addTrack("word" + i);
      case 1 -> filter.addFollow("nobody" + i).addFollow("noone" + i);
      case 2 -> filter.addTags("tag" + i);
      case 3 ->
          filter.addLocations(
              Box.newBuilder()
                  .setMinLatitude(-80 + i % 100)
                  .setMaxLatitude(-79 + i % 100)
                  .setMinLongitude(-170 + i % 140)
                  .setMaxLongitude(-169 + i % 140));
      default ->
          filter.addGroups(Conditions.newBuilder().addLanguages("en").addFollow("nobody" + i));
    }
    return filter.build();
  }

  @Override
  public Operation worker(int index) {
    FeedsStub feeds = FeedsGrpc.newStub(deliveries.channel(index));
    PublishRequest.Builder status =
        PublishRequest.newBuilder()
            .setAuthor("author" + index)
            .setLanguage("en")
            .setLocation(HERE)
            .putAttributes("client", "shop");
    return done ->
        feeds.publish(
            status
                .setId(String.valueOf(ids.incrementAndGet()))
                .setText(deliveries.begin(done) + " was paid by card in 38 ms #shop @cashier")
                .build(),
            GrpcWorkload.answer(done, published -> {}));
  }

  @Override
  public void close() {
    deliveries.close();
  }

  private final class Reader implements StreamObserver<FilterResponse> {
    private final CountDownLatch started;
    private boolean isOpen;

    Reader(CountDownLatch started) {
      this.started = started;
    }

    @Override
    public void onNext(FilterResponse message) {
      if (!isOpen) {
        isOpen = true;
        started.countDown();
      }
      if (message.hasStatusCreated()) {
        deliveries.received(message.getStatusCreated().getStatus().getText());
      }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
