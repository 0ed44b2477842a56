// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import io.grpc.Context;
import io.grpc.ServerCall;
import java.util.function.Supplier;

/**
 * Stands for the listener of a call until it is known whether the call may begin. Nothing has been
 * requested of its caller yet, so that no message comes meanwhile.
 */
public final class DeferredListener<Q> extends ServerCall.Listener<Q> {
  private final Context context = Context.current();
  private final Runnable whenGone;
  private ServerCall.Listener<Q> listener;
  private boolean halfClosed;
  private boolean ready;
  private boolean ended;

  /**
   * @param whenGone runs when the caller goes away before the call begins
   */
  public DeferredListener(Runnable whenGone) {
    this.whenGone = whenGone;
  }

  /** Begins the call, unless its caller has gone, and tells its listener what has come so far. */
  public void become(Supplier<ServerCall.Listener<Q>> begin) {
    context.run(() -> begin(begin));
  }

  private synchronized void begin(Supplier<ServerCall.Listener<Q>> begin) {
    if (ended) {
      return;
    }
    listener = begin.get();
    if (ready) {
      listener.onReady();
    }
    if (halfClosed) {
      listener.onHalfClose();
    }
  }

  private synchronized ServerCall.Listener<Q> listener() {
    return listener;
  }

  @Override
  public void onMessage(Q message) {
    listener().onMessage(message);
  }

  @Override
  public void onHalfClose() {
    synchronized (this) {
      if (listener == null) {
        halfClosed = true;
        return;
      }
    }
    listener.onHalfClose();
  }

  @Override
  public void onReady() {
    synchronized (this) {
      if (listener == null) {
        ready = true;
        return;
      }
    }
    listener.onReady();
  }

  @Override
  public void onCancel() {
    if (isBegun()) {
      listener.onCancel();
    } else {
      whenGone.run();
    }
  }

  @Override
  public void onComplete() {
    if (isBegun()) {
      listener.onComplete();
    } else {
      whenGone.run();
    }
  }

  /** Whether it has begun; if not, it never will. */
  private synchronized boolean isBegun() {
    ended = listener == null;
    return !ended;
  }
}
