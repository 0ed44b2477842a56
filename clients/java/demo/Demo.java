// SPDX-License-Identifier: Apache-2.0
import dev.quoin.client.Quoin;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Plays a shop and its community on all features, for somebody who looks at the console: {@code
 * make demo}. It ends when it is interrupted, and goes on when the server was away.
 */
public final class Demo {
  private static final int THREADS = 16;
  private static final int TRIES = 20;
  private static final long SEED = 7;

  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(THREADS);
  private final Quoin quoin;
  private boolean complained;

  private Demo(Quoin quoin) {
    this.quoin = quoin;
  }

  public static void main(String[] args) throws InterruptedException {
    String address = args.length > 0 ? args[0] : "localhost:7400";
    long seconds = args.length > 1 ? Long.parseLong(args[1]) : Long.MAX_VALUE;
    try (Quoin quoin = Quoin.connect(address)) {
      Demo demo = new Demo(quoin);
      demo.begin();
      demo.threads.awaitTermination(seconds, TimeUnit.SECONDS);
      demo.threads.shutdownNow();
      demo.threads.awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  private void begin() {
    DemoShop shop = new DemoShop(quoin, new Random(SEED));
    DemoWorkers workers = new DemoWorkers(quoin, new Random(SEED));
    DemoCommunity community = new DemoCommunity(quoin, new Random(SEED));
    DemoOffice office = new DemoOffice(quoin, new Random(SEED));
    List.<Runnable>of(shop::open, workers::open, community::open, office::open)
        .forEach(Demo::repeated);
    every(60, shop::visit);
    every(400, shop::order);
    every(300, workers::sendMail);
    every(900, workers::pack);
    every(1500, workers::export);
    every(1000, () -> workers.report("host-1"));
    every(1000, () -> workers.report("host-2"));
    every(1000, () -> workers.report("host-3"));
    every(700, community::talk);
    every(500, community::post);
    every(20_000, office::change);
  }

  /** What is there already is made again without harm. */
  private static void repeated(Runnable opening) {
    for (int left = TRIES; ; left--) {
      try {
        opening.run();
        return;
      } catch (StatusRuntimeException e) {
        if (left == 0) {
          throw e;
        }
      }
    }
  }

  private void every(long millis, Runnable step) {
    threads.scheduleWithFixedDelay(() -> tried(step), millis, millis, TimeUnit.MILLISECONDS);
  }

  /** The show goes on, whatever fails. */
  private void tried(Runnable step) {
    try {
      step.run();
      complained = false;
    } catch (StatusRuntimeException e) {
      if (!complained && !threads.isShutdown()) {
        complained = true;
        System.err.println("demo: goes on in spite of " + e.getStatus());
      }
    }
  }
}
