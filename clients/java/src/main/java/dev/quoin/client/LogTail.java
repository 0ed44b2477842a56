// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;

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
    switch (message.getEventCase()) {
      case NEW_ENTRIES -> {
        String name = message.getNewEntries().getName();
        for (LogEntry entry : message.getNewEntries().getEntriesList()) {
          tell(() -> listener.entry(name, entry), entry.getCursor());
        }
      }
      case GAP -> tell(() -> listener.gap(message.getGap()), message.getGap().getCursor());
      case HEARTBEAT -> tell(() -> {}, message.getHeartbeat().getCursor());
      case RECONNECT -> tell(() -> {}, message.getReconnect().getCursor());
      default -> {}
    }
  }
}
