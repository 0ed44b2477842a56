// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** What was measured of a row in one round, by metric. */
record Measurement(Map<String, Double> values) {
  static final String CALLS_PER_SECOND = "callsPerSecond";
  static final String P50 = "p50Micros";
  static final String P99 = "p99Micros";
  static final String P999 = "p999Micros";
  static final String SERVER_CPU = "serverCpuMicrosPerCall";
  static final String REDIS_CPU = "redisCpuMicrosPerCall";
  static final String CLIENT_CPU = "clientCpuMicrosPerCall";
  static final String TOTAL_CPU = "totalCpuMicrosPerCall";
  static final String OTHERS_CORES = "coresUsedByOthers";
  static final String LUCKIEST = "shareOfLuckiest";
  static final String UNLUCKIEST = "shareOfUnluckiest";
  static final String REDIS_COMMANDS = "redisCommandsPerSecond";
  static final String CLIENT_COMMANDS = "redisCommandsFromServerPerSecond";

  static final String MESSAGES_PER_SECOND = "messagesPerSecond";
  static final String TASKS_PER_SECOND = "tasksPerSecond";
  static final String GOODPUT = "servedPerSecond";
  static final String SERVED_P99 = "servedP99Micros";
  static final String REFUSED = "refusedPerSecond";
  static final String REFUSED_LONGEST = "refusedLongestMicros";
  static final String DOCUMENTS_PER_SECOND = "documentsPerSecond";
  static final String REDIS_BYTES = "redisBytesPerDocument";
  static final String ADS_PER_SECOND = "adsPutPerSecond";
  static final String HEAP_PER_AD = "serverHeapBytesPerAd";
  static final String BYTES_PER_DECISION = "redisBytesPerDecision";
  static final String BYTES_PER_AD = "redisBytesPerAd";
  static final String HEAP_PER_STREAM = "serverHeapBytesPerStream";
  static final String SERVER_CORES = "coresUsedByServer";
  static final String REDIS_CORES = "coresUsedByRedis";

  static final String FILTERED_PER_SECOND = "filteredDeliveriesPerSecond";
  static final String FILTERED_PER_CORE = "deliveriesPerServerCore";
  static final String SERVER_CPU_PER_DELIVERY = "serverCpuMicrosPerDelivery";
  static final String REDIS_CPU_PER_DELIVERY = "redisCpuMicrosPerDelivery";
  static final String CLIENT_CPU_PER_DELIVERY = "clientCpuMicrosPerDelivery";

  static final String DELIVERIES_PER_SECOND = "deliveriesPerSecond";
  static final String LAST_HOME = "lastHomeMillis";
  static final String LAST_HOME_LONGEST = "lastHomeLongestMillis";
  static final String USER_BYTES = "redisBytesPerUser";
  static final String EDGE_BYTES = "redisBytesPerEdge";
  static final String FOLLOWS_PER_SECOND = "followsPerSecond";
  static final String MOST_FOLLOWERS = "followersOfTheBestKnown";
  static final String ENTRY_BYTES = "redisBytesPerEntry";

  static Measurement of(ClosedLoop.Outcome outcome) {
    double calls = outcome.latencies().count();
    CpuTimes cpu = outcome.cpu();
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(CALLS_PER_SECOND, calls / outcome.seconds());
    values.put(P50, outcome.latencies().micros(0.5));
    values.put(P99, outcome.latencies().micros(0.99));
    values.put(P999, outcome.latencies().micros(0.999));
    values.put(SERVER_CPU, cpu.server() * 1e6 / calls);
    values.put(REDIS_CPU, cpu.redis() * 1e6 / calls);
    values.put(CLIENT_CPU, cpu.client() * 1e6 / calls);
    values.put(TOTAL_CPU, (cpu.server() + cpu.redis() + cpu.client()) * 1e6 / calls);
    values.put(OTHERS_CORES, cpu.others() / outcome.seconds());
    return new Measurement(values);
  }
}
