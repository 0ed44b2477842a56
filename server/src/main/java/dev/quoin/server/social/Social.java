// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.maintainers.Maintainer;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.redis.Throttle;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** The parts of the social network, put together once for all its services. */
public final class Social {
  private static final Duration SWEEP = Duration.ofSeconds(1);
  private static final int DELIVERIES = 256;
  private static final int ENDINGS = 100;
  private static final int LOOKS = 100;

  private final Kernel kernel;
  private final Keyspace keyspace;
  private final Values values;
  private final Tickets tickets;
  private final Outbox outbox;
  private final Logins logins;
  private final Listed listed;
  private final UserStore users;
  private final GraphStore graph;
  private final Followers followers;
  private final Deliveries deliveries;
  private final Throttle throttle = new Throttle(DELIVERIES);

  /** What waits for things that are throttled must not be throttled with them. */
  private final Throttle ends = new Throttle(ENDINGS);

  /** Callers do not wait behind deliveries. */
  private final Throttle looks = new Throttle(LOOKS);

  private final FanOut fanOut;
  private final Refills refills;
  private final Pages pages;
  private final Posting posting;
  private final HomeReader homes;
  private final ProfileReader profiles;
  private final EdgeTasks edges = new EdgeTasks(this);
  private final StatusTasks statuses;
  private final BlockStore blocks;
  private final GroupStore groups;
  private final ListStore lists;
  private final Reactions reactions;
  private final Places places;
  private final Discovery discovery;
  private final SeenStore seen;
  private final ReportStore reports;
  private final UserEnd endings;

  /**
   * @param sink is told of statuses, if the settings say so
   */
  public Social(Kernel kernel, StatusSink sink) {
    this.kernel = kernel;
    this.keyspace = kernel.keyspace("social");
    Scripts scripts = kernel.scripts();
    this.values = new Values(scripts, keyspace);
    this.tickets = new Tickets(scripts, WorkKeys.of(keyspace));
    this.outbox = new Outbox(scripts, keyspace, tickets, kernel.timer());
    this.logins = new Logins(scripts, keyspace, values);
    this.listed = new Listed(scripts, keyspace, tickets);
    this.users = new UserStore(scripts, keyspace, tickets, outbox, values, logins, listed);
    this.graph = new GraphStore(scripts, keyspace, tickets, outbox);
    this.followers = new Followers(scripts, keyspace);
    this.deliveries = new Deliveries(scripts, keyspace);
    this.fanOut = new FanOut(followers, deliveries, throttle);
    this.refills = new Refills(scripts, keyspace, followers, throttle, mostFollowed());
    this.groups = new GroupStore(scripts, keyspace, this);
    this.pages = new Pages(values, graph, groups);
    this.posting = new Posting(scripts, keyspace, tickets, outbox, logins, values, pages);
    this.homes = new HomeReader(scripts, keyspace, refills, outbox, tickets);
    this.profiles = new ProfileReader(scripts, keyspace, refills, values);
    this.statuses = new StatusTasks(this, kernel.settings().socialFeeds() ? sink : null);
    this.blocks = new BlockStore(scripts, keyspace, this);
    this.lists = new ListStore(scripts, keyspace, this);
    this.reactions = new Reactions(scripts, keyspace, this);
    this.places = new Places(scripts, keyspace, this);
    this.discovery = new Discovery(scripts, keyspace, this);
    this.seen = new SeenStore(scripts, keyspace);
    this.reports = new ReportStore(scripts, keyspace, this);
    this.endings = new UserEnd(this, scripts);
    outbox.handler(this::handle);
  }

  private CompletionStage<?> handle(Outbox.Task task) {
    return switch (task.kind()) {
      case "p" -> statuses.posted(task, true);
      case "s" -> statuses.posted(task, false);
      case "d" -> statuses.unposted(task);
      case "h" -> statuses.hidden(task);
      case "f" -> edges.followed(task);
      case "u" -> edges.unfollowed(task);
      case "m" -> edges.merge(task);
      case "b" -> edges.split(task);
      case "k" -> blocks.blocked(task);
      case "j" -> blocks.unblocked(task);
      case "n" -> users.loginChanged(task);
      case "x" -> endings.run(task);
      case "o" -> profiles.archive(task);
      case "r" -> refills.refill(task.owner());
      default -> throw new IllegalStateException("unknown entry of an outbox: " + task.words());
    };
  }

  /** Has outboxes worked off that a server left behind. */
  void sweep() {
    new Maintainer(
            kernel.scripts(),
            keyspace,
            kernel.meter(),
            "outboxes",
            kernel.queues().server(),
            SWEEP,
            outbox::sweep)
        .start(kernel.timer());
  }

  int mostFollowed() {
    return kernel.settings().socialMaxFollowing();
  }

  int mergeFollowers() {
    return kernel.settings().socialMergeFollowers();
  }

  int bucketFollowers() {
    return kernel.settings().socialBucketFollowers();
  }

  Keyspace keyspace() {
    return keyspace;
  }

  Values values() {
    return values;
  }

  Tickets tickets() {
    return tickets;
  }

  Outbox outbox() {
    return outbox;
  }

  Logins logins() {
    return logins;
  }

  Listed listed() {
    return listed;
  }

  UserStore users() {
    return users;
  }

  GraphStore graph() {
    return graph;
  }

  Followers followers() {
    return followers;
  }

  Deliveries deliveries() {
    return deliveries;
  }

  Throttle throttle() {
    return throttle;
  }

  Throttle ends() {
    return ends;
  }

  Throttle looks() {
    return looks;
  }

  FanOut fanOut() {
    return fanOut;
  }

  Refills refills() {
    return refills;
  }

  Pages pages() {
    return pages;
  }

  UserEnd endings() {
    return endings;
  }

  Posting posting() {
    return posting;
  }

  /**
   * The log of a timeline.
   *
   * @param watch beginning of its keys
   */
  TimelineLog log(RequestContext scope, String watch) {
    return new TimelineLog(kernel.scripts(), scope, watch);
  }

  GroupStore groups() {
    return groups;
  }

  ListStore lists() {
    return lists;
  }

  Reactions reactions() {
    return reactions;
  }

  Places places() {
    return places;
  }

  Discovery discovery() {
    return discovery;
  }

  SeenStore seen() {
    return seen;
  }

  ReportStore reports() {
    return reports;
  }

  BlockStore blocks() {
    return blocks;
  }

  ProfileReader profiles() {
    return profiles;
  }

  HomeReader homes() {
    return homes;
  }

  StatusTasks statusTasks() {
    return statuses;
  }
}
