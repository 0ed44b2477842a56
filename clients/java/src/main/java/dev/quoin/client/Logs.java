// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.CommonRequest;
import dev.quoin.logs.v1.CommonResponse;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.RecentRequest;
import dev.quoin.logs.v1.RecentResponse;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.logs.v1.WriteResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Logs: the newest entries, the most common messages of an hour, and a live tail.
 *
 * <p>A program that logs uses a {@link #writer}, which never waits; {@link #write} is for a single
 * entry that has to be there when the method returns.
 */
public final class Logs {
  private final Link link;

  Logs(Link link) {
    this.link = link;
  }

  /**
   * Writes one entry, once.
   *
   * @return where a {@link #tail} goes on after it
   * @throws InvalidRequestException when the name or the entry is not allowed
   * @throws UnavailableException when no server, or no Redis, could be reached
   */
  public String write(String name, LogEntry entry) {
    return Futures.await(writeAsync(name, entry));
  }

  /** Like {@link #write}, without waiting for the answer. */
  public CompletableFuture<String> writeAsync(String name, LogEntry entry) {
    WriteRequest request =
        WriteRequest.newBuilder()
            .setName(name)
            .setSeverity(entry.getSeverity())
            .setText(entry.getText())
            .setTemplate(entry.getTemplate())
            .putAllFields(entry.getFieldsMap())
            .build();
    CompletableFuture<WriteResponse> answer = link.call(LogsGrpc.getWriteMethod(), request);
    return Futures.handOver(answer.thenApply(WriteResponse::getCursor), answer, cursor -> {});
  }

  /** Collects entries of one log and writes them in batches, in the background. */
  public LogWriter writer(String name) {
    return new LogWriter(link, name);
  }

  /**
   * The newest entries, newest first.
   *
   * @param severity {@code SEVERITY_UNSPECIFIED} for those of all severities
   * @param limit 1 to 100
   * @throws UnavailableException when no server, or no Redis, could be reached
   */
  public List<LogEntry> recent(String name, Severity severity, int limit) {
    RecentRequest request =
        RecentRequest.newBuilder().setName(name).setSeverity(severity).setLimit(limit).build();
    RecentResponse response = Futures.await(link.call(LogsGrpc.getRecentMethod(), request));
    return response.getEntriesList();
  }

  /**
   * The messages of an hour, the most frequent first.
   *
   * @param hoursAgo 0 for the current hour, at most 24
   * @throws UnavailableException when no server, or no Redis, could be reached
   */
  public CommonResponse common(String name, Severity severity, int hoursAgo) {
    return Futures.await(
        link.call(
            LogsGrpc.getCommonMethod(),
            CommonRequest.newBuilder()
                .setName(name)
                .setSeverity(severity)
                .setHoursAgo(hoursAgo)
                .build()));
  }

  /**
   * Follows logs until the tail is closed. A broken stream is opened again, at whatever server, and
   * goes on where it was.
   *
   * @param listener is called in order, one call at a time, and may block: it is then sent no more
   *     than it takes
   */
  public LogTail tail(TailOptions options, TailListener listener) {
    LogTail tail = new LogTail(link, options, listener);
    tail.open();
    return tail;
  }
}
