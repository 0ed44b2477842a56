// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.locks.v1.WatchResponse;
import dev.quoin.server.watch.Reader;

/** Tells one caller the present state of a lock, then every change. */
final class LockReader implements Reader<WatchedLock.View, WatchResponse> {
  private long told = -1;

  @Override
  public WatchResponse next(WatchedLock.View lock) {
    if (lock.number() == told) {
      return null;
    }
    LockSnapshot snapshot = told < 0 ? lock.snapshot().asState() : lock.snapshot();
    told = lock.number();
    return Responses.seen(snapshot);
  }

  /** A quiet lock needs no message: the connection shows that the stream is alive. */
  @Override
  public WatchResponse heartbeat(WatchedLock.View lock, boolean stale) {
    return null;
  }

  @Override
  public long changesInMillis(WatchedLock.View lock) {
    return lock.changesInMillis();
  }
}
