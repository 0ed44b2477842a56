// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.names;

import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Paging;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The names in use of one feature, in byte order, so that they can be listed. The things named live
 * in slots of their own; a name is recorded when this server first sees it used and every hour or
 * so after that, so that using a thing stays one step. What Redis has lost is listed again as late.
 * Names not recorded for long are forgotten; of more than {@value #LIMIT} the ones recorded longest
 * ago.
 */
public final class NameIndex {
  static final int LIMIT = 1_000_000;

  /** How many names are recorded in one step. */
  static final int MOST_AT_ONCE = 500;

  private static final long FOR_EVER = 0;
  private static final int CACHED = 100_000;
  private static final Duration LONGEST_PERIOD = Duration.ofHours(1);
  private static final LuaScript RECORD = LuaScript.load("names/record");
  private static final LuaScript LIST = LuaScript.load("names/list");
  private static final LuaScript FORGET = LuaScript.load("names/forget");

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final String variant;
  private final long keepMillis;
  private final long periodNanos;
  private volatile Recorded recorded = new Recorded();

  /** The names recorded since a moment, by namespace and name. */
  private static final class Recorded {
    final long begin = System.nanoTime();
    final Set<String> names = ConcurrentHashMap.newKeySet();
  }

  /**
   * A page of names.
   *
   * @param nextPageToken empty on the last page
   */
  public record Page(List<String> names, String nextPageToken) {}

  /**
   * @param keep how long a name is listed at least after its last use
   */
  public NameIndex(Scripts scripts, Keyspace keyspace, Duration keep) {
    this(scripts, keyspace, "", keep);
  }

  /**
   * @param variant letters and digits that tell several indexes of a feature apart
   * @param keep how long a name is listed at least after its last use
   */
  public NameIndex(Scripts scripts, Keyspace keyspace, String variant, Duration keep) {
    Duration quarter = keep.dividedBy(4);
    Duration period = quarter.compareTo(LONGEST_PERIOD) < 0 ? quarter : LONGEST_PERIOD;
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.variant = variant;
    this.periodNanos = period.toNanos();
    // The last use may be a period later than the last time the name was recorded.
    this.keepMillis = keep.plus(period).plus(period).toMillis();
  }

  /**
   * Sees to it that a name is listed once a change of the thing it names is done, unless the change
   * fails. Costs nothing for a name recorded not long ago.
   *
   * @return the change; when the name has to be recorded, the change and after it that
   */
  public <T> CompletionStage<T> record(
      RequestContext scope, String name, CompletionStage<T> change) {
    if (isRecorded(scope.namespace(), name)) {
      return change;
    }
    return change.thenCompose(result -> add(scope, name).thenApply(done -> result));
  }

  /** Whether this server has recorded a name not long ago. */
  public boolean isRecorded(String namespace, String name) {
    return current().names.contains(namespace + ' ' + name);
  }

  /** Lists a name that is known to be new, or not to be listed. */
  public CompletionStage<Void> add(RequestContext scope, String name) {
    Recorded now = current();
    return list(scope, List.of(name), keepMillis)
        .thenAccept(listed -> now.names.add(scope.namespace() + ' ' + name));
  }

  /** Lists a name until it is forgotten. */
  public CompletionStage<Void> addForEver(RequestContext scope, String name) {
    return list(scope, List.of(name), FOR_EVER);
  }

  /**
   * Lists names.
   *
   * @param names at most {@value #MOST_AT_ONCE}
   * @param millis for which they are listed at least
   */
  CompletionStage<Void> list(RequestContext scope, List<String> names, long millis) {
    NameIndexKeys keys = NameIndexKeys.of(keyspace, scope.namespace(), variant);
    Object[] arguments = Arguments.of(LIMIT, millis).addAll(names).toArray();
    return scripts
        .run(RECORD, scope, new String[] {keys.order(), keys.seen()}, arguments)
        .thenAccept(reply -> {});
  }

  /** Takes a name out. Another server that used it a while ago will not list it again by itself. */
  public CompletionStage<Void> forget(RequestContext scope, String name) {
    recorded.names.remove(scope.namespace() + ' ' + name);
    NameIndexKeys keys = NameIndexKeys.of(keyspace, scope.namespace(), variant);
    return scripts
        .run(FORGET, scope, new String[] {keys.order(), keys.seen()}, name)
        .thenAccept(reply -> recorded.names.remove(scope.namespace() + ' ' + name));
  }

  /** The names that begin with a prefix, in byte order, from where a page token says. */
  public CompletionStage<Page> list(
      RequestContext scope, String prefix, int pageSize, String pageToken) {
    Paging paging = Paging.of(scope, pageSize, pageSize, pageToken, prefix);
    NameIndexKeys keys = NameIndexKeys.of(keyspace, scope.namespace(), variant);
    return scripts
        .run(
            LIST,
            scope,
            new String[] {keys.order(), keys.seen()},
            prefix,
            paging.position(),
            paging.rows())
        .thenApply(reply -> page(reply, paging));
  }

  private static Page page(Reply reply, Paging paging) {
    List<String> names = new ArrayList<>();
    while (reply.hasMore()) {
      names.add(reply.text());
    }
    Paging.Page<String> page = paging.page(names, name -> name);
    return new Page(page.rows(), page.nextPageToken());
  }

  private Recorded current() {
    Recorded now = recorded;
    if (System.nanoTime() - now.begin > periodNanos || now.names.size() > CACHED) {
      now = new Recorded();
      recorded = now;
    }
    return now;
  }
}
