// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Reply;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/**
 * The hour, by the clocks of Redis. Each node has one of its own, and they need not agree: what a
 * node answered is the hour for the next try there, whatever other nodes have answered meanwhile.
 */
final class Hours {
  /** More tries than hours can end meanwhile. */
  private static final int TRIES = 3;

  private volatile long toldLast;

  /**
   * @param hour that is taken for the current one until Redis says otherwise
   */
  Hours(long hour) {
    this.toldLast = hour;
  }

  /**
   * What a node answered.
   *
   * @param current the hour it is there
   * @param reply what follows the hour
   */
  record Told(long current, Reply reply) {}

  /** What nodes answered for the same hour. */
  record AllTold(long hour, List<Told> answers) {}

  /** Something that is asked of a node for an hour. */
  interface Question {
    CompletionStage<Reply> ask(int node, Window window, long hour);
  }

  /** Runs a script for the hour that is meant by the clock of the node where it runs. */
  CompletionStage<Told> ask(Window window, LongFunction<CompletionStage<Reply>> script) {
    return ask(window, script, toldLast, TRIES);
  }

  private CompletionStage<Told> ask(
      Window window, LongFunction<CompletionStage<Reply>> script, long current, int tries) {
    return script
        .apply(window.at(current))
        .thenCompose(
            reply -> {
              long told = reply.integer();
              if (window.isGiven() || reply.hasMore() || told == current) {
                return CompletableFuture.completedFuture(new Told(told, reply));
              }
              toldLast = told;
              return tries > 1
                  ? ask(window, script, told, tries - 1)
                  : CompletableFuture.failedFuture(
                      ApiException.storeUnavailable("the clock of Redis changes"));
            });
  }

  /**
   * Asks several nodes for the same hour. Where an hour has ended for some of them only, it has
   * ended for all: they are asked once more, for that hour.
   */
  CompletionStage<AllTold> askAll(Window window, int nodes, Question question) {
    List<CompletableFuture<Told>> answers =
        IntStream.range(0, nodes)
            .mapToObj(node -> ask(window, hour -> question.ask(node, window, hour)))
            .map(CompletionStage::toCompletableFuture)
            .toList();
    return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            done -> {
              List<Told> told = answers.stream().map(answer -> answer.getNow(null)).toList();
              long[] hours =
                  told.stream().mapToLong(answer -> window.at(answer.current())).sorted().toArray();
              long latest = hours[hours.length - 1];
              return hours[0] == latest
                  ? CompletableFuture.completedFuture(new AllTold(latest, told))
                  : askAll(Window.of(latest), nodes, question);
            });
  }
}
