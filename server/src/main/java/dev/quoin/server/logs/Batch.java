// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import com.google.protobuf.CodedOutputStream;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.logs.v1.WriteStreamRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Entries for one log, as they are given to the scripts. */
record Batch(String name, List<LogEntry> entries, String requestId) {
  private static final int COUNTED_BYTES = 512;
  private static final int DIGEST_BYTES = 16;

  static Batch of(WriteRequest request) {
    LogEntry entry =
        LogEntry.newBuilder()
            .setSeverity(request.getSeverity())
            .setText(request.getText())
            .setTemplate(request.getTemplate())
            .putAllFields(request.getFieldsMap())
            .build();
    return new Batch(request.getName(), List.of(entry), request.getRequestId());
  }

  static Batch of(WriteStreamRequest request) {
    List<LogEntry> entries = request.getEntriesList().stream().map(Batch::stored).toList();
    return new Batch(request.getName(), entries, request.getRequestId());
  }

  /** An entry without what is ignored when writing, which is set when it is read. */
  private static LogEntry stored(LogEntry entry) {
    return entry.hasTime() || !entry.getCursor().isEmpty()
        ? entry.toBuilder().clearTime().clearCursor().build()
        : entry;
  }

  /** Severity, entry and what it is counted as, for each entry, from a place of the array on. */
  Object[] arguments(int from) {
    Object[] arguments = new Object[from + 3 * entries.size()];
    int next = from;
    for (LogEntry entry : entries) {
      Severity severity = severity(entry);
      arguments[next++] = severity.getNumber();
      arguments[next++] =
          entry.getSeverity() == severity
              ? entry.toByteArray()
              : entry.toBuilder().setSeverity(severity).build().toByteArray();
      arguments[next++] = counted(entry);
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

  /** What makes two requests the same; empty when the request has no id. */
  String digest() {
    if (requestId.isEmpty()) {
      return "";
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    // Clients send the pairs of a map in whatever order.
    out.useDeterministicSerialization();
    try {
      for (LogEntry entry : entries) {
        out.writeMessageNoTag(entry);
      }
      out.flush();
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray());
      return HexFormat.of().formatHex(digest, 0, DIGEST_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
