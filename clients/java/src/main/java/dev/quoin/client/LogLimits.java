// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;
import java.util.Map;

/** What the contract allows an entry to have. */
final class LogLimits {
  private static final int TEXT_BYTES = 16_384;
  private static final int TEMPLATE_BYTES = 512;
  private static final int FIELDS = 32;
  private static final int KEY_BYTES = 64;
  private static final int VALUE_BYTES = 1_024;

  private LogLimits() {}

  /** The entry, cut to what is allowed. */
  static LogEntry fit(LogEntry entry) {
    LogEntry.Builder fitting =
        LogEntry.newBuilder()
            .setSeverity(known(entry.getSeverity()))
            .setText(entry.getText().isEmpty() ? "-" : Texts.cut(entry.getText(), TEXT_BYTES))
            .setTemplate(Texts.cut(entry.getTemplate(), TEMPLATE_BYTES));
    for (Map.Entry<String, String> field : entry.getFieldsMap().entrySet()) {
      if (!field.getKey().isEmpty() && fitting.getFieldsCount() < FIELDS) {
        fitting.putFields(
            Texts.cut(field.getKey(), KEY_BYTES), Texts.cut(field.getValue(), VALUE_BYTES));
      }
    }
    return fitting.build();
  }

  /** A number that this version does not know could not be written. */
  private static Severity known(Severity severity) {
    return severity == Severity.UNRECOGNIZED ? Severity.SEVERITY_UNSPECIFIED : severity;
  }
}
