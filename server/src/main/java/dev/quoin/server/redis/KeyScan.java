// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.server.errors.InvalidRequest;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the names of entities by their keys, one page at a time, without an index: it walks through
 * all keys of Redis, node after node.
 *
 * <p>A page looks at {@value #LOOKED_AT} keys at most, whatever they are, so it may be short or
 * empty although more pages follow. A name that exists all the time is found; one may be found
 * twice. A position is good for the nodes it was made for.
 */
public final class KeyScan {
  /** How many keys a page looks at, give or take one step. */
  public static final int LOOKED_AT = 20_000;

  private static final int LOOKED_AT_ONCE = 1_000;
  private static final String BEGIN = "0";
  private static final Pattern POSITION =
      Pattern.compile(
          "([0-9a-f]+)\\.(\\d{1,5})\\.(\\d{1,19})(?:\\.(\\d{1,20})\\.(.*))?", Pattern.DOTALL);

  /**
   * Some names.
   *
   * @param names without an order
   * @param next position of the next page, empty when there is none
   */
  public record Page(List<String> names, String next) {}

  private final Redis redis;
  private final Scope scope;
  private final String pattern;
  private final int size;
  private final List<Redis.Shard> shards;
  private final Set<String> names = new LinkedHashSet<>();
  private int shard;
  private String cursor = BEGIN;
  private int atOnce;
  private int lookedAt;

  /** When one step finds more than a page takes: where the step ended and the last name taken. */
  private String stepEnd = "";

  private String lastTaken = "";

  private KeyScan(Redis redis, Scope scope, String pattern, int size) {
    this.redis = redis;
    this.scope = scope;
    this.pattern = pattern;
    this.size = size;
    this.shards = redis.shards();
    this.atOnce = Math.min(size, LOOKED_AT_ONCE);
  }

  /**
   * The names that begin with a prefix and have a key of this part.
   *
   * @param position where to go on, empty for the beginning
   * @param size how many names to find at most
   */
  public static CompletionStage<Page> page(
      Redis redis,
      Scope scope,
      Keyspace keyspace,
      String namePrefix,
      String part,
      String position,
      int size) {
    String pattern = keyspace.pattern(scope.namespace(), namePrefix, part);
    KeyScan scan = new KeyScan(redis, scope, pattern, size);
    if (!position.isEmpty()) {
      scan.goTo(position);
    }
    return scan.step();
  }

  private CompletionStage<Page> step() {
    if (shard == shards.size()) {
      return CompletableFuture.completedFuture(new Page(List.copyOf(names), ""));
    }
    if (names.size() >= size || lookedAt >= LOOKED_AT) {
      return page(position());
    }
    ScanCursor from = ScanCursor.of(cursor);
    ScanArgs how = ScanArgs.Builder.matches(pattern).limit(atOnce);
    return redis
        .call(
            scope,
            any -> shards.get(shard).commands().thenCompose(node -> node.scan(from, how)),
            late -> {})
        .thenCompose(this::take);
  }

  private CompletionStage<Page> take(KeyScanCursor<String> reply) {
    lookedAt += atOnce;
    Set<String> found = new TreeSet<>();
    reply.getKeys().forEach(key -> found.add(Keyspace.nameOf(key)));
    if (reply.getCursor().equals(stepEnd)) {
      found.removeIf(name -> name.compareTo(lastTaken) <= 0);
    }
    stepEnd = "";
    if (found.size() <= size - names.size()) {
      names.addAll(found);
      atOnce = Math.min(atOnce * 2, LOOKED_AT_ONCE);
      shard += reply.isFinished() ? 1 : 0;
      cursor = reply.isFinished() ? BEGIN : reply.getCursor();
      return step();
    }
    if (!names.isEmpty()) {
      return page(position());
    }
    if (atOnce > 1) {
      atOnce = atOnce / 2;
      return step();
    }
    new ArrayList<>(found).subList(0, size).forEach(names::add);
    String last = new ArrayList<>(names).get(names.size() - 1);
    return page(position() + '.' + reply.getCursor() + '.' + last);
  }

  private CompletionStage<Page> page(String next) {
    return CompletableFuture.completedFuture(new Page(List.copyOf(names), next));
  }

  /** Nodes, node, cursor; and, when the page ends within one step, that step's end and a name. */
  private String position() {
    return nodes() + '.' + shard + '.' + cursor;
  }

  private String nodes() {
    StringBuilder ids = new StringBuilder();
    shards.forEach(node -> ids.append(node.id()).append(' '));
    return Integer.toHexString(ids.toString().hashCode());
  }

  private void goTo(String position) {
    Matcher parts = POSITION.matcher(position);
    if (!parts.matches() || !parts.group(1).equals(nodes())) {
      throw InvalidRequest.of(
          "page_token", "is of a list that began on other nodes of Redis: begin the list again");
    }
    shard = Math.min(Integer.parseInt(parts.group(2)), shards.size());
    cursor = parts.group(3);
    if (parts.group(4) != null) {
      stepEnd = parts.group(4);
      lastTaken = parts.group(5);
      atOnce = 1;
    }
  }
}
