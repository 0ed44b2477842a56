// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.quoin.ads.v1.AdStats;
import dev.quoin.ads.v1.ClickCredit;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.ads.v1.WordStats;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.lettuce.core.ScriptOutputType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What events do to decisions. Without priors, so that the numbers can be worked out by hand. */
@Tag("redis")
final class LearningTest {
  private static final long BID = 1_000_000;

  private final Ads ads = Ads.at(TestServer.first());
  private final Ads elsewhere = Ads.at(TestServer.second());

  @BeforeEach
  void clear() {
    TestRedis.clear();
    ads.put(Ads.settings().setPriorViews(0).setDecayHalfLife(Ads.seconds(0)));
  }

  @Test
  void everyClickAndEveryHundredthViewIsLearnedFrom() {
    ads.put(Ads.cpc("a", BID));
    // One event in a thousand views, for want of anything better.
    assertThat(ads.ecpm("a")).isEqualTo(BID);
    ads.show(10, 1, 0);
    assertThat(elsewhere.ecpm("a")).isEqualTo(1000 * BID / 10);
    ads.show(89, 0, 0);
    assertThat(elsewhere.ecpm("a")).isEqualTo(1000 * BID / 10);
    ads.show(1, 0, 0);
    assertThat(elsewhere.ecpm("a")).isEqualTo(1000 * BID / 100);
    ads.show(25, 1, 0);
    assertThat(elsewhere.ecpm("a")).isEqualTo(1000 * BID * 2 / 125);
  }

  @Test
  void actionsCountForCpaAndClicksDoNot() {
    ads.put(Ads.cpa("a", BID));
    ads.show(50, 10, 2);
    assertThat(ads.ecpm("a")).isEqualTo(1000 * BID * 2 / 50);
    assertThat(ads.stats("a").getClicks()).isEqualTo(10);
  }

  /** The source counts an action as a click, too, because of a missing else. */
  @Test
  void defectAnActionIsNoClick() {
    ads.put(Ads.cpa("a", BID));
    TargetResponse decision = ads.target();
    ads.click(decision);
    ads.action(decision);

    AdStats stats = ads.stats("a");

    assertThat(stats.getClicks()).isEqualTo(1);
    assertThat(stats.getActions()).isEqualTo(1);
  }

  /** The source writes the counters of a pricing under one key and reads them under another. */
  @Test
  void defectAveragesSeeClicks() {
    ads.put(Ads.cpc("a", BID));
    ads.show(1_000, 5, 0);
    ads.put(Ads.cpc("new", BID));

    // 5 clicks in 1,000 views of CPC ads.
    assertThat(ads.ecpm("new")).isEqualTo(5 * BID);
    ads.put(Ads.cpa("other", BID));
    assertThat(ads.ecpm("other")).isEqualTo(BID);
  }

  /** The source keeps averages in one process: servers disagree, and a restart loses them. */
  @Test
  void defectAveragesAreThoseOfAllServers() {
    ads.put(Ads.cpc("a", BID));
    ads.show(1_000, 3, 0);
    ads.put(Ads.cpc("new", BID));

    assertThat(elsewhere.ecpm("new")).isEqualTo(3 * BID);
    try (TestServer restarted = TestServer.onSharedRedis()) {
      assertThat(Ads.at(restarted).ecpm("new")).isEqualTo(3 * BID);
    }
  }

  @Test
  void wordsAreLearnedAbout() {
    ads.put(Ads.cpc("a", BID).addWords("car").addWords("toy"));
    // 4 clicks in 10 views with one word, none in 10 with the other.
    ads.show(10, 4, 0, "car");
    ads.show(10, 0, 0, "toy");
    ads.show(1, 1, 0, "car");

    // The ad: 5 of 21. Car: 5 of 11. Toy: no click in 10, for which one in ten stands.
    assertThat(ads.candidate("a").getBaseEcpmMicros()).isEqualTo(Math.round(1e9 * 5 / 21));
    assertThat(ads.ecpm("a", "car")).isEqualTo(Math.round(1e9 * 5 / 11));
    assertThat(ads.ecpm("a", "toy")).isEqualTo(Math.round(1e9 / 10));
    // Both: the middle between their bonuses.
    assertThat(ads.ecpm("a", "toy", "car"))
        .isCloseTo(Math.round(1e9 * (5.0 / 11 + 1.0 / 10) / 2), within(1L));
    WordStats best = ads.stats("a").getWordStats(0);
    assertThat(best.getWord()).isEqualTo("car");
    assertThat(best.getSampleViews()).isEqualTo(11);
    assertThat(best.getSampleEvents()).isEqualTo(5);
    assertThat(best.getBonusMicros()).isEqualTo(Math.round(1e9 * (5.0 / 11 - 5.0 / 21)));
  }

  /** An ad that only does well with matches loses to a slightly lower ad on an unrelated page. */
  @Test
  void pagesWithoutAMatchAreLearnedAbout() {
    ads.put(Ads.cpc("matching", BID).addWords("car"));
    ads.show(10, 9, 0, "car");
    ads.show(10, 0, 0, "flower");
    ads.show(1, 1, 0, "car");
    ads.put(Ads.cpm("plain", 1_000L * BID * 9 / 21));

    assertThat(ads.candidate("matching").getBaseEcpmMicros()).isGreaterThan(ads.ecpm("plain"));
    assertThat(ads.winner("car")).isEqualTo("matching");
    assertThat(ads.winner("flower")).isEqualTo("plain");
    // A page of which nothing is known is none without a match.
    assertThat(ads.winner()).isEqualTo("matching");
  }

  /** The source cannot tell a page without a match from a decision that is long over. */
  @Test
  void defectNoMatchIsCountedAsSuch() {
    ads.put(Ads.cpc("a", BID).addWords("car"));
    ads.show(2, 1, 0, "flower");

    assertThat(ads.stats("a").getWordStatsList())
        .singleElement()
        .satisfies(
            none -> {
              assertThat(none.getWord()).isEmpty();
              assertThat(none.getSampleViews()).isEqualTo(2);
              assertThat(none.getSampleEvents()).isEqualTo(1);
            });
  }

  @Test
  void sharesOfClicksSumUpToThePlainEcpm() {
    ads.put(
        Ads.settings()
            .setPriorViews(0)
            .setDecayHalfLife(Ads.seconds(0))
            .setClickCredit(ClickCredit.CLICK_CREDIT_SPLIT));
    ads.put(Ads.cpc("a", BID).addWords("red").addWords("fast").addWords("car"));
    ads.show(30, 6, 0, "red", "fast", "car");

    assertThat(ads.ecpm("a", "car", "fast", "red")).isEqualTo(1000 * BID * 6 / 30);
    assertThat(ads.ecpm("a", "car")).isCloseTo(Math.round(1e9 * 6 / 30 / 3), within(1L));
    assertThat(ads.ecpm("a")).isEqualTo(1000 * BID * 6 / 30);
    // What was counted for the other kind of credit is counted apart.
    ads.put(Ads.settings().setPriorViews(0).setDecayHalfLife(Ads.seconds(0)));
    assertThat(ads.ecpm("a", "car")).isEqualTo(1000 * BID * 6 / 30);
  }

  /** As if a half-life had passed: events before it count half. */
  @Test
  void countsLoseWeight() {
    ads.put(Ads.settings().setPriorViews(0).setDecayHalfLife(Ads.seconds(3_600)));
    ads.put(Ads.cpc("a", BID));
    ads.show(10, 4, 0);
    age("aa", 3_600_000);
    ads.show(5, 5, 0);

    // (4 / 2 + 5) clicks of (10 / 2 + 5) views.
    assertThat(ads.ecpm("a")).isCloseTo(Math.round(1e9 * 7 / 10), within(1_000_000L));
    // What is accounted for does not.
    assertThat(ads.stats("a").getClicks()).isEqualTo(9);
    assertThat(ads.stats("a").getViews()).isEqualTo(15);
  }

  /** The source reads and writes in several steps, so that two updates of an ad can be mixed up. */
  @Test
  void defectEventsAtOnceAreAllCounted() throws Exception {
    ads.put(Ads.cpc("a", BID).addWords("car"));
    Thread[] threads = new Thread[8];
    for (int i = 0; i < threads.length; i++) {
      Ads server = i % 2 == 0 ? ads : elsewhere;
      threads[i] = new Thread(() -> server.show(50, 10, 0, "car"));
      threads[i].start();
    }
    for (Thread thread : threads) {
      thread.join();
    }

    AdStats stats = ads.stats("a");
    assertThat(stats.getViews()).isEqualTo(400);
    assertThat(stats.getClicks()).isEqualTo(80);
    // One more, so that all of them are taken over.
    ads.show(1, 1, 0, "car");
    assertThat(ads.ecpm("a", "car")).isEqualTo(Math.round(1e9 * 81 / 401));
  }

  @Test
  void silentAdsFallBackSlowly() {
    ads.put(Ads.settings());
    ads.put(Ads.cpc("a", BID));
    ads.show(900, 0, 0);
    assertThat(ads.ecpm("a")).isEqualTo(BID);
  }

  /** Moves a count back in time. */
  private static void age(String field, long millis) {
    String key = "quoin:default:ads:{n}:counts";
    // Texts of the test connection are UTF-8, which packed doubles are not: a script does it.
    TestRedis.commands()
        .eval(
            """
            local packed = redis.call('HGET', KEYS[1], ARGV[1])
            local count = {struct.unpack('>ddddddd', packed)}
            count[7] = count[7] - ARGV[2]
            redis.call('HSET', KEYS[1], ARGV[1], struct.pack('>ddddddd', unpack(count, 1, 7)))
            return 1
            """,
            ScriptOutputType.INTEGER,
            new String[] {key},
            field,
            Long.toString(millis));
  }
}
