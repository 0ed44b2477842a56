// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.function.Consumer;

/** The stream of responses of a call. */
final class CallResponseStream<R> implements ResponseStream<R> {
  private final ServerCall<?, R> server;
  private final Consumer<Throwable> close;
  private Runnable whenReady;
  private R newest;
  private boolean headersSent;
  private boolean closed;

  /**
   * @param close ends the call with the status of a failure
   */
  CallResponseStream(ServerCall<?, R> server, Consumer<Throwable> close) {
    this.server = server;
    this.close = close;
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
    if (server.isReady()) {
      write(message);
    } else {
      newest = message;
    }
  }

  @Override
  public synchronized boolean isReady() {
    return !closed && newest == null && server.isReady();
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

  private void write(R message) {
    sendHeaders();
    server.sendMessage(message);
  }

  private void sendHeaders() {
    if (!headersSent) {
      headersSent = true;
      server.sendHeaders(new Metadata());
    }
  }
}
