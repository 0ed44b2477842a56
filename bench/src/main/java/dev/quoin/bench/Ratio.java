// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Two rows of the same round, compared; the median over the rounds is reported.
 *
 * @param goal what it should be, may be empty
 */
record Ratio(String text, String goal, double median, double[] perRound) {

  static List<Ratio> all(Results results) {
    List<Ratio> ratios = new ArrayList<>();
    String cpu = Measurement.SERVER_CPU;
    String speed = Measurement.CALLS_PER_SECOND;
    String total = Measurement.TOTAL_CPU;
    add(
        ratios,
        results,
        "server CPU: `acquire` / `null`, 128 in flight",
        "≤ 1.7",
        cpu,
        Rows.ACQUIRE + "/128",
        Rows.NULL + "/128");
    for (int inFlight : Rows.PAIRS_IN_FLIGHT) {
      String suffix = "/" + inFlight;
      String with = ", " + inFlight + " in flight";
      String pair = Rows.PAIR + suffix;
      String redisson = Rows.REDISSON + suffix;
      add(ratios, results, "pairs/s: Quoin / Redisson" + with, "≥ 1.0", speed, pair, redisson);
      add(
          ratios,
          results,
          "total CPU of a pair: Quoin / Redisson" + with,
          "",
          total,
          pair,
          redisson);
      add(
          ratios,
          results,
          "pairs/s: Quoin / the same scripts" + with,
          "",
          speed,
          pair,
          Rows.SCRIPT + suffix);
    }
    add(
        ratios,
        results,
        "Redis CPU of a pair: semaphore / lock, 64 in flight",
        "",
        Measurement.REDIS_CPU,
        Rows.SEMAPHORE_PAIR + "/64",
        Rows.PAIR + "/64");
    add(
        ratios,
        results,
        "total CPU of a permit taken and given back: Quoin / Redisson, 64 in flight",
        "≤ 1.0",
        total,
        Rows.SEMAPHORE_PAIR + "/64",
        Rows.REDISSON_PERMIT + "/64");
    add(
        ratios,
        results,
        "hand-overs/s of 3 permits: Quoin / Redisson",
        "",
        speed,
        Rows.SEMAPHORE_HANDOVER + "/" + Rows.CLIENTS,
        Rows.REDISSON_PERMIT_HANDOVER + "/" + Rows.CLIENTS);
    for (String row : List.of(Rows.HOLDERS, Rows.WAITERS, Rows.READERS, Rows.LOCK_WAITERS)) {
      add(
          ratios,
          results,
          "Redis CPU: `" + row + "`, 100,000 / 10",
          "≤ 1.5",
          Measurement.REDIS_CPU,
          row + "/100000",
          row + "/10");
    }
    String ours = Rows.HANDOVER + "/" + Rows.CLIENTS;
    String lock = Rows.REDISSON_HANDOVER + "/" + Rows.CLIENTS;
    String fair = Rows.REDISSON_FAIR_HANDOVER + "/" + Rows.CLIENTS;
    add(ratios, results, "hand-overs/s: Quoin / Redisson RLock", "", speed, ours, lock);
    add(ratios, results, "hand-overs/s: Quoin / Redisson RFairLock", "", speed, ours, fair);
    add(
        ratios,
        results,
        "server CPU: `Logs.Write` / `null`, 128 in flight",
        "",
        cpu,
        Rows.LOGS_WRITE + "/128",
        Rows.nullCall(Rows.FIGURES));
    for (String row : List.of(Rows.CONFIG_SET, Rows.CONFIG_GET, Rows.CONFIG_GET_COPY)) {
      add(
          ratios,
          results,
          "server CPU: `" + row + "` / `null`, 128 in flight",
          "",
          cpu,
          row + "/128",
          Rows.nullCall(Rows.CONFIG));
    }
    addFilters(ratios, results);
    addCounters(ratios, results);
    addChat(ratios, results);
    addQueues(ratios, results);
    return ratios;
  }

  private static void addCounters(List<Ratio> ratios, Results results) {
    String cpu = Measurement.SERVER_CPU;
    String speed = Measurement.CALLS_PER_SECOND;
    String increment = Rows.INCREMENT + "/128";
    String record = Rows.RECORD + "/128";
    String nothing = Rows.nullCall(Rows.FIGURES);
    add(ratios, results, "server CPU: `increment` / `null`", "≤ 1.9", cpu, increment, nothing);
    add(ratios, results, "server CPU: `record` / `null`", "", cpu, record, nothing);
    String watched = Rows.INCREMENT_WATCHED + "/128";
    add(ratios, results, "increments/s: 1,000 watchers / none", "", speed, watched, increment);
    int size = CounterOperations.BATCH;
    String batch = "/s in requests of " + size + ": batch / single";
    String increments = Rows.INCREMENT_BATCH + "/16";
    add(ratios, results, "increments" + batch, "≥ 5", speed, increments, increment, size);
    String records = Rows.RECORD_BATCH + "/16";
    add(ratios, results, "values" + batch, "", speed, records, record, size);
    String one = Rows.COUNTER_GET + "-1/64";
    for (int counters : Rows.KNOWN_COUNTERS.subList(1, Rows.KNOWN_COUNTERS.size())) {
      String many = Rows.COUNTER_GET + '-' + counters + "/64";
      String text = "server CPU of Get: %,d counters / 1".formatted(counters);
      add(ratios, results, text, "≤ 1.1", cpu, many, one);
    }
  }

  private static void addFilters(List<Ratio> ratios, Results results) {
    for (Rows.Filters filters : Rows.FILTERED) {
      String what =
          "deliveries per server core: Quoin%s / Centrifuge%s, %d of %,d filters match"
              .formatted("%s", "%s", filters.matching(), filters.all());
      UnaryOperator<String> row = name -> filters.row(name) + "/" + filters.all();
      String redis = row.apply(Rows.CENTRIFUGE_FILTERED);
      String memory = row.apply(Rows.CENTRIFUGE_MEMORY_FILTERED);
      String shared = row.apply(Rows.FEEDS_FILTERED);
      String alone = row.apply(Rows.FEEDS_FILTERED_CONNECTIONS);
      String core = Measurement.FILTERED_PER_CORE;
      String each = ", a connection a stream,";
      add(ratios, results, what.formatted("", ""), "≥ 1.0", core, shared, redis);
      add(ratios, results, what.formatted(each, ""), "", core, alone, redis);
      add(ratios, results, what.formatted(each, " in memory"), "", core, alone, memory);
    }
  }

  private static void addChat(List<Ratio> ratios, Results results) {
    String cpu = Measurement.SERVER_CPU;
    String send = Rows.CHAT_SEND + "/128";
    add(
        ratios,
        results,
        "server CPU: `chat-send` / `null`",
        "",
        cpu,
        send,
        Rows.nullCall(Rows.CHAT));
    String one = Rows.CHAT_DELIVERED + "1/16";
    for (int members : Rows.CHAT_MEMBERS.subList(1, Rows.CHAT_MEMBERS.size())) {
      add(
          ratios,
          results,
          "messages delivered/s: %,d members / 1".formatted(members),
          "",
          Measurement.CALLS_PER_SECOND,
          Rows.CHAT_DELIVERED + members + "/16",
          one,
          members);
    }
    int subscribers = Rows.CENTRIFUGE_SUBSCRIBERS;
    addCentrifuge(ratios, results, subscribers + " subscribers", Rows.CHAT_DELIVERED);
    addCentrifuge(
        ratios, results, subscribers + " subscribers and connections", Rows.CHAT_CONNECTIONS);
  }

  private static void addCentrifuge(List<Ratio> ratios, Results results, String what, String name) {
    String ours = name + Rows.CENTRIFUGE_SUBSCRIBERS + "/16";
    String theirs = Rows.CENTRIFUGE_DELIVERED + Rows.CENTRIFUGE_SUBSCRIBERS + "/16";
    String speed = Measurement.CALLS_PER_SECOND;
    add(ratios, results, "deliveries/s: Quoin / Centrifuge, " + what, "", speed, ours, theirs);
    // Deliveries per second of CPU time are the inverse of CPU time per delivery.
    add(
        ratios,
        results,
        "deliveries per server core: Quoin / Centrifuge, " + what,
        "≥ 1.0",
        Measurement.SERVER_CPU,
        theirs,
        ours);
  }

  private static void addQueues(List<Ratio> ratios, Results results) {
    String race = Rows.QUEUE_RACE + "/100";
    for (String peer : List.of(Rows.BULLMQ_RACE, Rows.ASYNQ_RACE)) {
      add(
          ratios,
          results,
          "tasks/s from adding to done: Quoin / " + peer.substring(0, peer.indexOf('-')),
          "≥ 1.5",
          Measurement.TASKS_PER_SECOND,
          race,
          peer + "/100");
    }
    for (int depth : List.of(10_000, 1_000_000)) {
      add(
          ratios,
          results,
          "Redis CPU of a task added, leased and acknowledged: depth %,d / 100".formatted(depth),
          "0.8–1.2",
          Measurement.REDIS_CPU,
          Rows.QUEUE_DEPTH + depth + "/64",
          Rows.QUEUE_DEPTH + "100/64");
    }
  }

  private static void add(
      List<Ratio> ratios,
      Results results,
      String text,
      String goal,
      String metric,
      String row,
      String base) {
    add(ratios, results, text, goal, metric, row, base, 1);
  }

  /**
   * @param factor how many things an operation of the row does
   */
  private static void add(
      List<Ratio> ratios,
      Results results,
      String text,
      String goal,
      String metric,
      String row,
      String base,
      int factor) {
    if (results.has(row) && results.has(base)) {
      double[] above = results.values(row, metric);
      double[] below = results.values(base, metric);
      double[] perRound =
          IntStream.range(0, above.length).mapToDouble(i -> factor * above[i] / below[i]).toArray();
      double median = Results.median(perRound);
      if (!Double.isNaN(median)) { // a peer that is not installed measures nothing
        ratios.add(new Ratio(text, goal, median, perRound));
      }
    }
  }
}
