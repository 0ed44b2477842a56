// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.LogsGrpc.LogsStub;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.logs.v1.WriteRequest;
import io.grpc.stub.StreamObserver;

/** Workers that write an entry and wait until every tail of the log has received it. */
final class TailWorkload implements Workload {
  private static final String LOG = "tailed";

  private final Deliveries deliveries;

  private TailWorkload(Deliveries deliveries) {
    this.deliveries = deliveries;
  }

  /**
   * @param tails how many streams follow the log
   */
  static Workload.Factory of(int tails) {
    return (testbed, workers) -> {
      TailWorkload workload = new TailWorkload(new Deliveries(testbed, tails));
      workload.openTails(tails);
      return workload;
    };
  }

  private void openTails(int tails) {
    TailRequest request = TailRequest.newBuilder().addNames(LOG).build();
    for (int i = 0; i < tails; i++) {
      LogsGrpc.newStub(deliveries.channel(i)).tail(request, new Reader());
    }
    deliveries.awaitStart();
  }

  @Override
  public Operation worker(int index) {
    LogsStub logs = LogsGrpc.newStub(deliveries.channel(index));
    return done -> {
      WriteRequest request =
          WriteRequest.newBuilder()
              .setName(LOG)
              .setText(deliveries.begin(done) + " was paid by card in 38 ms")
              .setTemplate("{} was paid by {} in {} ms")
              .build();
      logs.write(request, GrpcWorkload.answer(done, written -> {}));
    };
  }

  @Override
  public void close() {
    deliveries.close();
  }

  private final class Reader implements StreamObserver<TailResponse> {
    private boolean isOpen;

    @Override
    public void onNext(TailResponse message) {
      if (!isOpen) {
        isOpen = true;
        deliveries.started();
      }
      message
          .getNewEntries()
          .getEntriesList()
          .forEach(entry -> deliveries.received(entry.getText()));
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
