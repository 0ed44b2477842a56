// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.ArrayList;
import java.util.List;

/** All rows, in the order in which they run. */
final class Rows {
  static final String NULL = "null";
  static final String ACQUIRE = "acquire";
  static final String PAIR = "acquire+release";
  static final String SCRIPT = "script";
  static final String REDISSON = "redisson";
  static final String HANDOVER = "handover";
  static final String REDISSON_HANDOVER = "redisson-handover";
  static final String REDISSON_FAIR_HANDOVER = "redisson-fair-handover";
  static final String IDLE = "idle-waiters";
  static final List<Integer> PAIRS_IN_FLIGHT = List.of(1, 64, 256);
  static final int CLIENTS = 10;

  private Rows() {}

  static List<Row> all() {
    Workload.Factory nothing = GrpcWorkload.of(QuoinOperations::nothing);
    Workload.Factory acquire = GrpcWorkload.of(QuoinOperations::acquire);
    Workload.Factory pair = GrpcWorkload.of(QuoinOperations::pair);
    Workload.Factory handOver = GrpcWorkload.of(QuoinOperations::handOver);
    List<Row> rows = new ArrayList<>();
    rows.add(LoadRow.quoin(NULL, 1, nothing));
    rows.add(LoadRow.quoin(NULL, 64, nothing));
    rows.add(LoadRow.quoin(NULL, 256, nothing));
    rows.add(LoadRow.quoin(NULL, 128, nothing));
    rows.add(LoadRow.quoin(ACQUIRE, 128, acquire));
    for (int inFlight : PAIRS_IN_FLIGHT) {
      rows.add(LoadRow.quoin(PAIR, inFlight, pair));
      rows.add(LoadRow.other(REDISSON, inFlight, RedissonWorkload::pairs));
      rows.add(LoadRow.other(SCRIPT, inFlight, ScriptWorkload::new));
    }
    rows.add(LoadRow.quoin(HANDOVER, CLIENTS, handOver).withContention());
    rows.add(
        LoadRow.other(REDISSON_HANDOVER, CLIENTS, RedissonWorkload::handOver).withContention());
    rows.add(
        LoadRow.other(REDISSON_FAIR_HANDOVER, CLIENTS, RedissonWorkload::fairHandOver)
            .withContention());
    rows.add(new IdleWaitersRow(IDLE, 1000));
    return rows;
  }
}
