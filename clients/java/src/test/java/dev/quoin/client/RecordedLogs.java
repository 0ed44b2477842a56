// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What classes log while this is open. */
final class RecordedLogs extends Handler implements AutoCloseable {
  private final List<Logger> loggers;
  private final List<String> messages = new CopyOnWriteArrayList<>();

  RecordedLogs(Class<?>... classes) {
    loggers = java.util.Arrays.stream(classes).map(c -> Logger.getLogger(c.getName())).toList();
    loggers.forEach(logger -> logger.addHandler(this));
  }

  List<String> messages() {
    return messages;
  }

  @Override
  public void publish(LogRecord entry) {
    messages.add(new SimpleFormatter().formatMessage(entry));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    loggers.forEach(logger -> logger.removeHandler(this));
  }
}
