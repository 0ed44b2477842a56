// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program of {@code bench/peers}.
 *
 * @param command how it is started; arguments are added
 * @param needs what must be there; {@code make peers} installs it
 */
record PeerProgram(List<String> command, Path needs) {
  private static final Pattern METRIC = Pattern.compile("\"(\\w+)\":([-+.0-9eE]+)");

  /** One that is compiled, and there as soon as it is. */
  static PeerProgram binary(Path file) {
    return new PeerProgram(List.of(file.toString()), file);
  }

  /**
   * Runs it to its end and returns the metrics it printed as one line of JSON; none when it is not
   * installed.
   *
   * @param metric one that must be among them
   */
  Measurement measure(String row, String metric, Object... arguments) throws InterruptedException {
    Map<String, Double> values = new LinkedHashMap<>();
    if (isInstalledFor(row)) {
      String output = run(arguments);
      Matcher found = METRIC.matcher(output);
      while (found.find()) {
        values.put(found.group(1), Double.valueOf(found.group(2)));
      }
      if (!values.containsKey(metric)) {
        throw new IllegalStateException(row + " failed: " + output);
      }
    }
    return new Measurement(values);
  }

  /** Whether it can run; tells that a row is left out otherwise. */
  boolean isInstalledFor(String row) {
    boolean isInstalled = Files.exists(needs);
    if (!isInstalled) {
      System.err.println(row + " is not installed and left out: " + needs + " is missing");
    }
    return isInstalled;
  }

  /** Runs it to its end and returns what it printed. */
  String run(Object... arguments) throws InterruptedException {
    List<String> all = new ArrayList<>(command);
    Arrays.stream(arguments).map(String::valueOf).forEach(all::add);
    try {
      Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + " failed: " + output);
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
