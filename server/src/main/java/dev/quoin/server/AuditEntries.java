// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;
import dev.quoin.server.access.Audit;
import dev.quoin.server.logs.LogWriter;
import dev.quoin.server.redis.RequestContext;
import java.util.function.BiConsumer;

/**
 * Audited calls as entries of Logs, in a namespace of their own: the log is called as the namespace
 * of the calls, and {@value #REFUSED} for those that were refused.
 */
final class AuditEntries implements BiConsumer<String, String> {
  static final String REFUSED = "-";

  private final LogWriter logs;

  AuditEntries(LogWriter logs) {
    this.logs = logs;
  }

  /** Nobody waits for it: the file has it whatever becomes of Redis. */
  @Override
  public void accept(String namespace, String line) {
    logs.write(
        new RequestContext(Audit.NAMESPACE, null),
        namespace.matches("[a-z0-9-]{1,63}") ? namespace : REFUSED,
        LogEntry.newBuilder()
            .setSeverity(Severity.SEVERITY_INFO)
            .setText(line)
            .setTemplate("audit")
            .build());
  }
}
