// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Up to where users have seen their home timelines. */
final class SeenStore {
  private static final LuaScript MARK = LuaScript.load("social/mark_seen");
  private static final LuaScript UNREAD = LuaScript.load("social/unread");

  private final Scripts scripts;
  private final Keyspace keyspace;

  SeenStore(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  record Unread(long count, long seen) {}

  /** Notes that a status was seen; answers the newest one that was. */
  CompletionStage<Long> mark(RequestContext scope, Ref user, long status) {
    return scripts
        .run(MARK, scope, UserKeys.of(keyspace, user).keys("user", "seen"), Entry.position(status))
        .thenApply(reply -> Long.parseLong(reply.text()));
  }

  CompletionStage<Unread> unread(RequestContext scope, Ref user) {
    return scripts
        .run(UNREAD, scope, UserKeys.of(keyspace, user).keys("user", "seen", "home", "merged"))
        .thenCompose(
            reply -> {
              if (!reply.flag()) {
                throw Values.noUser(user.id());
              }
              String seen = reply.text();
              long own = reply.integer();
              List<CompletionStage<Long>> merged = new ArrayList<>();
              while (reply.hasMore()) {
                merged.add(newer(scope, user.other(reply.text()), seen));
              }
              return Futures.each(merged)
                  .thenApply(
                      counts -> {
                        long all = own + counts.stream().mapToLong(Long::longValue).sum();
                        return new Unread(
                            Math.min(Deliveries.HOME, all),
                            seen.isEmpty() ? 0 : Long.parseLong(seen));
                      });
            });
  }

  private CompletionStage<Long> newer(RequestContext scope, Ref author, String seen) {
    String key = UserKeys.of(keyspace, author).key("posts");
    var range =
        seen.isEmpty()
            ? io.lettuce.core.Range.<byte[]>unbounded()
            : io.lettuce.core.Range.from(
                io.lettuce.core.Range.Boundary.excluding((seen + ";").getBytes()),
                io.lettuce.core.Range.Boundary.<byte[]>unbounded());
    return scripts.redis().call(scope, commands -> commands.zlexcount(key, range), late -> {});
  }
}
