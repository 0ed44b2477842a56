// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.errors.ApiException;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.function.Consumer;

/** The stream of responses of a call. */
final class CallResponseStream<R> implements ResponseStream<R> {
  private final ServerCall<?, R> server;
  private final UnreadResponses.OfCall unread;
  private final Consumer<Throwable> close;
  private final Runnable cancel;
  private Runnable whenReady;
  private R newest;
  private boolean headersSent;
  private boolean closed;

  /** For room beside the responses of other calls. */
  private boolean waiting;

  /**
   * @param close ends the call with the status of a failure
   * @param cancel tells the feature that the call has ended
   */
  CallResponseStream(
      ServerCall<?, R> server,
      UnreadResponses.OfCall unread,
      Consumer<Throwable> close,
      Runnable cancel) {
    this.server = server;
    this.unread = unread;
    this.close = close;
    this.cancel = cancel;
  }

  @Override
  public synchronized void send(R message) {
    newest = null;
    if (!closed) {
      write(message);
    }
  }

  @Override
  public synchronized void conflate(R message) {
    if (closed) {
      return;
    }
    if (isReady()) {
      write(message);
    } else {
      newest = message;
    }
  }

  @Override
  public synchronized boolean isReady() {
    return !closed && newest == null && server.isReady() && hasRoom();
  }

  @Override
  public synchronized void onReady(Runnable action) {
    whenReady = action;
  }

  @Override
  public synchronized void complete() {
    if (!closed) {
      closed = true;
      sendHeaders();
      server.close(Status.OK, new Metadata());
    }
  }

  @Override
  public synchronized void fail(Throwable failure) {
    if (!closed) {
      closed = true;
      close.accept(failure);
    }
  }

  /** Nobody reads any more. */
  synchronized void end() {
    closed = true;
    newest = null;
  }

  /** The caller reads on. */
  void ready() {
    Runnable action;
    synchronized (this) {
      if (closed) {
        return;
      }
      if (newest != null) {
        if (!server.isReady() || !hasRoom()) {
          return;
        }
        R message = newest;
        newest = null;
        write(message);
      }
      action = whenReady;
    }
    if (action != null) {
      action.run();
    }
  }

  private boolean hasRoom() {
    if (waiting) {
      return false;
    }
    waiting = !unread.hasRoomOr(this::hasRoomAgain);
    return !waiting;
  }

  private void hasRoomAgain() {
    synchronized (this) {
      waiting = false;
    }
    ready();
  }

  private void write(R message) {
    try {
      unread.add(message);
    } catch (ApiException e) {
      fail(e);
      cancel.run();
      return;
    }
    sendHeaders();
    server.sendMessage(message);
    if (server.isReady()) {
      unread.clear();
    }
  }

  private void sendHeaders() {
    if (!headersSent) {
      headersSent = true;
      server.sendHeaders(new Metadata());
    }
  }
}
