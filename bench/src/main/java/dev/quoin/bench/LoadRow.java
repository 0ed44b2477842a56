// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import static dev.quoin.bench.Measurement.LUCKIEST;
import static dev.quoin.bench.Measurement.UNLUCKIEST;

import java.util.Arrays;
import java.util.Map;

/**
 * Workers in a closed loop.
 *
 * @param usesServer whether their calls go through the Quoin server
 * @param contended whether the workers compete, so that the share each gets is of interest
 */
record LoadRow(
    String name, int inFlight, boolean usesServer, boolean contended, Workload.Factory factory)
    implements Row {

  static LoadRow quoin(String name, int inFlight, Workload.Factory factory) {
    return new LoadRow(name, inFlight, true, false, factory);
  }

  static LoadRow other(String name, int inFlight, Workload.Factory factory) {
    return new LoadRow(name, inFlight, false, false, factory);
  }

  LoadRow withContention() {
    return new LoadRow(name, inFlight, usesServer, true, factory);
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    try (Workload load = factory.open(testbed, inFlight)) {
      ClosedLoop.Outcome outcome = ClosedLoop.run(load, inFlight, options, testbed);
      Measurement measurement = Measurement.of(outcome);
      if (contended) {
        addShares(measurement.values(), outcome.perWorker());
      }
      return measurement;
    }
  }

  private static void addShares(Map<String, Double> values, long[] perWorker) {
    double all = Arrays.stream(perWorker).sum();
    values.put(LUCKIEST, Arrays.stream(perWorker).max().orElse(0) / all);
    values.put(UNLUCKIEST, Arrays.stream(perWorker).min().orElse(0) / all);
  }
}
