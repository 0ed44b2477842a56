// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.stats.v1.StatsGrpc;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What is tried again, and when.
 *
 * <p>gRPC repeats calls that met UNAVAILABLE when repeating them is safe: Get changes nothing,
 * Renew is idempotent, Acquire, Increment, Set and Delete of the configuration, and Write of a log
 * carry a request id; all of Chat is safe, Send by the id of its message. Release is none of that:
 * LOCK_NOT_HELD to a repeated Release may mean that the first one worked. Only {@link Releases}
 * knows what to make of it.
 */
final class Retries {
  private static final long SHORTEST_PAUSE_MILLIS = 10;
  private static final long LONGEST_PAUSE_MILLIS = 1000;

  private Retries() {}

  /** The service config of the channel. */
  static Map<String, ?> serviceConfig() {
    return Map.of(
        "loadBalancingConfig",
        List.of(Map.of("round_robin", Map.of())),
        "methodConfig",
        List.of(
            Map.of(
                "name",
                List.of(
                    Map.of("service", ChatGrpc.SERVICE_NAME),
                    name(ConfigGrpc.getSetMethod()),
                    name(ConfigGrpc.getGetMethod()),
                    name(ConfigGrpc.getListMethod()),
                    name(ConfigGrpc.getDeleteMethod()),
                    name(ConfigGrpc.getHistoryMethod()),
                    name(ConfigGrpc.getSetMaintenanceMethod()),
                    name(ConfigGrpc.getGetMaintenanceMethod()),
                    name(ConfigGrpc.getResolveMethod()),
                    name(CountersGrpc.getDeleteMethod()),
                    name(CountersGrpc.getGetMethod()),
                    name(CountersGrpc.getIncrementMethod()),
                    name(CountersGrpc.getListMethod()),
                    name(StatsGrpc.getGetMethod()),
                    name(StatsGrpc.getListMethod()),
                    name(StatsGrpc.getSlowestMethod()),
                    name(LocksGrpc.getGetMethod()),
                    name(LocksGrpc.getRenewMethod()),
                    name(LocksGrpc.getAcquireMethod()),
                    name(LocksGrpc.getAcquireAllMethod()),
                    name(LocksGrpc.getListMethod()),
                    name(QueuesGrpc.getEnqueueMethod()),
                    name(QueuesGrpc.getEnqueueBatchMethod()),
                    name(QueuesGrpc.getAckMethod()),
                    name(QueuesGrpc.getNackMethod()),
                    name(QueuesGrpc.getExtendMethod()),
                    name(QueuesGrpc.getGetMethod()),
                    name(QueuesGrpc.getCancelMethod()),
                    name(QueuesGrpc.getStatsMethod()),
                    name(SemaphoresGrpc.getConfigureMethod()),
                    name(SemaphoresGrpc.getDeleteMethod()),
                    name(SemaphoresGrpc.getGetMethod()),
                    name(SemaphoresGrpc.getListMethod()),
                    name(SemaphoresGrpc.getRenewMethod()),
                    name(SemaphoresGrpc.getAcquireMethod()),
                    name(LogsGrpc.getWriteMethod()),
                    name(LogsGrpc.getRecentMethod()),
                    name(LogsGrpc.getCommonMethod()),
                    name(LogsGrpc.getListNamesMethod())),
                "retryPolicy",
                Map.of(
                    "maxAttempts",
                    5.0,
                    "initialBackoff",
                    "0.1s",
                    "maxBackoff",
                    "1s",
                    "backoffMultiplier",
                    2.0,
                    "retryableStatusCodes",
                    List.of("UNAVAILABLE")))));
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

  private static Map<String, String> name(MethodDescriptor<?, ?> method) {
    return Map.of("service", method.getServiceName(), "method", method.getBareMethodName());
  }
}
