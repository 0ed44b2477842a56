// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client.logback;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.quoin.client.LogWriter;
import dev.quoin.client.Quoin;
import dev.quoin.client.QuoinBuilder;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;

/**
 * Sends what a program logs to a log of Quoin, in the background: see {@link LogWriter} for what
 * happens while no server can be reached. The pattern of a message is its template, so that {@code
 * Common} counts it whatever its arguments are; logger, thread and MDC are its fields.
 *
 * <pre>{@code
 * <appender name="quoin" class="dev.quoin.client.logback.QuoinAppender">
 *   <address>quoin.example:7400</address>
 *   <log>checkout</log>
 * </appender>
 * }</pre>
 *
 * <p>It needs logback-classic 1.5, which this library does not bring along.
 */
public final class QuoinAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
  private String address = "localhost:7400";
  private String namespace = "default";
  private String log;
  private boolean tls;
  private Quoin quoin;
  private LogWriter writer;

  /** Where the servers are, {@code localhost:7400} by default. */
  public void setAddress(String address) {
    this.address = address;
  }

  /** Whose log it is, {@code default} by default. */
  public void setNamespace(String namespace) {
    this.namespace = namespace;
  }

  /** Name of the log; has to be set. */
  public void setLog(String log) {
    this.log = log;
  }

  /** Whether the servers are reached with TLS, false by default. */
  public void setTls(boolean tls) {
    this.tls = tls;
  }

  @Override
  public void start() {
    if (log == null || log.isEmpty()) {
      addError("<log> has to be set to the name of a log");
      return;
    }
    QuoinBuilder builder = Quoin.builder().address(address).namespace(namespace);
    quoin = (tls ? builder.tls() : builder).build();
    writer = quoin.logs().writer(log);
    super.start();
  }

  @Override
  public void stop() {
    super.stop();
    if (quoin != null) {
      quoin.close();
    }
  }

  /** How many events were dropped because no server could be reached for long. */
  public long dropped() {
    return writer.dropped();
  }

  @Override
  protected void append(ILoggingEvent event) {
    // What the client logs itself would be written, and logged, for ever.
    String logger = event.getLoggerName();
    if (!logger.startsWith("io.grpc") && !logger.startsWith("dev.quoin.client")) {
      writer.write(entry(event));
    }
  }

  private static LogEntry entry(ILoggingEvent event) {
    String text = event.getFormattedMessage();
    if (event.getThrowableProxy() != null) {
      text += '\n' + ThrowableProxyUtil.asString(event.getThrowableProxy());
    }
    LogEntry.Builder entry =
        LogEntry.newBuilder()
            .setSeverity(severity(event.getLevel()))
            .setText(text == null ? "null" : text)
            .setTemplate(event.getMessage() == null ? "" : event.getMessage())
            .putFields("logger", event.getLoggerName())
            .putFields("thread", event.getThreadName());
    if (event.getMDCPropertyMap() != null) {
      event
          .getMDCPropertyMap()
          .forEach((key, value) -> entry.putFields(key, String.valueOf(value)));
    }
    return entry.build();
  }

  private static Severity severity(Level level) {
    if (level.isGreaterOrEqual(Level.ERROR)) {
      return Severity.SEVERITY_ERROR;
    }
    if (level.isGreaterOrEqual(Level.WARN)) {
      return Severity.SEVERITY_WARNING;
    }
    return level.isGreaterOrEqual(Level.INFO) ? Severity.SEVERITY_INFO : Severity.SEVERITY_DEBUG;
  }
}
