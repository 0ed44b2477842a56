// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.embedded;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The log of a Redis, read for what it says of its latest start. */
final class RedisLog {
  private static final int MOST_BYTES = 65_536;

  private final Path file;
  private volatile long begin;

  RedisLog(Path file) {
    this.file = file;
  }

  /** What is written from now on is of the latest start. */
  void begin() throws IOException {
    begin = Files.exists(file) ? Files.size(file) : 0;
  }

  /** The last thing it complained of, and where its log is. */
  String reason() {
    List<String> lines = lines();
    return lines.stream()
            .filter(line -> line.contains(" # ") && !line.contains("WARNING"))
            .reduce((earlier, later) -> later)
            .or(() -> lines.stream().reduce((earlier, later) -> later))
            .map(line -> line.replaceFirst("^.*? [#*.-] ", "") + " ")
            .orElse("")
        + "(its log is "
        + file
        + ")";
  }

  /** What was lost of its data, if the end of them was damaged. */
  Optional<String> truncation() {
    return lines().stream().anyMatch(line -> line.contains("Truncating the AOF"))
        ? Optional.of(
            "the end of the append-only file was damaged, as after a power cut: what was written"
                + " last is lost (the log of Redis is "
                + file
                + ")")
        : Optional.empty();
  }

  private List<String> lines() {
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
      log.seek(Math.min(log.length(), Math.max(begin, log.length() - MOST_BYTES)));
      byte[] bytes = new byte[(int) (log.length() - log.getFilePointer())];
      log.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
