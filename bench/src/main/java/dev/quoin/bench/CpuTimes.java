// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

/**
 * CPU time used so far, in seconds.
 *
 * @param client this process
 * @param machine all processes of the machine; not a number where that cannot be found out
 */
record CpuTimes(double client, double server, double redis, double machine) {
  private static final Path STAT = Path.of("/proc/stat");
  private static final double TICKS_PER_SECOND = 100;

  static CpuTimes now(Process server, Process redis) {
    return new CpuTimes(
        seconds(ProcessHandle.current()),
        seconds(server.toHandle()),
        seconds(redis.toHandle()),
        machineSeconds());
  }

  CpuTimes since(CpuTimes before) {
    return new CpuTimes(
        client - before.client,
        server - before.server,
        redis - before.redis,
        machine - before.machine);
  }

  /** What processes used that have nothing to do with the benchmark. */
  double others() {
    return Math.max(0, machine - client - server - redis);
  }

  private static double seconds(ProcessHandle process) {
    Duration used =
        process
            .info()
            .totalCpuDuration()
            .orElseThrow(
                () -> new IllegalStateException("no CPU time known of process " + process.pid()));
    return used.toNanos() / 1e9;
  }

  /**
   * user, nice and system of the first line of /proc/stat; idle, I/O and interrupts do not count.
   */
  private static double machineSeconds() {
    try {
      String[] line = Files.readAllLines(STAT).get(0).split(" +");
      return Arrays.stream(line, 1, 4).mapToLong(Long::parseLong).sum() / TICKS_PER_SECOND;
    } catch (IOException e) {
      return Double.NaN;
    }
  }
}
