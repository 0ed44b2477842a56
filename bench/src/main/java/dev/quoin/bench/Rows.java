// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All rows, in the order in which they run, in groups. */
final class Rows {
  static final String NULL = "null";
  static final String FIGURES = "figures";
  static final String CONFIG = "config";
  static final String CHAT = "chat";
  static final String ACQUIRE = "acquire";
  static final String PAIR = "acquire+release";
  static final String SCRIPT = "script";
  static final String REDISSON = "redisson";
  static final String HANDOVER = "handover";
  static final String REDISSON_HANDOVER = "redisson-handover";
  static final String REDISSON_FAIR_HANDOVER = "redisson-fair-handover";
  static final String IDLE = "idle-waiters";
  static final String LOGS_WRITE = "logs-write";
  static final String LOGS_STREAM = "logs-write-stream-of-1000";
  static final String LOGS_TAILS = "logs-delivered-to-100-tails";
  static final String FEEDS = "feeds-published-to-10-of-";
  static final List<Integer> FILTERS = List.of(10, 1_000, 10_000);
  private static final int MATCHING_FILTERS = 10;
  static final String FEEDS_FILTERED = "feeds-filtered-";
  static final String FEEDS_FILTERED_CONNECTIONS = "feeds-filtered-connections-";
  static final String CENTRIFUGE_FILTERED = "centrifuge-filtered-";
  static final String CENTRIFUGE_MEMORY_FILTERED = "centrifuge-memory-filtered-";
  static final List<Filters> FILTERED =
      List.of(new Filters(10, 100), new Filters(10, 1_000), new Filters(100, 1_000));

  private static final int SHARED_CONNECTIONS = 4;
  static final String INCREMENT = "increment";
  static final String INCREMENT_BATCH = "increment-batch";
  static final String INCREMENT_WATCHED = "increment-watched";
  static final String COUNTER_GET = "counter-get";
  static final String RECORD = "record";
  static final String RECORD_BATCH = "record-batch";
  static final List<Integer> KNOWN_COUNTERS = List.of(1, 100, 10_000);
  static final List<Integer> PAIRS_IN_FLIGHT = List.of(1, 64, 256);
  static final String SEMAPHORE_PAIR = "semaphore-acquire+release";
  static final String SEMAPHORE_HANDOVER = "semaphore-handover";
  static final String REDISSON_PERMIT = "redisson-permit";
  static final String REDISSON_PERMIT_HANDOVER = "redisson-permit-handover";
  static final String HOLDERS = "semaphore-among-holders";
  static final String WAITERS = "semaphore-among-waiters";
  static final String READERS = "lock-among-readers";
  static final String LOCK_WAITERS = "lock-among-waiters";
  static final String HOLDS = "open-holds";
  static final List<Integer> SIZES = List.of(10, 1_000, 100_000);
  static final String LISTS = "config-list-of-1-MB";
  static final int[] LISTS_IN_FLIGHT = {32, 160, 500};
  static final String CONFIG_SET = "config-set";
  static final String CONFIG_GET = "config-get";
  static final String CONFIG_GET_COPY = "config-get-copy";
  static final String CONFIG_WATCHERS = "config-set-seen-by-1000-watchers";
  static final String QUEUE_ENQUEUE = "queue-enqueue";
  static final String QUEUE_CYCLE = "queue-add-lease-ack";
  static final String QUEUE_CYCLE_10 = "queue-add-lease-ack-10";
  static final String QUEUE_DEPTH = "queue-at-depth-";
  static final String QUEUE_WORK = "queue-work";
  static final String QUEUE_DUE = "queue-due-at-once";
  static final String QUEUE_RACE = "queue-race";
  static final String BULLMQ_RACE = "bullmq-race";
  static final String ASYNQ_RACE = "asynq-race";
  static final List<Integer> DEPTHS = List.of(100, 10_000, 1_000_000);
  static final String CHAT_SEND = "chat-send";
  static final String CHAT_DELIVERED = "chat-delivered-to-";
  static final String CHAT_CONNECTIONS = "chat-delivered-to-connections-";
  static final String CENTRIFUGE_DELIVERED = "centrifuge-delivered-to-";
  static final int CENTRIFUGE_SUBSCRIBERS = 100;
  static final List<Integer> CHAT_MEMBERS = List.of(1, 100, 1_000);
  static final String SOCIAL = "social";
  static final String SOCIAL_HOME = "social-get-home";
  static final String SOCIAL_FOLLOW = "social-unfollow+follow";
  static final String SOCIAL_POSTS = "social-posts-of-1000-authors";
  static final String SOCIAL_POST = "social-post";
  static final String SOCIAL_GRAPH = "social-graph";
  static final List<Integer> NETWORKS = List.of(10_000, 100_000);
  static final List<Integer> FOLLOWERS = List.of(10, 1_000, 100_000);
  static final int CLIENTS = 10;
  static final String ADS = "ads";
  static final String ADS_TARGET = "ads-target-";
  static final String ADS_NAIVE = "ads-naive-";
  static final String ADS_SCRIPT = "ads-one-script-";
  static final String ADS_EVENTS = "ads-target-and-view";

  /** Beyond it the naive forms take seconds for a decision. */
  private static final int MOST_NAIVE = 500_000;

  static final List<Integer> CATALOGUES = List.of(100, 10_000, 100_000);

  /** How many processes the book has contend for one lock. */
  static final List<Integer> BOOK_CLIENTS = List.of(1, 2, 5);

  /** Its goal is a few per cent away, which is less than one round differs from the next. */
  private static final int ACQUIRE_ROUNDS = 5;

  private static final Path PEERS = Path.of("bench/peers");
  private static final PeerProgram CENTRIFUGE =
      PeerProgram.binary(PEERS.resolve("centrifuge/target/fanout"));
  private static final int OPEN_HOLDS = 10_000;

  private Rows() {}

  static List<Group> groups() {
    List<Group> groups = new ArrayList<>();
    groups.add(new Group(ACQUIRE_ROUNDS, acquire()));
    groups.add(new Group(1, calls()));
    groups.add(new Group(1, coordination()));
    groups.add(new Group(1, figures()));
    groups.add(new Group(1, filteredFeeds()));
    groups.add(new Group(1, queues()));
    groups.add(new Group(1, config()));
    groups.add(new Group(1, chat()));
    groups.add(new Group(1, ads()));
    groups.add(new Group(1, social()));
    groups.addAll(SearchRows.groups());
    return groups;
  }

  /** The null call that rows of a group are compared with. */
  static String nullCall(String group) {
    return NULL + '-' + group + "/128";
  }

  private static Row nothing(String group) {
    return LoadRow.quoin(NULL + '-' + group, 128, GrpcWorkload.of(QuoinOperations::nothing));
  }

  private static List<Row> acquire() {
    return List.of(
        LoadRow.quoin(NULL, 128, GrpcWorkload.of(QuoinOperations::nothing)),
        LoadRow.quoin(ACQUIRE, 128, GrpcWorkload.of(QuoinOperations::acquire)));
  }

  private static List<Row> calls() {
    Workload.Factory nothing = GrpcWorkload.of(QuoinOperations::nothing);
    Workload.Factory pair = GrpcWorkload.of(QuoinOperations::pair);
    List<Row> rows = new ArrayList<>();
    rows.add(LoadRow.quoin(NULL, 1, nothing));
    rows.add(LoadRow.quoin(NULL, 64, nothing));
    rows.add(LoadRow.quoin(NULL, 256, nothing));
    for (int inFlight : PAIRS_IN_FLIGHT) {
      rows.add(LoadRow.quoin(PAIR, inFlight, pair));
      rows.add(LoadRow.other(REDISSON, inFlight, RedissonWorkload::pairs));
      rows.add(LoadRow.other(SCRIPT, inFlight, ScriptWorkload::new));
    }
    return rows;
  }

  private static List<Row> coordination() {
    Workload.Factory handOver = GrpcWorkload.of(QuoinOperations::handOver);
    List<Row> rows = new ArrayList<>();
    rows.add(LoadRow.quoin(SEMAPHORE_PAIR, 64, GrpcWorkload.of(SemaphoreOperations::pair)));
    rows.add(LoadRow.other(REDISSON_PERMIT, 64, RedissonWorkload::permits));
    for (int clients : BOOK_CLIENTS) {
      rows.add(LoadRow.quoin(HANDOVER, clients, handOver).withContention());
    }
    rows.add(LoadRow.quoin(HANDOVER, CLIENTS, handOver).withContention());
    rows.add(
        LoadRow.quoin(SEMAPHORE_HANDOVER, CLIENTS, GrpcWorkload.of(SemaphoreOperations::handOver))
            .withContention());
    rows.add(
        LoadRow.other(REDISSON_HANDOVER, CLIENTS, RedissonWorkload::handOver).withContention());
    rows.add(
        LoadRow.other(REDISSON_FAIR_HANDOVER, CLIENTS, RedissonWorkload::fairHandOver)
            .withContention());
    rows.add(
        LoadRow.other(REDISSON_PERMIT_HANDOVER, CLIENTS, RedissonWorkload::permitHandOver)
            .withContention());
    rows.add(new IdleWaitersRow(IDLE, 1000));
    for (int size : SIZES) {
      rows.add(
          new ScaleRow(HOLDERS, size, Crowds::permitHolders, SemaphoreOperations::amongHolders));
      rows.add(new ScaleRow(WAITERS, size, Crowds::permitLine, SemaphoreOperations::amongWaiters));
      rows.add(new ScaleRow(READERS, size, Crowds::readers, QuoinOperations::amongReaders));
      rows.add(new ScaleRow(LOCK_WAITERS, size, Crowds::line, QuoinOperations::amongWaiters));
    }
    rows.add(new OpenHoldsRow(HOLDS, OPEN_HOLDS));
    return rows;
  }

  private static List<Row> figures() {
    List<Row> rows = new ArrayList<>();
    rows.add(nothing(FIGURES));
    rows.add(LoadRow.quoin(LOGS_WRITE, 128, GrpcWorkload.of(LogsOperations::write)));
    rows.add(LoadRow.quoin(LOGS_STREAM, 4, GrpcWorkload.of(LogsOperations::writeStream)));
    rows.add(LoadRow.quoin(LOGS_TAILS, 16, TailWorkload.of(100)));
    for (int filters : FILTERS) {
      rows.add(LoadRow.quoin(FEEDS + filters, 16, FeedWorkload.of(filters, MATCHING_FILTERS)));
    }
    addCounters(rows);
    return rows;
  }

  /**
   * Filters of one stream each.
   *
   * @param matching how many of all match a status
   */
  record Filters(int matching, int all) {
    String row(String name) {
      return name + matching + "-of-" + all;
    }
  }

  private static List<Row> filteredFeeds() {
    List<Row> rows = new ArrayList<>();
    for (Filters filters : FILTERED) {
      int all = filters.all();
      int matching = filters.matching();
      rows.add(new FilteredFeedRow(filters.row(FEEDS_FILTERED), all, matching, SHARED_CONNECTIONS));
      rows.add(new FilteredFeedRow(filters.row(FEEDS_FILTERED_CONNECTIONS), all, matching, all));
      rows.add(
          new FilterPeerRow(filters.row(CENTRIFUGE_FILTERED), all, matching, "redis", CENTRIFUGE));
      rows.add(
          new FilterPeerRow(
              filters.row(CENTRIFUGE_MEMORY_FILTERED), all, matching, "memory", CENTRIFUGE));
    }
    return rows;
  }

  private static List<Row> config() {
    List<Row> rows = new ArrayList<>();
    rows.add(nothing(CONFIG));
    rows.add(LoadRow.quoin(CONFIG_SET, 128, GrpcWorkload.of(ConfigOperations::set)));
    rows.add(LoadRow.quoin(CONFIG_GET, 128, GrpcWorkload.of(ConfigOperations::get)));
    rows.add(LoadRow.quoin(CONFIG_GET_COPY, 128, GrpcWorkload.of(ConfigOperations::getCopy)));
    rows.add(LoadRow.quoin(CONFIG_WATCHERS, 1, ConfigWatchers::new));
    for (int callers : LISTS_IN_FLIGHT) {
      rows.add(new OverloadRow(LISTS, callers));
    }
    return rows;
  }

  private static List<Row> chat() {
    List<Row> rows = new ArrayList<>();
    rows.add(nothing(CHAT));
    rows.add(LoadRow.quoin(CHAT_SEND, 128, ChatOperations.send()));
    for (int members : CHAT_MEMBERS) {
      rows.add(LoadRow.quoin(CHAT_DELIVERED + members, 16, ChatWorkload.of(members)));
    }
    rows.add(
        LoadRow.quoin(
            CHAT_CONNECTIONS + CENTRIFUGE_SUBSCRIBERS,
            16,
            ChatWorkload.withConnections(CENTRIFUGE_SUBSCRIBERS)));
    rows.add(
        new FanOutPeerRow(
            CENTRIFUGE_DELIVERED + CENTRIFUGE_SUBSCRIBERS, 16, CENTRIFUGE_SUBSCRIBERS, CENTRIFUGE));
    // A chat of 100,000 entries at most may keep a 64th less than that.
    rows.add(new ChatCatchUpRow("chat-catch-up", 98_000));
    rows.add(new ChatStreamsRow("chat-streams", 10_000));
    return rows;
  }

  /** Names say how many ads there are, how many locations each has, and words a page. */
  private static List<Row> ads() {
    List<Row> rows = new ArrayList<>();
    rows.add(nothing(ADS));
    for (int size : CATALOGUES) {
      for (int locations : new int[] {1, 50}) {
        AdCatalogue catalogue = new AdCatalogue(size, locations);
        for (int words : new int[] {20, 200}) {
          String name = ADS_TARGET + size + "-" + locations + "-" + words;
          rows.add(LoadRow.quoin(name, 32, AdWorkload.target(catalogue, words)));
        }
        if (size * locations <= MOST_NAIVE) {
          String name = size + "-" + locations + "-20";
          rows.add(
              LoadRow.other(ADS_NAIVE + name, 32, NaiveAdWorkload.temporaryKeys(catalogue, 20)));
          rows.add(LoadRow.other(ADS_SCRIPT + name, 32, NaiveAdWorkload.oneScript(catalogue, 20)));
        }
      }
    }
    rows.add(
        LoadRow.quoin(ADS_EVENTS, 32, AdWorkload.targetAndView(new AdCatalogue(10_000, 1), 20)));
    rows.add(new AdBytesRow("ads-1-location", 10_000, 1));
    rows.add(new AdBytesRow("ads-50-locations", 10_000, 50));
    return rows;
  }

  private static List<Row> social() {
    List<Row> rows = new ArrayList<>();
    rows.add(nothing(SOCIAL));
    rows.add(LoadRow.quoin(SOCIAL_HOME, 64, SocialWorkload.homes()));
    rows.add(LoadRow.quoin(SOCIAL_FOLLOW, 64, SocialWorkload.follows()));
    rows.add(LoadRow.quoin(SOCIAL_POSTS, 64, SocialWorkload.posts()));
    for (int followers : FOLLOWERS) {
      rows.add(new SocialFanOutRow(SOCIAL_POST, followers));
    }
    for (int users : NETWORKS) {
      rows.add(new SocialGraphRow(SOCIAL_GRAPH, users));
    }
    return rows;
  }

  private static List<Row> queues() {
    List<Row> rows = new ArrayList<>();
    rows.add(LoadRow.quoin(QUEUE_ENQUEUE, 128, GrpcWorkload.of(QueueOperations::enqueue)));
    rows.add(
        LoadRow.quoin(
            QUEUE_CYCLE, 64, GrpcWorkload.of((channel, w) -> QueueOperations.cycle(channel, 1))));
    rows.add(
        LoadRow.quoin(
            QUEUE_CYCLE_10,
            16,
            GrpcWorkload.of((channel, w) -> QueueOperations.cycle(channel, 10))));
    for (int depth : DEPTHS) {
      rows.add(LoadRow.quoin(QUEUE_DEPTH + depth, 64, QueueOperations.atDepth(depth)));
    }
    rows.add(LoadRow.quoin(QUEUE_WORK, 1, WorkWorkload::new));
    rows.add(LoadRow.quoin(QUEUE_WORK, 128, WorkWorkload::new));
    rows.add(new PromotionRow(QUEUE_DUE, 100_000));
    rows.add(new RaceRow(QUEUE_RACE, 100));
    Path bullmq = PEERS.resolve("bullmq");
    rows.add(
        new PeerRow(
            BULLMQ_RACE,
            100,
            new PeerProgram(
                List.of("node", bullmq.resolve("race.mjs").toString()),
                bullmq.resolve("node_modules/bullmq"))));
    rows.add(new PeerRow(ASYNQ_RACE, 100, PeerProgram.binary(PEERS.resolve("asynq/target/race"))));
    return rows;
  }

  private static void addCounters(List<Row> rows) {
    rows.add(LoadRow.quoin(INCREMENT, 128, GrpcWorkload.of(CounterOperations::increment)));
    rows.add(LoadRow.quoin(INCREMENT_WATCHED, 128, CounterWorkloads.watched(1000)));
    rows.add(
        LoadRow.quoin(INCREMENT_BATCH, 16, GrpcWorkload.of(CounterOperations::incrementBatch)));
    for (int counters : KNOWN_COUNTERS) {
      rows.add(LoadRow.quoin(COUNTER_GET + '-' + counters, 64, CounterWorkloads.get(counters)));
    }
    rows.add(LoadRow.quoin(RECORD, 128, GrpcWorkload.of(CounterOperations::record)));
    rows.add(LoadRow.quoin(RECORD_BATCH, 16, GrpcWorkload.of(CounterOperations::recordBatch)));
  }
}
