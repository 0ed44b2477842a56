// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Gives out ids, and notes in the same step whose outbox is about to be written. Calls that come
 * while a step is under way share the next one.
 */
final class Tickets {
  private static final LuaScript BEGIN = LuaScript.load("social/begin");
  private static final RequestContext EVERYWHERE = new RequestContext("-", null);
  private static final int MOST_AT_ONCE = 500;
  private static final long NUMBERS = 1_000_000;

  private final Scripts scripts;
  private final WorkKeys keys;
  private final List<Waiting> waiting = new ArrayList<>();
  private boolean underWay;

  private record Waiting(Ref owner, boolean wantsId, CompletableFuture<Long> id) {}

  Tickets(Scripts scripts, WorkKeys keys) {
    this.scripts = scripts;
    this.keys = keys;
  }

  /** When an id was given out, in ms. */
  static long millis(long id) {
    return id / NUMBERS;
  }

  /** A new id, greater than all before: the time in ms and six digits. */
  CompletionStage<Long> next() {
    return begin(null, true);
  }

  /** A new id for something that writes an outbox within the next 45 seconds. */
  CompletionStage<Long> next(Ref owner) {
    return begin(owner, true);
  }

  /** Notes that an outbox is about to be written. */
  CompletionStage<Long> note(Ref owner) {
    return begin(owner, false);
  }

  private CompletionStage<Long> begin(Ref owner, boolean wantsId) {
    Waiting own = new Waiting(owner, wantsId, new CompletableFuture<>());
    synchronized (waiting) {
      waiting.add(own);
      if (underWay) {
        return own.id();
      }
      underWay = true;
    }
    send();
    return own.id();
  }

  private void send() {
    List<Waiting> batch;
    synchronized (waiting) {
      if (waiting.isEmpty()) {
        underWay = false;
        return;
      }
      List<Waiting> first = waiting.subList(0, Math.min(waiting.size(), MOST_AT_ONCE));
      batch = List.copyOf(first);
      first.clear();
    }
    long ids = batch.stream().filter(Waiting::wantsId).count();
    Object[] arguments =
        Arguments.of(ids)
            .addAll(
                batch.stream()
                    .filter(one -> one.owner() != null)
                    .map(one -> one.owner().text())
                    .distinct()
                    .toList())
            .toArray();
    scripts
        .run(BEGIN, EVERYWHERE, new String[] {keys.last(), keys.due(), keys.noted()}, arguments)
        .whenComplete(
            (reply, failure) -> {
              send();
              if (failure != null) {
                batch.forEach(one -> one.id().completeExceptionally(failure));
                return;
              }
              long next = Long.parseLong(reply.text()) * NUMBERS + reply.integer();
              for (Waiting one : batch) {
                one.id().complete(one.wantsId() ? next++ : 0);
              }
            });
  }
}
