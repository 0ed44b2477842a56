// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Scripts;
import java.util.concurrent.CompletionStage;

/**
 * Brings entries to timelines and takes them out: to homes, lists, groups, conversations, tags and
 * mentions all in the same way. Whether an entry is still wanted is decided in the slot of the
 * timeline, in the step that writes it.
 */
final class Deliveries {
  static final int HOME = 1_000;
  static final int SHARED = 10_000;
  static final long WARM_MILLIS = 30L * 86_400_000;

  private static final LuaScript DELIVER = LuaScript.load("social/deliver");

  private final Scripts scripts;
  private final Keyspace keyspace;

  Deliveries(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /** What is done with an entry. */
  enum Op {
    BRING("+"),
    TAKE_OUT("-"),
    MERGE_AUTHOR("m");

    final String code;

    Op(String code) {
      this.code = code;
    }
  }

  /** What became of it. */
  enum Outcome {
    NOT_WANTED,
    DONE,
    NOT_READ
  }

  /**
   * Where entries are brought to.
   *
   * @param entity beginning of its keys
   * @param edges key of what decides whether an author is wanted
   * @param timeline its own key
   * @param watch beginning of the keys for streams
   * @param condition if, unless or any
   * @param needsWarm whether it is only written while it is read
   */
  record Target(
      String entity,
      String edges,
      String timeline,
      String watch,
      String condition,
      boolean needsWarm,
      int most,
      long keepMillis) {}

  /** The timeline of a user, a list or a group, for those it follows or who are members. */
  Target home(Ref owner) {
    String entity = UserKeys.of(keyspace, owner).entity();
    return new Target(entity, "following", "home", "", "if", owner.kind() != Ref.GROUP, HOME, 0);
  }

  /** The timeline of a conversation. */
  Target conversation(Ref of) {
    return new Target(
        UserKeys.of(keyspace, of).entity(), "following", "posts", "", "any", false, SHARED, 0);
  }

  /** The timeline of a tag. */
  Target tag(Ref of) {
    return new Target(
        UserKeys.of(keyspace, of).entity(),
        "following",
        "posts",
        "",
        "any",
        false,
        SHARED,
        WARM_MILLIS);
  }

  /** What mentions a user, of those it does not block. */
  Target mentions(Ref user) {
    return new Target(
        UserKeys.of(keyspace, user).entity(),
        "blocks",
        "mentions",
        "mentions:",
        "unless",
        false,
        HOME,
        0);
  }

  CompletionStage<Outcome> deliver(Ref owner, Target target, Op op, Entry entry) {
    return scripts
        .run(
            DELIVER,
            owner.scope(),
            new String[] {
              target.entity() + target.edges(),
              target.entity() + target.timeline(),
              target.entity() + "warm",
              target.entity() + target.watch() + "watch",
              target.entity() + target.watch() + "events",
              target.entity() + "merged"
            },
            op.code,
            entry.author(),
            entry.text(),
            target.condition(),
            target.needsWarm() ? 1 : 0,
            target.most(),
            target.keepMillis())
        .thenApply(reply -> Outcome.values()[reply.count()]);
  }
}
