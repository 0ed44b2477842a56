// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.errors.v1.ErrorReason;
import io.grpc.Status;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A call that was refused or could not be carried out.
 *
 * <p>Branch on {@link #reason()}, or on {@link #code()} when there is none; texts may change at any
 * time. What callers catch most has a type of its own: {@link UnavailableException}, {@link
 * NotHeldException} and {@link InvalidRequestException}.
 */
public class QuoinException extends RuntimeException {
  private final transient Failure failure;

  QuoinException(Failure failure) {
    super(failure.text(), failure.cause());
    this.failure = failure;
  }

  /**
   * The exception for whatever a call through {@link Quoin#channel()} failed with; helpers of this
   * library throw it already.
   */
  public static QuoinException from(Throwable failure) {
    return Failure.exception(failure);
  }

  /**
   * Why the call was refused: {@code ERROR_REASON_UNSPECIFIED} when no Quoin server said so, for
   * example because none could be reached, {@code UNRECOGNIZED} when the server is newer than this
   * library and gave a reason this library does not know.
   */
  public ErrorReason reason() {
    return failure.reason();
  }

  /** The gRPC status code. */
  public Status.Code code() {
    return failure.code();
  }

  /** How long to wait before trying again; given when trying again makes sense. */
  public Optional<Duration> retryAfter() {
    return failure.retryAfter();
  }

  /** The id under which the server knows the call; its log has the details. */
  public Optional<String> requestId() {
    return failure.requestId();
  }

  /** The values the message speaks of, for programs; unmodifiable, often empty. */
  public Map<String, String> metadata() {
    return failure.metadata();
  }

  final Failure failure() {
    return failure;
  }
}
