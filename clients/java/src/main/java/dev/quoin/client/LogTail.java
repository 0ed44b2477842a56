// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.streams.v1.Gap;

/** Logs that are being followed. Never closed, it ends with its {@link Quoin}. */
public final class LogTail extends CursorStream<TailRequest, TailResponse> {
  private final TailRequest first;
  private final TailListener listener;

  LogTail(ClientCore core, TailRequest first, TailListener listener) {
    super(core, LogsGrpc.getTailMethod(), first.getCursor(), failure -> {});
    this.first = first;
    this.listener = listener;
  }

  @Override
  TailRequest request(String after) {
    return first.toBuilder().setCursor(after).build();
  }

  @Override
  void take(TailResponse message) {
    String name = message.getNewEntries().getName();
    for (LogEntry entry : message.getNewEntries().getEntriesList()) {
      tell(() -> listener.entry(name, entry), entry.getCursor());
    }
  }

  @Override
  void gap(Gap gap) {
    listener.gap(gap);
  }
}
