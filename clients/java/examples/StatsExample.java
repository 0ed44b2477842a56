// SPDX-License-Identifier: Apache-2.0
import dev.quoin.client.Quoin;
import dev.quoin.client.Stats;
import dev.quoin.client.StatsRecorder;
import dev.quoin.client.Timer;
import dev.quoin.stats.v1.GetResponse;

/** A shop measures how long its pages take, and finds the one worth optimising. */
public final class StatsExample {
  private static final String KIND = "AccessTime";

  public static void main(String[] args) {
    String address = args.length > 0 ? args[0] : "localhost:7400";

    try (Quoin quoin = Quoin.connect(address)) {
      Stats stats = quoin.stats();

      try (StatsRecorder recorder = stats.recorder()) {
        try (Timer timer = recorder.time(KIND, "/home")) {
          System.out.println("the home page is made");
        }
        for (int i = 1; i <= 100; i++) {
          recorder.record(KIND, "/search", 60 + i);
        }
      }

      GetResponse search = stats.get(request -> request.setKind(KIND).setContext("/search"));
      System.out.println(
          "searches so far: " + search.getCount() + ", mean " + search.getMean() + " s");
      stats
          .listSlowest(request -> request.setKind(KIND).setMaxItems(1))
          .getSlowestList()
          .forEach(slow -> System.out.println("slowest: " + slow.getContext()));
    }
  }
}
