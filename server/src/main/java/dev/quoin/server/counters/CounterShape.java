// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * How counters are stored: how many samples are kept at which precisions. The layout stands in
 * counters/_series.lua.
 *
 * @param seconds the precisions, rising
 * @param text as scripts take it
 * @param id as it stands in keys
 */
record CounterShape(int samples, List<Long> seconds, byte[] text, String id) {
  static final int HEAD = 16;
  static final int ENTRY = 10;
  static final int RINGS = HEAD + 32 * ENTRY;

  static CounterShape of(int samples, List<Duration> precisions) {
    List<Long> seconds = precisions.stream().map(Duration::toSeconds).toList();
    String words =
        samples + " " + seconds.stream().map(String::valueOf).collect(Collectors.joining(" "));
    byte[] text = words.getBytes(StandardCharsets.US_ASCII);
    CRC32 hash = new CRC32();
    hash.update(text);
    return new CounterShape(samples, seconds, text, "%08x".formatted(hash.getValue()));
  }

  /** First byte of the ring of a precision, given by its place. */
  int ring(int precision) {
    return RINGS + ringBytes() * precision;
  }

  int ringBytes() {
    return Long.BYTES * samples;
  }

  /** How long a counter is kept after its last increment, at most. */
  Duration kept() {
    return Duration.ofSeconds(seconds.get(seconds.size() - 1) * samples);
  }
}
