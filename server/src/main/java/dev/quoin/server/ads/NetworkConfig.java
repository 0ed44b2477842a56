// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import com.google.protobuf.util.Durations;
import dev.quoin.ads.v1.Auction;
import dev.quoin.ads.v1.BonusMode;
import dev.quoin.ads.v1.ClickCredit;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.PriorMixing;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.InvalidRequest;

/** How a network decides, with nothing left out. */
record NetworkConfig(NetworkSettings settings, AdWords words) {
  /** The settings of a network that was never set. */
  static final NetworkSettings DEFAULTS =
      NetworkSettings.newBuilder()
          .setPriorPerThousand(1)
          .setPriorViews(2_000)
          .setPriorMixing(PriorMixing.PRIOR_MIXING_LINEAR)
          .setDecayHalfLife(Durations.fromDays(7))
          .setBonusMode(BonusMode.BONUS_MODE_MIDPOINT)
          .setClickCredit(ClickCredit.CLICK_CREDIT_FULL)
          .setNoMatchPenalty(0)
          .setNewAdBoost(0)
          .setExplorationShare(0.1)
          .setExplorationCandidates(100)
          .setAuction(Auction.AUCTION_FIRST_PRICE)
          .setReservePriceMicros(0)
          .setPriceIncrementMicros(1)
          .setLearningInterval(100)
          .setEventWindow(Durations.fromMinutes(15))
          .setReservationWindow(Durations.fromMinutes(15))
          .setAnalyzer("english")
          .setMaxAds(AdStore.MOST_ADS)
          .build();

  private static final long SHORTEST_HALF_LIFE_MILLIS = 60_000;

  static NetworkConfig of(NetworkSettings given) {
    NetworkSettings.Builder settings = DEFAULTS.toBuilder();
    // A merge would add the seconds of one duration to what is there of another.
    if (given.hasDecayHalfLife()) {
      settings.clearDecayHalfLife();
    }
    if (given.hasEventWindow()) {
      settings.clearEventWindow();
    }
    settings.clearReservationWindow();
    settings.mergeFrom(given);
    if (!given.hasReservationWindow()) {
      settings.setReservationWindow(settings.getEventWindow());
    }
    return new NetworkConfig(settings.build(), AdWords.of(settings.getAnalyzer()));
  }

  /** Settings as they were given, checked beyond what the rules of the contract say. */
  static NetworkConfig given(NetworkSettings given) {
    if (!given.getAnalyzer().isEmpty() && TextAnalyzer.of(given.getAnalyzer()).isEmpty()) {
      throw InvalidRequest.of(
          "settings.analyzer", "must be one of " + String.join(", ", TextAnalyzer.names()));
    }
    long halfLife = Durations.toMillis(given.getDecayHalfLife());
    if (given.hasDecayHalfLife() && halfLife > 0 && halfLife < SHORTEST_HALF_LIFE_MILLIS) {
      throw InvalidRequest.of("settings.decay_half_life", "must be 0 or at least 1 minute");
    }
    NetworkConfig config = of(given);
    if (Durations.compare(
            config.settings().getReservationWindow(), config.settings().getEventWindow())
        > 0) {
      throw InvalidRequest.of(
          "settings.reservation_window", "must not be longer than event_window");
    }
    return config;
  }

  long windowMillis() {
    return Durations.toMillis(settings.getEventWindow());
  }

  /** How long money is reserved, at most as long as events count. */
  long holdMillis() {
    return Math.min(windowMillis(), Durations.toMillis(settings.getReservationWindow()));
  }

  /** The micros that a winner pays above a tie; empty when it pays its bid. */
  String increment() {
    return settings.getAuction() == Auction.AUCTION_SECOND_PRICE
        ? Long.toString(settings.getPriceIncrementMicros())
        : "";
  }
}
