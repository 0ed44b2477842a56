// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.errors;

import dev.quoin.errors.v1.ErrorReason;
import java.util.HashMap;
import java.util.Map;

/**
 * A call that cannot be served, with the reason the caller is told.
 *
 * <p>It carries no stack trace: it describes the caller's situation, not a fault of the server.
 */
public final class ApiException extends RuntimeException {
  private final ErrorReason reason;
  private final Map<String, String> metadata;
  private final long retryMillis;

  public ApiException(ErrorReason reason, String text) {
    this(reason, text, Map.of(), null);
  }

  public ApiException(
      ErrorReason reason, String text, Map<String, String> metadata, Throwable cause) {
    this(reason, text, metadata, cause, 0);
  }

  private ApiException(
      ErrorReason reason,
      String text,
      Map<String, String> metadata,
      Throwable cause,
      long retryMillis) {
    super(text, cause, false, false);
    this.reason = reason;
    this.metadata = Map.copyOf(metadata);
    this.retryMillis = retryMillis;
  }

  /** Redis did not do what was asked; whether it was carried out is unknown. */
  public static ApiException storeUnavailable(String text, Throwable cause) {
    return new ApiException(ErrorReason.ERROR_REASON_STORE_UNAVAILABLE, text, Map.of(), cause);
  }

  /** Redis did not answer in time; whether it did what was asked is unknown. */
  public static ApiException storeUnavailable(String text) {
    return storeUnavailable(text, null);
  }

  /**
   * Whether it ends by itself, so that what need not be answered at once is tried again: Redis is
   * away, or there is too much to do.
   */
  public boolean isPassing() {
    return reason == ErrorReason.ERROR_REASON_STORE_UNAVAILABLE
        || reason == ErrorReason.ERROR_REASON_OVERLOADED;
  }

  /** The server drains. */
  public static ApiException shuttingDown() {
    return new ApiException(
        ErrorReason.ERROR_REASON_SHUTTING_DOWN, "this server is shutting down, call again");
  }

  /** The same with one more value for programs. */
  public ApiException with(String key, String value) {
    return new ApiException(
        reason, getMessage(), with(metadata, key, value), getCause(), retryMillis);
  }

  /** The same, with the time after which it may succeed. */
  public ApiException retryAfter(long millis) {
    return new ApiException(reason, getMessage(), metadata, getCause(), millis);
  }

  /** The same, saying what it is about: in the text, and for programs unless they are told. */
  public ApiException about(String words, Map<String, String> subject) {
    Map<String, String> all = new HashMap<>(subject);
    all.putAll(metadata);
    String text = words.isEmpty() ? getMessage() : getMessage() + " (" + words + ')';
    return new ApiException(reason, text, all, getCause(), retryMillis);
  }

  static Map<String, String> with(Map<String, String> metadata, String key, String value) {
    Map<String, String> more = new HashMap<>(metadata);
    more.put(key, value);
    return Map.copyOf(more);
  }

  public ErrorReason reason() {
    return reason;
  }

  /** In how many ms it may succeed; 0 when that is not known. */
  public long retryMillis() {
    return retryMillis;
  }

  /** The values the text speaks of, for programs. */
  public Map<String, String> metadata() {
    return metadata;
  }
}
