// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A task queue of another project with its own client, from adding to done: a program of {@code
 * bench/peers} that adds so many tasks of 100 bytes, 100 at a time, while a worker does 100 at a
 * time, and prints tasks per second. It uses the Redis that Quoin uses.
 *
 * @param command the program; the port of Redis and the number of tasks are added
 * @param needs what must be there; {@code make bench} installs it
 */
record PeerRow(String name, int inFlight, List<String> command, Path needs) implements Row {
  private static final int TASKS = 20_000;
  private static final Pattern RESULT = Pattern.compile("tasks_per_second=([0-9.]+)");

  @Override
  public boolean usesServer() {
    return false;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    Map<String, Double> values = new LinkedHashMap<>();
    if (Files.exists(needs)) {
      testbed.empty();
      values.put(Measurement.TASKS_PER_SECOND, run(testbed));
    } else {
      System.err.println(name + " is not installed and left out: " + needs + " is missing");
    }
    return new Measurement(values);
  }

  private double run(Testbed testbed) throws InterruptedException {
    List<String> all = new ArrayList<>(command);
    all.add(String.valueOf(testbed.redisPort()));
    all.add(String.valueOf(TASKS));
    try {
      Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      Matcher result = RESULT.matcher(output);
      if (!result.find()) {
        throw new IllegalStateException(name + " failed: " + output);
      }
      return Double.parseDouble(result.group(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
