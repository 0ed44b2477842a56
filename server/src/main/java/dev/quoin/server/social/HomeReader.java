// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.Tokens;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Reads the timeline of a user or a list: what was written into it, with the profiles of authors
 * merged in that are not written to their followers. One that was not kept is rebuilt first.
 */
final class HomeReader {
  private static final LuaScript READ = LuaScript.load("social/home");
  private static final LuaScript WARM = LuaScript.load("social/warm");

  /** Being read, it is kept for longer once it has lost a day. */
  private static final long FRESH_MILLIS = Deliveries.WARM_MILLIS - 86_400_000;

  private static final long REBUILD_MILLIS = 100;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Refills refills;
  private final Outbox outbox;
  private final Tickets tickets;

  HomeReader(Scripts scripts, Keyspace keyspace, Refills refills, Outbox outbox, Tickets tickets) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.refills = refills;
    this.outbox = outbox;
    this.tickets = tickets;
  }

  /**
   * What stands in Redis.
   *
   * @param warm w when it is whole, r while it is rebuilt, empty when it is not kept
   * @param oldest what was older was left out; empty when nothing was
   * @param next where to read on, empty at the end
   */
  record Home(
      String warm,
      long leftMillis,
      String oldest,
      String next,
      List<String> merged,
      List<Entry> entries) {

    boolean isPartial() {
      return !warm.equals("w");
    }
  }

  /** What mentions a user, without those it mutes. */
  Pages.Source mentions(RequestContext scope, Ref user) {
    return (from, count) ->
        read(scope, user, "mentions", from, count)
            .thenApply(found -> new Pages.Read(found.entries(), found.next()));
  }

  CompletionStage<Home> read(RequestContext scope, Ref owner, String before, int count) {
    return read(scope, owner, "home", before, count);
  }

  private CompletionStage<Home> read(
      RequestContext scope, Ref owner, String part, String before, int count) {
    return scripts
        .run(
            READ,
            scope,
            UserKeys.of(keyspace, owner).keys("user", part, "warm", "merged", "mutes"),
            before,
            count,
            Deliveries.HOME)
        .thenApply(
            reply -> {
              if (!reply.flag()) {
                throw Values.noUser(owner.id());
              }
              String warm = reply.text();
              long left = reply.integer();
              String oldest = reply.text();
              String next = reply.text();
              int authors = reply.count();
              List<String> merged = new ArrayList<>();
              for (int i = 0; i < authors; i++) {
                merged.add(reply.text());
              }
              List<Entry> entries = new ArrayList<>();
              while (reply.hasMore()) {
                entries.add(new Entry(reply.text()));
              }
              return new Home(warm, left, oldest, next, merged, entries);
            });
  }

  /** Begins to read a timeline, which is kept from then on. */
  Opened open(RequestContext scope, Ref owner) {
    return new Opened(scope, owner);
  }

  /** Its entries with those of merged authors, the newest first. */
  final class Opened implements Pages.Source {
    private final RequestContext scope;
    private final Ref owner;
    private volatile boolean partial;

    private Opened(RequestContext scope, Ref owner) {
      this.scope = scope;
      this.owner = owner;
    }

    /** Whether it was being rebuilt when it was last read. */
    boolean isPartial() {
      return partial;
    }

    @Override
    public CompletionStage<Pages.Read> read(String from, int count) {
      return HomeReader.this
          .read(scope, owner, from, count)
          .thenCompose(
              home -> {
                if (home.warm().isEmpty()) {
                  return keep(scope, owner)
                      .thenCompose(kept -> HomeReader.this.read(scope, owner, from, count));
                }
                if (home.leftMillis() < FRESH_MILLIS) {
                  keep(scope, owner);
                }
                return CompletableFuture.completedFuture(home);
              })
          .thenCompose(
              home -> {
                partial = home.isPartial();
                return home.merged().isEmpty()
                    ? CompletableFuture.completedFuture(new Pages.Read(home.entries(), home.next()))
                    : merge(scope, owner, home, from, count);
              });
    }
  }

  private CompletionStage<Void> keep(RequestContext scope, Ref owner) {
    String token = Tokens.next();
    return tickets
        .note(owner)
        .thenCompose(
            noted ->
                scripts.run(
                    WARM,
                    scope.detached(),
                    UserKeys.of(keyspace, owner).keys("warm", "home", "outbox", "worker"),
                    Deliveries.WARM_MILLIS,
                    token,
                    Outbox.LEASE_MILLIS))
        .thenCompose(
            reply -> {
              boolean rebuilds = reply.flag();
              CompletableFuture<Void> enough = new CompletableFuture<>();
              if (reply.flag()) {
                outbox.drain(owner, token).thenAccept(enough::complete);
              }
              if (!rebuilds) {
                enough.complete(null);
              }
              scripts
                  .redis()
                  .timer()
                  .newTimeout(t -> enough.complete(null), REBUILD_MILLIS, TimeUnit.MILLISECONDS);
              return enough;
            });
  }

  private CompletionStage<Pages.Read> merge(
      RequestContext scope, Ref owner, Home home, String from, int count) {
    return Futures.each(
            home.merged().stream()
                .map(
                    author ->
                        refills.texts(
                            scope,
                            UserKeys.of(keyspace, owner.other(author)).key("posts"),
                            from,
                            count,
                            true))
                .toList())
        .thenApply(
            profiles -> {
              // What stands behind the last entry of a full read is not known yet.
              String known = home.next();
              List<Entry> all = new ArrayList<>(home.entries());
              for (List<String> profile : profiles) {
                // Where others are left out, those who are merged in are, too.
                profile.stream()
                    .filter(text -> text.compareTo(home.oldest()) >= 0)
                    .forEach(text -> all.add(new Entry(text)));
                if (profile.size() == count
                    && profile.get(count - 1).compareTo(home.oldest()) >= 0) {
                  String last = profile.get(count - 1);
                  known = known.compareTo(last) > 0 ? known : last;
                }
              }
              String floor = known;
              List<Entry> newest =
                  all.stream()
                      .filter(entry -> entry.text().compareTo(floor) >= 0)
                      .sorted(Comparator.reverseOrder())
                      .distinct()
                      .toList();
              return new Pages.Read(newest, known);
            });
  }
}
