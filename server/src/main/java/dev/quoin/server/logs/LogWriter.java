// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Once;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Writes to logs, for this feature's calls and for other features. */
public final class LogWriter {
  /** A name is noted every quarter of it, so it is listed as long as the log is remembered. */
  static final Duration LISTED = Duration.ofDays(10);

  private final LogStore logs;
  private final NameIndex names;

  public LogWriter(Kernel kernel) {
    this(
        new LogStore(kernel.scripts(), kernel.keyspace("logs")),
        new NameIndex(kernel.scripts(), kernel.keyspace("logs"), LISTED));
  }

  LogWriter(LogStore logs, NameIndex names) {
    this.logs = logs;
    this.names = names;
  }

  /** Adds an entry to a log; its time is that at which Redis takes it. */
  public CompletionStage<?> write(RequestContext scope, String name, LogEntry entry) {
    return write(scope, new Batch(name, List.of(entry), Once.NONE));
  }

  CompletionStage<Written> write(RequestContext scope, Batch batch) {
    return names.record(scope, batch.name(), logs.write(scope, batch));
  }
}
