// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;
import dev.quoin.server.logs.LogWriter;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.stats.Anomaly;
import dev.quoin.server.stats.AnomalyLog;
import java.util.Locale;

/** Anomalies of Stats as entries of the log "anomalies" in Logs. */
final class AnomalyEntries implements AnomalyLog {
  static final String LOG = "anomalies";

  private final LogWriter logs;

  AnomalyEntries(LogWriter logs) {
    this.logs = logs;
  }

  /** Nobody waits for it, and a recorded value is no less recorded when it fails. */
  @Override
  public void write(RequestContext scope, Anomaly anomaly) {
    LogEntry entry =
        LogEntry.newBuilder()
            .setSeverity(Severity.SEVERITY_WARNING)
            .setText(
                String.format(
                    Locale.ROOT,
                    "%s of %s was %.6g, usually it is %.6g ± %.6g",
                    anomaly.kind(),
                    anomaly.context(),
                    anomaly.value(),
                    anomaly.mean(),
                    anomaly.stddev()))
            .setTemplate(anomaly.kind() + " of " + anomaly.context())
            .putFields("value", String.valueOf(anomaly.value()))
            .putFields("mean", String.valueOf(anomaly.mean()))
            .putFields("stddev", String.valueOf(anomaly.stddev()))
            .putFields("count", String.valueOf(anomaly.count()))
            .putFields("suppressed", String.valueOf(anomaly.suppressed()))
            .build();
    logs.write(scope.detached(), LOG, entry);
  }
}
