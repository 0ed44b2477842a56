// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.doctor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Judges what a node of Redis says of itself. */
final class NodeChecks {
  static final long BIG_KEY = 10L << 20;
  private static final long HUGE_KEY = 100L << 20;
  private static final int FLOOR_MAJOR = 7;
  private static final long CLOCK_MILLIS = 1_000;
  private static final long SLOW_MICROS = 5_000;
  private static final long LAG_SECONDS = 10;
  private static final int SLOTS = 16_384;
  private static final double FULL = 0.8;
  private static final int SHOWN_KEYS = 5;

  private final NodeFacts facts;
  private final boolean allowVolatile;
  private final List<Finding> findings = new ArrayList<>();

  private NodeChecks(NodeFacts facts, boolean allowVolatile) {
    this.facts = facts;
    this.allowVolatile = allowVolatile;
  }

  /**
   * @param isUpstream whether it is to take writes
   * @param allowVolatile whether Quoin is told to accept a Redis that forgets
   */
  static List<Finding> of(NodeFacts facts, boolean isUpstream, boolean allowVolatile) {
    NodeChecks checks = new NodeChecks(facts, allowVolatile);
    checks.version();
    checks.persistence();
    checks.memory();
    checks.replication(isUpstream);
    checks.clock();
    checks.latency();
    checks.slots();
    checks.clients();
    checks.bigKeys();
    return checks.findings;
  }

  private void wrong(String about, String text, String advice) {
    findings.add(Finding.wrong(about, text, advice));
  }

  private void note(String about, String text, String advice) {
    findings.add(Finding.note(about, text, advice));
  }

  private void version() {
    String valkey = facts.text("valkey_version");
    String version = facts.text("redis_version");
    if (Integer.parseInt("0" + version.split("\\.")[0].replaceAll("\\D", "")) < FLOOR_MAJOR) {
      wrong(
          "version",
          "Redis is version " + version + ", and Quoin does not start with it",
          "upgrade it to Valkey 8 or Redis 7.2");
    } else if (valkey.isEmpty() && version.startsWith("7.0.")) {
      note(
          "version",
          "Redis " + version + " gets no security fixes any more",
          "upgrade it to Valkey 8 or Redis 7.2");
    }
  }

  private void persistence() {
    if (facts.text("aof_enabled").equals("0")) {
      String text = "there is no append-only file: what was acknowledged is lost when Redis stops";
      String advice = "set appendonly yes";
      if (allowVolatile) {
        note("persistence", text + "; allow-volatile-redis accepts that", advice);
      } else {
        wrong("persistence", text, advice);
      }
    } else if ("no".equals(facts.settings().get("appendfsync"))) {
      wrong(
          "persistence",
          "appendfsync is no: when the machine dies, half a minute of writes can be lost",
          "set appendfsync everysec, or always");
    }
    if (facts.text("aof_last_write_status").equals("err")) {
      wrong(
          "persistence",
          "the last write to the append-only file failed, and Redis refuses writes",
          "see its log; the disk may be full");
    }
    if (facts.text("rdb_last_bgsave_status").equals("err")) {
      wrong(
          "persistence",
          "the last snapshot failed, and Redis may refuse writes",
          "see its log; the disk may be full, or vm.overcommit_memory 0");
    }
  }

  private void memory() {
    long most = facts.number("maxmemory");
    long used = facts.number("used_memory");
    String policy = facts.text("maxmemory_policy");
    if (!policy.isEmpty() && !policy.equals("noeviction")) {
      String text = "maxmemory-policy is " + policy + ": Redis may remove keys, locks among them";
      if (most > 0) {
        wrong("eviction", text, "set maxmemory-policy noeviction");
      } else {
        note("eviction", text + ", once there is a maxmemory", "set maxmemory-policy noeviction");
      }
    }
    if (facts.number("evicted_keys") > 0) {
      wrong(
          "eviction",
          facts.number("evicted_keys") + " keys were evicted since it started: data is lost",
          "set maxmemory-policy noeviction, and restart Redis to begin counting anew");
    }
    if (most == 0) {
      note(
          "memory",
          "there is no maxmemory: the system may kill Redis when memory runs out",
          "set maxmemory to what the machine can spare; Quoin then refuses writes in time");
    } else if (used > most * FULL) {
      wrong(
          "memory",
          String.format(Locale.ROOT, "%.0f %% of maxmemory are used", 100.0 * used / most),
          "give it more, or see what is stored: Admin.ListUsage; writes are refused at 100 %");
    }
  }

  private void replication(boolean isUpstream) {
    boolean isReplica = facts.text("role").equals("slave");
    if (isReplica && isUpstream) {
      wrong(
          "replication",
          "this is a replica, and refuses writes",
          "name the primary in the setting redis, or the Sentinels, who know it");
    }
    if (isReplica && !facts.text("master_link_status").equals("up")) {
      wrong(
          "replication",
          "the link to its primary is down: it falls behind, and a fail-over would lose that",
          "see its log and the network between the two");
    }
    if (isReplica) {
      return;
    }
    long replicas = facts.number("connected_slaves");
    if (replicas == 0) {
      note(
          "replication",
          "it has no replica: while it is away nothing is served",
          "give it one, with Sentinel or as a Cluster, or accept that");
    } else if ("0".equals(facts.settings().get("min-replicas-to-write"))) {
      note(
          "replication",
          "min-replicas-to-write is 0: it goes on alone, and a fail-over then loses what it took",
          "set min-replicas-to-write 1 and min-replicas-max-lag 10 if that matters more to you");
    }
    for (int i = 0; i < replicas; i++) {
      long lag = lag(facts.text("slave" + i));
      if (lag > LAG_SECONDS) {
        wrong(
            "replication",
            "replica " + i + " is " + lag + " s behind: a fail-over to it would lose them",
            "see its log, its disk and the network between the two");
      }
    }
  }

  private static long lag(String replica) {
    String lag = replica.replaceFirst(".*\\blag=(\\d{1,9}).*", "$1");
    return lag.matches("\\d+") ? Long.parseLong(lag) : 0;
  }

  private void clock() {
    long ahead = facts.clockAheadMillis();
    if (Math.abs(ahead) > CLOCK_MILLIS) {
      wrong(
          "clock",
          "its clock is %d ms %s the one of this machine: leases follow the clock of Redis"
              .formatted(Math.abs(ahead), ahead > 0 ? "ahead of" : "behind"),
          "let NTP keep the clocks of all nodes, and step them while nothing runs");
    }
  }

  private void latency() {
    if (facts.pingMicros() > SLOW_MICROS) {
      wrong(
          "latency",
          String.format(
              Locale.ROOT,
              "a PING takes %.1f ms, and every call at least that",
              facts.pingMicros() / 1e3),
          "run Quoin near Redis; if it is near, see what else its processor does");
    }
    if (facts.number("latest_fork_usec") > 500_000) {
      note(
          "latency",
          "the last fork stopped Redis for " + facts.number("latest_fork_usec") / 1_000 + " ms",
          "switch transparent huge pages off for Redis, or use smaller nodes");
    }
  }

  private void slots() {
    if (facts.cluster().isEmpty()) {
      return;
    }
    if (!"ok".equals(facts.cluster().get("cluster_state"))) {
      wrong(
          "slots",
          "cluster_state is " + facts.cluster().get("cluster_state") + ": calls are refused",
          "see CLUSTER NODES for the nodes that failed");
    }
    int assigned = Integer.parseInt(facts.cluster().getOrDefault("cluster_slots_assigned", "0"));
    if (assigned < SLOTS) {
      wrong(
          "slots",
          (SLOTS - assigned)
              + " of "
              + SLOTS
              + " slots belong to no node: their names cannot be used",
          "redis-cli --cluster fix, after a look at what became of their node");
    }
  }

  private void clients() {
    String most = facts.settings().getOrDefault("maxclients", "");
    if (most.matches("\\d{1,9}")
        && facts.number("connected_clients") > Long.parseLong(most) * FULL) {
      wrong(
          "clients",
          facts.number("connected_clients") + " of " + most + " connections are open",
          "raise maxclients, and the limit of open files of Redis; a server of Quoin needs few");
    }
  }

  private void bigKeys() {
    facts.bigKeys().entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .limit(SHOWN_KEYS)
        .forEach(
            key -> {
              String text =
                  "the key %s has %d MiB: one node keeps all of it, and moving it stops that node"
                      .formatted(key.getKey(), key.getValue() >> 20);
              String advice = "spread it over several names, or keep less of it";
              findings.add(new Finding(key.getValue() >= HUGE_KEY, "big keys", text, advice));
            });
  }
}
