// SPDX-License-Identifier: Apache-2.0
import dev.quoin.client.LeaseHandle;
import dev.quoin.client.LockOptions;
import dev.quoin.client.Locks;
import dev.quoin.client.Quoin;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Two workers want to write the nightly report; it must be written by one at a time. */
public final class LocksExample {
  private static final String REPORT = "nightly-report";

  public static void main(String[] args) {
    String address = args.length > 0 ? args[0] : "localhost:7400";
    LockOptions first = LockOptions.lease(Duration.ofSeconds(30)).withLabel("worker-1");
    LockOptions second = first.withLabel("worker-2").withMaxWait(Duration.ofMinutes(1));

    try (Quoin quoin = Quoin.connect(address)) {
      Locks locks = quoin.locks();
      CompletableFuture<Optional<LeaseHandle>> next;

      try (LeaseHandle lock = locks.acquire(REPORT, first).orElseThrow()) {
        lock.onLost(lost -> System.out.println("worker-1 must stop: " + lost.getReason()));
        System.out.println("worker-1 writes the report with fence " + lock.fence());

        if (locks.tryAcquire(REPORT, Duration.ofSeconds(30)).isEmpty()) {
          String holder = locks.get(request -> request.setName(REPORT)).getLabel();
          System.out.println("worker-2 sees it held by " + holder);
        }
        next = locks.acquireAsync(REPORT, second);
      }

      try (LeaseHandle lock = next.join().orElseThrow()) {
        System.out.println("worker-2 goes on with fence " + lock.fence());
      }
    }
  }
}
