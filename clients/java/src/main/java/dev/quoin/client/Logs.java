// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.TailRequest;
import java.util.function.Consumer;

/**
 * The RPCs of Logs, a writer that never waits, and tails that survive broken streams. {@link
 * #write} is for a single entry that has to be there when the method returns.
 */
public final class Logs extends LogsClient {
  Logs(ClientCore core) {
    super(core, core.deadline());
  }

  /** Collects entries of one log and writes them in batches, in the background. */
  public LogWriter writer(String name) {
    return new LogWriter(core, name);
  }

  /**
   * Follows logs until the tail is closed. A broken stream is opened again, at any server, and goes
   * on where it was.
   *
   * @param listener is called in order, one call at a time, and may block: it is then sent no more
   *     than it takes
   */
  public LogTail tail(TailRequest request, TailListener listener) {
    LogTail tail = new LogTail(core, request, listener);
    tail.open();
    return tail;
  }

  /** The same with a request that is filled in here. */
  public LogTail tail(Consumer<TailRequest.Builder> request, TailListener listener) {
    return tail(filled(TailRequest.newBuilder(), request).build(), listener);
  }
}
