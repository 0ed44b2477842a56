// SPDX-License-Identifier: Apache-2.0
import dev.quoin.client.LeaseHandle;
import dev.quoin.client.PermitOptions;
import dev.quoin.client.Quoin;
import dev.quoin.client.Semaphores;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** An account may make three calls at a time to the API of a marketplace, whoever works for it. */
public final class SemaphoresExample {
  private static final String API = "account/7/marketplace-api";

  public static void main(String[] args) {
    String address = args.length > 0 ? args[0] : "localhost:7400";
    PermitOptions one = PermitOptions.lease(Duration.ofSeconds(30));
    PermitOptions all = one.withPermits(3).withLabel("bulk").withMaxWait(Duration.ofMinutes(1));

    try (Quoin quoin = Quoin.connect(address)) {
      Semaphores semaphores = quoin.semaphores();
      semaphores.configure(request -> request.setName(API).setLimit(3));
      CompletableFuture<Optional<LeaseHandle>> bulk;

      try (LeaseHandle stream = semaphores.hold(API, one.withLabel("stream"))) {
        stream.onLost(lost -> System.out.println("the stream must stop: " + lost.getReason()));
        int inUse = semaphores.get(request -> request.setName(API)).getInUse();
        System.out.println("in use: " + inUse + " of 3");

        semaphores.run(API, one, permits -> System.out.println("one call more is fine"));
        bulk = semaphores.acquireAsync(API, all);
      }

      try (LeaseHandle permits = bulk.join().orElseThrow()) {
        System.out.println("bulk upload with fence " + permits.fence());
      }
    }
  }
}
