// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.errors.v1.ErrorReason;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What is tried again, and when.
 *
 * <p>{@link Repeats} repeats unary calls that met UNAVAILABLE when repeating them is safe: those
 * that the contract marks as without side effects or idempotent, and those whose request has an id,
 * which {@link RequestIds} fills in. Release is none of that: LOCK_NOT_HELD to a repeated Release
 * may mean that the first one worked. Only {@link Releases} knows what to make of it.
 */
final class Retries {
  private static final long SHORTEST_PAUSE_MILLIS = 10;
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 1000;

  private Retries() {}

  /** The service config of the channel: servers share the calls. */
  static Map<String, ?> serviceConfig() {
    return Map.of("loadBalancingConfig", List.of(Map.of("round_robin", Map.of())));
  }

  static boolean isSafe(MethodDescriptor<?, ?> method) {
    return method.getType() == MethodDescriptor.MethodType.UNARY
        && (method.isSafe() || method.isIdempotent() || RequestIds.field(method).isPresent());
  }

  /** Whether the same request would fail like this again, at any server and any time. */
  static boolean isInVain(QuoinException failure) {
    return switch (failure.code()) {
      case INVALID_ARGUMENT, OUT_OF_RANGE, FAILED_PRECONDITION, NOT_FOUND, ALREADY_EXISTS -> true;
      case PERMISSION_DENIED, UNAUTHENTICATED -> isOfServer(failure);
      // Without a reason of Quoin it is gRPC that refuses: the message is too large.
      case RESOURCE_EXHAUSTED ->
          failure.reason() == ErrorReason.ERROR_REASON_UNSPECIFIED
              && failure.retryAfter().isEmpty();
      default -> false;
    };
  }

  /** Whether opening the same stream again makes no sense. */
  static boolean isRefusal(QuoinException failure) {
    return switch (failure.code()) {
      case INVALID_ARGUMENT, OUT_OF_RANGE, NOT_FOUND, PERMISSION_DENIED, UNIMPLEMENTED -> true;
      case UNAUTHENTICATED -> isOfServer(failure);
      default -> false;
    };
  }

  /** Whether a server refused: a token callback that failed may do better the next time. */
  private static boolean isOfServer(QuoinException failure) {
    return failure.reason() != ErrorReason.ERROR_REASON_UNSPECIFIED;
  }

  /** How long to pause after so many attempts: 0.1 s, then twice as long each time up to 1 s. */
  static Duration pause(int attempts) {
    return spread(
        attempts > 4 ? LONGEST_PAUSE_MILLIS : FIRST_PAUSE_MILLIS << Math.max(0, attempts - 1));
  }

  /** The same, or longer if the server says so. */
  static Duration pause(int attempts, Status status, Metadata trailers) {
    Duration usual = pause(attempts);
    return QuoinException.from(status.asRuntimeException(trailers))
        .retryAfter()
        .filter(wanted -> wanted.compareTo(usual) > 0)
        .orElse(usual);
  }

  /**
   * How long to pause before trying again to keep a lock: a tenth of its lease, at most a second,
   * spread so that many clients do not come at once.
   */
  static Duration pause(Duration lease) {
    long longest =
        Math.max(SHORTEST_PAUSE_MILLIS, Math.min(LONGEST_PAUSE_MILLIS, lease.toMillis() / 10));
    return spread(longest);
  }

  private static Duration spread(long longest) {
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
  }
}
