// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A task queue of another project with its own client, from adding to done: a program of {@code
 * bench/peers} that adds so many tasks of 100 bytes, 100 at a time, while a worker does 100 at a
 * time, and prints tasks per second. It uses the Redis that Quoin uses.
 *
 * @param program takes the port of Redis and the number of tasks
 */
record PeerRow(String name, int inFlight, PeerProgram program) implements Row {
  private static final int TASKS = 20_000;
  private static final Pattern RESULT = Pattern.compile("tasks_per_second=([0-9.]+)");

  @Override
  public boolean usesServer() {
    return false;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    Map<String, Double> values = new LinkedHashMap<>();
    if (program.isInstalledFor(name)) {
      testbed.empty();
      values.put(Measurement.TASKS_PER_SECOND, run(testbed));
    }
    return new Measurement(values);
  }

  private double run(Testbed testbed) throws InterruptedException {
    String output = program.run(testbed.redisPort(), TASKS);
    Matcher result = RESULT.matcher(output);
    if (!result.find()) {
      throw new IllegalStateException(name + " failed: " + output);
    }
    return Double.parseDouble(result.group(1));
  }
}
