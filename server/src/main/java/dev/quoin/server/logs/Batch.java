// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.logs.v1.WriteStreamRequest;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.rpc.Once;
import java.util.List;

/**
 * Entries for one log, as they are given to the scripts.
 *
 * @param once the identity of the request that brought them
 */
record Batch(String name, List<LogEntry> entries, Once once) {
  private static final int COUNTED_BYTES = 512;

  static Batch of(WriteRequest request) {
    LogEntry entry =
        LogEntry.newBuilder()
            .setSeverity(request.getSeverity())
            .setText(request.getText())
            .setTemplate(request.getTemplate())
            .putAllFields(request.getFieldsMap())
            .build();
    return new Batch(
        request.getName(), List.of(entry), Once.of(request.getRequestId(), "write:", request));
  }

  static Batch of(WriteStreamRequest request) {
    List<LogEntry> entries = request.getEntriesList().stream().map(Batch::stored).toList();
    return new Batch(
        request.getName(), entries, Once.of(request.getRequestId(), "stream:", request));
  }

  /** An entry without what is ignored when writing, which is set when it is read. */
  private static LogEntry stored(LogEntry entry) {
    return entry.hasTime() || !entry.getCursor().isEmpty()
        ? entry.toBuilder().clearTime().clearCursor().build()
        : entry;
  }

  /** Adds severity, entry and what it is counted as, for each entry. */
  Arguments addTo(Arguments arguments) {
    for (LogEntry entry : entries) {
      Severity severity = severity(entry);
      arguments.add(
          severity.getNumber(),
          entry.getSeverity() == severity
              ? entry.toByteArray()
              : entry.toBuilder().setSeverity(severity).build().toByteArray(),
          counted(entry));
    }
    return arguments;
  }

  static Severity severity(LogEntry entry) {
    return entry.getSeverity() == Severity.SEVERITY_UNSPECIFIED
        ? Severity.SEVERITY_INFO
        : entry.getSeverity();
  }

  private static byte[] counted(LogEntry entry) {
    String text = entry.getTemplate().isEmpty() ? entry.getText() : entry.getTemplate();
    return Texts.cutToBytes(text, COUNTED_BYTES);
  }
}
