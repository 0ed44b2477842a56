// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import com.google.protobuf.util.Durations;
import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.Budget;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.Pacing;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.Tokens;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.zip.CRC32;

/** The catalogue of networks in Redis: ads, budgets, settings, and what has changed in them. */
final class AdStore {
  private static final LuaScript PUT_NETWORK = LuaScript.load("ads/put_network");
  private static final LuaScript GET_NETWORK = LuaScript.load("ads/get_network");
  private static final LuaScript PUT_AD = LuaScript.load("ads/put_ad");
  private static final LuaScript REMOVE_AD = LuaScript.load("ads/remove_ad");
  private static final LuaScript GET_AD = LuaScript.load("ads/get_ad");
  private static final LuaScript LIST_ADS = LuaScript.load("ads/list_ads");
  private static final LuaScript SET_BUDGET = LuaScript.load("ads/set_budget");
  private static final LuaScript CHANGES = LuaScript.load("ads/changes");
  private static final LuaScript REBUILD = LuaScript.load("ads/rebuild");
  private static final LuaScript STATS = LuaScript.load("ads/stats");
  static final int MOST_ADS = 200_000;
  private static final int PAGE = 500;
  private static final int PAGE_BYTES = 1 << 20;
  private static final int MINUTES = 60;

  private final Scripts scripts;
  private final Keyspace keyspace;

  AdStore(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /** Settings as they were given, and how many ads there are. */
  record Network(byte[] settings, long ads) {}

  /**
   * Whether an ad was stored, and the version it has.
   *
   * @param version {@link #OTHER_WORDS} when the network finds words in another way by now
   */
  record Put(boolean stored, long version) {}

  static final long OTHER_WORDS = -1;

  /** An ad with all that is kept with it. */
  record Found(Ad ad, String[] words, byte[] budget) {}

  /** Ads, and whether more follow. */
  record Listed(boolean more, List<Ad> ads) {}

  AdKeys keys(RequestContext scope, String network) {
    return AdKeys.of(keyspace, scope.namespace(), network);
  }

  CompletionStage<Void> putNetwork(RequestContext scope, String network, NetworkConfig config) {
    AdKeys keys = keys(scope, network);
    NetworkSettings settings = config.settings();
    return scripts
        .run(
            PUT_NETWORK,
            scope,
            new String[] {keys.head(), keys.changes()},
            Tokens.next(),
            settings.toByteArray(),
            Durations.toMillis(settings.getDecayHalfLife()),
            settings.getLearningInterval(),
            config.windowMillis(),
            config.holdMillis(),
            settings.getMaxAds(),
            settings.getAnalyzer())
        .thenApply(done -> null);
  }

  CompletionStage<Network> network(RequestContext scope, String network) {
    AdKeys keys = keys(scope, network);
    return scripts
        .run(GET_NETWORK, scope, new String[] {keys.head(), keys.ids()})
        .thenApply(reply -> new Network(reply.bytes(), reply.integer()));
  }

  CompletionStage<Put> put(
      RequestContext scope, String network, Ad ad, Collection<String> words, String analyzer) {
    AdKeys keys = keys(scope, network);
    String[] used = {
      keys.head(),
      keys.changes(),
      keys.removed(),
      keys.ids(),
      keys.ads(),
      keys.words(),
      keys.counts(),
      keys.learned(),
      keys.creatives(),
      keys.campaigns()
    };
    return scripts
        .run(
            PUT_AD,
            scope,
            used,
            Tokens.next(),
            ad.getId(),
            ad.getVersion(),
            StoredAd.record(ad),
            StoredAd.words(words),
            StoredAd.creative(ad),
            ad.getCampaign(),
            MOST_ADS,
            analyzer)
        .thenApply(reply -> new Put(reply.flag(), reply.integer()));
  }

  CompletionStage<Boolean> remove(RequestContext scope, String network, String ad) {
    AdKeys keys = keys(scope, network);
    String[] used = {
      keys.head(),
      keys.changes(),
      keys.removed(),
      keys.ids(),
      keys.ads(),
      keys.words(),
      keys.counts(),
      keys.learned(),
      keys.creatives(),
      keys.budgets(),
      keys.money(),
      keys.totals(),
      keys.stats("")
    };
    return scripts.run(REMOVE_AD, scope, used, ad).thenApply(Reply::flag);
  }

  CompletionStage<Found> get(RequestContext scope, String network, String ad) {
    AdKeys keys = keys(scope, network);
    String[] used = {keys.ads(), keys.creatives(), keys.words(), keys.budgets()};
    return scripts
        .run(GET_AD, scope, used, ad)
        .thenApply(
            reply ->
                new Found(
                    StoredAd.parse(reply.bytes(), reply.bytes()),
                    StoredAd.words(reply.text()),
                    reply.bytes()));
  }

  /** Ads in the order of their ids, so many at most, from after one. */
  CompletionStage<Listed> list(RequestContext scope, String network, String after, int most) {
    AdKeys keys = keys(scope, network);
    return scripts
        .run(
            LIST_ADS,
            scope,
            new String[] {keys.ids(), keys.ads(), keys.creatives()},
            after,
            most,
            PAGE_BYTES)
        .thenApply(
            reply -> {
              boolean more = reply.flag();
              List<Ad> ads = new ArrayList<>();
              while (reply.hasMore()) {
                ads.add(StoredAd.parse(reply.bytes(), reply.bytes()));
              }
              return new Listed(more, ads);
            });
  }

  /**
   * Sets a budget.
   *
   * @param ad empty for the budget of a campaign
   */
  CompletionStage<Void> setBudget(
      RequestContext scope, String network, String ad, String campaign, Budget budget) {
    AdKeys keys = keys(scope, network);
    String[] used = {
      keys.head(),
      keys.changes(),
      keys.ads(),
      keys.campaigns(),
      keys.budgets(),
      keys.money(),
      keys.stats("")
    };
    return scripts
        .run(
            SET_BUDGET,
            scope,
            used,
            Tokens.next(),
            ad,
            campaign,
            budget.toByteArray(),
            budget.hasDailyMicros() ? budget.getDailyMicros() : -1,
            budget.hasTotalMicros() ? budget.getTotalMicros() : -1,
            budget.getPacing() == Pacing.PACING_EVEN ? 1 : 0,
            minute(ad.isEmpty() ? campaign : ad),
            MOST_ADS)
        .thenApply(done -> null);
  }

  /** The minute of the hour at which an hourly share begins, so that not all begin at once. */
  static int minute(String name) {
    CRC32 hash = new CRC32();
    hash.update(name.getBytes(StandardCharsets.UTF_8));
    return (int) (hash.getValue() % MINUTES);
  }

  CompletionStage<ChangedThings> changes(RequestContext scope, String network, long since) {
    AdKeys keys = keys(scope, network);
    String[] used = {
      keys.head(),
      keys.changes(),
      keys.ads(),
      keys.words(),
      keys.learned(),
      keys.budgets(),
      keys.money()
    };
    return scripts.run(CHANGES, scope, used, since, PAGE, PAGE_BYTES).thenApply(ChangedThings::of);
  }

  /** Gives an ad its words anew, if it still has the version. */
  CompletionStage<Boolean> rebuild(
      RequestContext scope, String network, Ad ad, Collection<String> words) {
    AdKeys keys = keys(scope, network);
    String[] used = {
      keys.head(), keys.changes(), keys.ads(), keys.words(), keys.counts(), keys.learned()
    };
    return scripts
        .run(REBUILD, scope, used, ad.getId(), ad.getVersion(), StoredAd.words(words))
        .thenApply(Reply::flag);
  }

  /** The figures of an ad ("a"), a campaign ("c") or, with an empty id, the network ("n"). */
  CompletionStage<Figures> stats(RequestContext scope, String network, String kind, String id) {
    AdKeys keys = keys(scope, network);
    String[] used = {
      keys.counts(), keys.totals(), keys.budgets(), keys.money(), keys.words(), keys.learned()
    };
    return scripts.run(STATS, scope, used, kind, id).thenApply(Figures::of);
  }
}
