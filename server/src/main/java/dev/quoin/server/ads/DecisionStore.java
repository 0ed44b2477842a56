// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Once;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Decisions in Redis, and what becomes of them. */
final class DecisionStore {
  private static final LuaScript DECIDE = LuaScript.load("ads/decide");
  private static final LuaScript EXPLAIN = LuaScript.load("ads/explain");
  private static final LuaScript REPORT = LuaScript.load("ads/report");
  private static final LuaScript SWEEP = LuaScript.load("ads/sweep");

  private final Scripts scripts;
  private final Keyspace keyspace;

  DecisionStore(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /**
   * What is to be decided.
   *
   * @param known the revision up to which the candidates are right
   * @param order in which they are tried, as places from 0 on
   * @param more whether there are further candidates, so that too few are no answer
   */
  record Question(
      Catalogue catalogue,
      long known,
      PageRequest page,
      String viewer,
      List<Candidate> candidates,
      List<Integer> order,
      boolean more,
      String id,
      Once once) {

    /** Tries candidates as they are ranked. */
    static List<Integer> ranked(int count) {
      return IntStream.range(0, count).boxed().toList();
    }
  }

  /** A candidate that won. */
  record Winner(String ad, double ecpm, long price, String creative) {}

  /**
   * A candidate that cannot be shown, by its place, and the number of the reason.
   *
   * @param cap that is reached, empty for another reason
   */
  record Loser(int place, int reason, String cap) {}

  /**
   * What was decided.
   *
   * @param fresh false when the candidates were not those of the network as it is
   * @param id of the decision, which is that of the first one when the request is repeated
   */
  record Decided(
      boolean fresh, long revision, String id, List<Winner> winners, List<Loser> losers) {}

  /**
   * How a candidate would fare.
   *
   * @param reason 0 when it can be shown
   * @param seen how many views count within each of its caps
   * @param ofCampaign null when it has none
   */
  record Explained(
      boolean wins, int reason, long price, String seen, Money ofAd, Money ofCampaign) {}

  /** What became of an event. */
  record Reported(int outcome, byte[] creative) {}

  CompletionStage<Decided> decide(RequestContext scope, String network, Question question) {
    AdKeys keys = AdKeys.of(keyspace, scope.namespace(), network);
    String[] used = {
      keys.head(),
      keys.changes(),
      keys.money(),
      keys.open(),
      keys.deadlines(),
      keys.viewer(question.viewer()),
      keys.totals(),
      keys.creatives(),
      keys.request(question.once().id())
    };
    Catalogue catalogue = question.catalogue();
    Arguments arguments =
        Arguments.of(
            question.once().digest(),
            catalogue.epoch(),
            question.known(),
            question.id(),
            question.page().count(),
            catalogue.config().windowMillis(),
            catalogue.config().holdMillis(),
            catalogue.config().increment(),
            question.order().stream()
                .map(place -> Integer.toString(place + 1))
                .collect(Collectors.joining(" ")),
            question.more() ? 1 : 0);
    question.candidates().forEach(c -> arguments.add(c.text(catalogue, question.page())));
    return scripts.run(DECIDE, scope, used, arguments.toArray()).thenApply(DecisionStore::decided);
  }

  private static Decided decided(Reply reply) {
    boolean fresh = reply.flag();
    long revision = reply.integer();
    String id = reply.text();
    int won = reply.count();
    List<Winner> winners = new ArrayList<>();
    List<Loser> losers = new ArrayList<>();
    while (reply.hasMore()) {
      int place = reply.count() - 1;
      long value = reply.integer();
      String ad = reply.text();
      double ecpm = reply.real() / Candidate.THOUSANDTHS;
      String creative = StoredAd.creative(reply.bytes());
      if (winners.size() < won) {
        winners.add(new Winner(ad, ecpm, value, creative));
      } else {
        losers.add(new Loser(place, (int) value, ad));
      }
    }
    return new Decided(fresh, revision, id, winners, losers);
  }

  CompletionStage<List<Explained>> explain(
      RequestContext scope,
      String network,
      Catalogue catalogue,
      PageRequest page,
      String viewer,
      List<Candidate> candidates) {
    AdKeys keys = AdKeys.of(keyspace, scope.namespace(), network);
    Arguments arguments =
        Arguments.of(
            page.count(), catalogue.config().windowMillis(), catalogue.config().increment());
    candidates.forEach(candidate -> arguments.add(candidate.text(catalogue, page)));
    return scripts
        .run(EXPLAIN, scope, new String[] {keys.money(), keys.viewer(viewer)}, arguments.toArray())
        .thenApply(
            reply -> {
              List<Explained> all = new ArrayList<>();
              while (reply.hasMore()) {
                all.add(
                    new Explained(
                        reply.flag(),
                        reply.count(),
                        reply.integer(),
                        reply.text(),
                        Money.parse(reply.bytes()),
                        Money.parse(reply.bytes())));
              }
              return all;
            });
  }

  /**
   * Counts an event.
   *
   * @param event 1 for a view, 2 for a click, 4 for an action
   * @param ad empty for all of the decision
   */
  CompletionStage<Reported> report(
      RequestContext scope, String network, TargetToken token, int event, String ad) {
    AdKeys keys = AdKeys.of(keyspace, scope.namespace(), network);
    String[] used = {
      keys.head(),
      keys.changes(),
      keys.open(),
      keys.deadlines(),
      keys.viewer(token.viewer()),
      keys.counts(),
      keys.learned(),
      keys.words(),
      keys.totals(),
      keys.creatives(),
      keys.money(),
      keys.stats("")
    };
    return scripts
        .run(REPORT, scope, used, token.id(), event, ad)
        .thenApply(reply -> new Reported(reply.count(), reply.bytes()));
  }

  /** Ends decisions whose time is over; returns how many. */
  CompletionStage<Integer> sweep(RequestContext scope, String network, int most) {
    AdKeys keys = AdKeys.of(keyspace, scope.namespace(), network);
    return scripts
        .run(
            SWEEP,
            scope,
            new String[] {keys.head(), keys.changes(), keys.money(), keys.open(), keys.deadlines()},
            most)
        .thenApply(Reply::count);
  }
}
