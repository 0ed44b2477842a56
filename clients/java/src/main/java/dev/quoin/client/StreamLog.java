// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.StatusRuntimeException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Logs when a stream is interrupted and when it goes on: one line each, however many attempts. */
final class StreamLog {
  private static final Logger LOG = Logger.getLogger(StreamLog.class.getName());

  private final String stream;
  private final AtomicBoolean interrupted = new AtomicBoolean();

  /**
   * @param stream names it, for example by its method
   * @param address the servers, as the caller wrote it
   */
  StreamLog(String stream, String address) {
    this.stream = Names.printable(stream) + " at " + address;
  }

  /** An attempt failed. */
  void broken(QuoinException failure) {
    if (!(failure instanceof ClosedException) && interrupted.compareAndSet(false, true)) {
      LOG.log(Level.WARNING, "{0} is interrupted: {1}", new Object[] {stream, text(failure)});
    }
  }

  /** With what is at the bottom of it: gRPC says no more than "io exception" itself. */
  private static String text(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof StatusRuntimeException || cause == failure
        ? failure.getMessage()
        : failure.getMessage() + ": " + cause.getMessage();
  }

  /** Something was received. */
  void alive() {
    if (interrupted.get() && interrupted.compareAndSet(true, false)) {
      LOG.log(Level.INFO, "{0} goes on", stream);
    }
  }
}
