// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.LogsGrpc.LogsStub;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.logs.v1.WriteRequest;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Workers that write an entry and wait until every tail of the log has received it. */
final class TailWorkload implements Workload {
  private static final int CONNECTIONS = 4;
  private static final String LOG = "tailed";

  private final List<ManagedChannel> channels;
  private final int tails;
  private final CountDownLatch started;
  private final AtomicLong next = new AtomicLong();
  private final Map<String, Delivery> deliveries = new ConcurrentHashMap<>();

  /** An entry under way. */
  private record Delivery(AtomicInteger missing, Operation.Done done) {
    void received() {
      if (missing.decrementAndGet() == 0) {
        done.ok();
      }
    }
  }

  private TailWorkload(List<ManagedChannel> channels, int tails) {
    this.channels = channels;
    this.tails = tails;
    this.started = new CountDownLatch(tails);
  }

  /**
   * @param tails how many streams follow the log
   */
  static Workload.Factory of(int tails) {
    return (testbed, workers) -> {
      List<ManagedChannel> channels =
          Stream.generate(() -> GrpcWorkload.connect(testbed)).limit(CONNECTIONS).toList();
      TailWorkload workload = new TailWorkload(channels, tails);
      workload.openTails();
      return workload;
    };
  }

  private void openTails() {
    TailRequest request = TailRequest.newBuilder().addNames(LOG).build();
    for (int i = 0; i < tails; i++) {
      LogsGrpc.newStub(channels.get(i % CONNECTIONS)).tail(request, new Reader());
    }
    try {
      if (!started.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not all tails have started");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Operation worker(int index) {
    LogsStub logs = LogsGrpc.newStub(channels.get(index % CONNECTIONS));
    return done -> {
      String text = "order " + next.incrementAndGet() + " was paid by card in 38 ms";
      deliveries.put(text, new Delivery(new AtomicInteger(tails), done));
      WriteRequest request =
          WriteRequest.newBuilder()
              .setName(LOG)
              .setText(text)
              .setTemplate("order {} was paid by {} in {} ms")
              .build();
      logs.write(request, GrpcWorkload.answer(done, written -> {}));
    };
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  private final class Reader implements StreamObserver<TailResponse> {
    private boolean isOpen;

    @Override
    public void onNext(TailResponse message) {
      if (!isOpen) {
        isOpen = true;
        started.countDown();
      }
      message
          .getNewEntries()
          .getEntriesList()
          .forEach(entry -> deliveries.get(entry.getText()).received());
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
