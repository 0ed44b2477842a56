// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.RetryInfo;
import dev.quoin.config.v1.Maintenance;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.logging.Level;

/**
 * Keeps callers away from a server that is under maintenance: they get UNAVAILABLE with the message
 * of the maintenance and how long to wait before they try again. Callers on its allow-list are let
 * through, and so is who asks for health.
 */
public final class MaintenanceInterceptor implements ServerInterceptor {
  private static final Duration SHORTEST_DELAY = Duration.ofSeconds(1);
  private static final Duration USUAL_DELAY = Duration.ofSeconds(30);
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(5);
  private static final Set<String> ALWAYS_OPEN = Set.of("grpc.health.v1.Health");

  private final MaintenanceWatch watch;
  private final BiFunction<ServerCall<?, ?>, Metadata, String> caller;

  /**
   * @param watch says whether there is a maintenance
   * @param caller names the caller of a call as the allow-list does, or returns null; give it
   *     something that callers cannot make up
   */
  public MaintenanceInterceptor(
      MaintenanceWatch watch, BiFunction<ServerCall<?, ?>, Metadata, String> caller) {
    this.watch = Objects.requireNonNull(watch, "watch");
    this.caller = Objects.requireNonNull(caller, "caller");
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    KnownMaintenance known = watch.known().orElse(null);
    if (known == null
        || ALWAYS_OPEN.contains(call.getMethodDescriptor().getServiceName())
        || isAllowed(known.maintenance(), nameOf(call, headers))) {
      return next.startCall(call, headers);
    }
    StatusRuntimeException refusal = refusal(known);
    call.close(refusal.getStatus(), refusal.getTrailers());
    return new ServerCall.Listener<>() {};
  }

  /** Null, too, when the function that names callers fails: who cannot be named is kept away. */
  private String nameOf(ServerCall<?, ?> call, Metadata headers) {
    try {
      return caller.apply(call, headers);
    } catch (Throwable thrown) {
      Callbacks.log(Level.WARNING, "what names callers failed", thrown);
      return null;
    }
  }

  private static boolean isAllowed(Maintenance maintenance, String caller) {
    return caller != null && maintenance.getAllowList().contains(caller);
  }

  private static StatusRuntimeException refusal(KnownMaintenance known) {
    String message = known.maintenance().getNotice();
    RetryInfo retry = RetryInfo.newBuilder().setRetryDelay(Times.duration(delay(known))).build();
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(Code.UNAVAILABLE_VALUE)
            .setMessage(message.isEmpty() ? "under maintenance" : message)
            .addDetails(Any.pack(retry))
            .build());
  }

  /** Until the end, but come back now and then: it may end early. */
  private static Duration delay(KnownMaintenance known) {
    if (!known.maintenance().hasUntil()) {
      return USUAL_DELAY;
    }
    Duration left = known.left();
    if (left.compareTo(SHORTEST_DELAY) < 0) {
      return SHORTEST_DELAY;
    }
    return left.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : left;
  }
}
