// SPDX-License-Identifier: Apache-2.0
import dev.quoin.client.CounterRecorder;
import dev.quoin.client.CounterSample;
import dev.quoin.client.Counters;
import dev.quoin.client.Quoin;
import java.time.Duration;
import java.util.List;

/** A shop counts its page views: cheaply, and readable by the day. */
public final class CountersExample {
  private static final Duration DAY = Duration.ofDays(1);

  public static void main(String[] args) {
    String address = args.length > 0 ? args[0] : "localhost:7400";

    try (Quoin quoin = Quoin.connect(address)) {
      Counters counters = quoin.counters();
      counters.delete("views/home");

      try (CounterRecorder recorder = counters.recorder()) {
        for (int view = 0; view < 1_000; view++) {
          recorder.increment("views/home");
        }
      }
      counters.increment("views/home", 1);

      List<CounterSample> days = counters.get("views/home", DAY, 2);
      for (CounterSample day : days) {
        System.out.println(day.count() + " views" + (day.partial() ? " so far" : ""));
      }
    }
  }
}
