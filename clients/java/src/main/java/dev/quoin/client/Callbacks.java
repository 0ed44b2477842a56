// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Calls the functions of users, which may throw anything, even a throwable whose text cannot be
 * made, and may leave the thread interrupted. Neither reaches the client.
 */
final class Callbacks {
  private static final Logger LOG = Logger.getLogger(Callbacks.class.getName());

  private Callbacks() {}

  /**
   * Calls a function on a thread of the client, and logs what it throws.
   *
   * @param what names it in the log, for example "a listener for the loss of a lock"
   */
  static void run(String what, Runnable callback) {
    try {
      callback.run();
    } catch (Throwable thrown) {
      log(Level.WARNING, what + " failed", thrown);
    } finally {
      // What comes next on this thread was not interrupted.
      Thread.interrupted();
    }
  }

  /** What a throwable says of itself; the name of its class when it throws instead. */
  static String text(Throwable thrown) {
    try {
      return thrown.toString();
    } catch (Throwable failure) {
      return thrown.getClass().getName() + " (its text cannot be made)";
    }
  }

  /** Logs a throwable of a user: with its stack trace if that can be printed. Never throws. */
  static void log(Level level, String message, Throwable thrown) {
    try {
      if (!LOG.isLoggable(level)) {
        return;
      }
      if (isPrintable(thrown)) {
        LOG.log(level, message, thrown);
      } else {
        LOG.log(level, "{0}: {1}", new Object[] {message, text(thrown)});
      }
    } catch (Throwable failure) {
      // A handler of the log failed: there is nobody left to tell.
    }
  }

  private static boolean isPrintable(Throwable thrown) {
    try {
      thrown.printStackTrace(new PrintWriter(new StringWriter()));
      return true;
    } catch (Throwable failure) {
      return false;
    }
  }
}
