// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@link ChatWorkload} measures of Quoin, measured of another server with its own client: a
 * program of {@code bench/peers} that starts the server as a process of its own, on the Redis that
 * Quoin uses, and prints the metrics as one line of JSON.
 *
 * @param subscribers how many receive each message
 */
record FanOutPeerRow(String name, int inFlight, int subscribers, PeerProgram program)
    implements Row {
  private static final Pattern METRIC = Pattern.compile("\"(\\w+)\":([-+.0-9eE]+)");

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    Map<String, Double> values = new LinkedHashMap<>();
    if (program.isInstalledFor(name)) {
      testbed.empty();
      String output =
          program.run(
              testbed.redisPort(), subscribers, inFlight, options.warmUp(), options.duration());
      Matcher metric = METRIC.matcher(output);
      while (metric.find()) {
        values.put(metric.group(1), Double.valueOf(metric.group(2)));
      }
      if (!values.containsKey(Measurement.CALLS_PER_SECOND)) {
        throw new IllegalStateException(name + " failed: " + output);
      }
    }
    return new Measurement(values);
  }
}
