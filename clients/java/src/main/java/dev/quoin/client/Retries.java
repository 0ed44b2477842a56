// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.errors.v1.ErrorsGrpc;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.SchedulesGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.stats.v1.StatsGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What is tried again, and when.
 *
 * <p>gRPC repeats unary calls that met UNAVAILABLE when repeating them is safe: those that the
 * contract marks as without side effects or idempotent, and those whose request has an id, which
 * {@link RequestIds} fills in. Release is none of that: LOCK_NOT_HELD to a repeated Release may
 * mean that the first one worked. Only {@link Releases} knows what to make of it.
 */
final class Retries {
  private static final long SHORTEST_PAUSE_MILLIS = 10;
  private static final long LONGEST_PAUSE_MILLIS = 1000;

  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          ChatGrpc.getServiceDescriptor(),
          ConfigGrpc.getServiceDescriptor(),
          CountersGrpc.getServiceDescriptor(),
          ErrorsGrpc.getServiceDescriptor(),
          LocksGrpc.getServiceDescriptor(),
          LogsGrpc.getServiceDescriptor(),
          QueuesGrpc.getServiceDescriptor(),
          SchedulesGrpc.getServiceDescriptor(),
          SemaphoresGrpc.getServiceDescriptor(),
          StatsGrpc.getServiceDescriptor());

  private Retries() {}

  /**
   * The service config of the channel, which clients/service-config.json gives to other languages:
   * what may be repeated follows from the contract.
   */
  static Map<String, ?> serviceConfig() {
    return Map.of(
        "loadBalancingConfig",
        List.of(Map.of("round_robin", Map.of())),
        "methodConfig",
        List.of(Map.of("name", names(), "retryPolicy", policy())));
  }

  private static List<Map<String, String>> names() {
    return SERVICES.stream()
        .flatMap(service -> service.getMethods().stream())
        .filter(Retries::isSafe)
        .map(m -> Map.of("service", m.getServiceName(), "method", m.getBareMethodName()))
        .sorted(Comparator.comparing(name -> name.get("service") + '/' + name.get("method")))
        .toList();
  }

  private static boolean isSafe(MethodDescriptor<?, ?> method) {
    return method.getType() == MethodDescriptor.MethodType.UNARY
        && (method.isSafe() || method.isIdempotent() || RequestIds.field(method).isPresent());
  }

  private static Map<String, ?> policy() {
    return Map.of(
        "maxAttempts",
        5.0,
        "initialBackoff",
        "0.1s",
        "maxBackoff",
        "1s",
        "backoffMultiplier",
        2.0,
        "retryableStatusCodes",
        List.of("UNAVAILABLE"));
  }

  /**
   * How long to pause before trying again to keep a lock: a tenth of its lease, at most a second,
   * spread so that many clients do not come at once.
   */
  static Duration pause(Duration lease) {
    long longest =
        Math.max(SHORTEST_PAUSE_MILLIS, Math.min(LONGEST_PAUSE_MILLIS, lease.toMillis() / 10));
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(longest / 2, longest + 1));
  }
}
