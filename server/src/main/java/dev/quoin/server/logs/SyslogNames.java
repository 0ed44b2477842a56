// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which programs have logs of their own: the first 1,000 of an hour. Whoever can send syslog can
 * make up names of programs; messages of further ones go to the log of their facility.
 */
final class SyslogNames {
  static final int LIMIT = 1_000;

  private static final long PERIOD_NANOS = 3_600_000_000_000L;

  private volatile Hour hour = new Hour();

  private static final class Hour {
    final long begin = System.nanoTime();
    final Set<String> programs = ConcurrentHashMap.newKeySet();
  }

  /** The message, without its program when that has no log. */
  SyslogMessage named(SyslogMessage message) {
    if (message.program().isEmpty() || hasLog(message.program())) {
      return message;
    }
    return message.withoutProgram();
  }

  private boolean hasLog(String program) {
    Hour now = hour;
    if (System.nanoTime() - now.begin > PERIOD_NANOS) {
      now = new Hour();
      hour = now;
    }
    if (now.programs.size() < LIMIT) {
      now.programs.add(program);
    }
    return now.programs.contains(program);
  }
}
