// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.CapLevel;
import dev.quoin.ads.v1.FrequencyCap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A network as this server knows it at a revision: an index, and the ads that have changed since it
 * was made.
 *
 * @param epoch tells it from a network of the same name that was there before
 * @param changed ads by their ids, null when they were removed
 * @param all the ads by their ids
 * @param campaigns with budgets
 * @param budgets as they were set, of ads ("a" and the id) and campaigns ("c" and the name)
 * @param caps levels at which views of viewers are kept
 * @param effort what its decisions took
 * @param clockMillis what to add to this server's clock for that of Redis
 */
record Catalogue(
    String epoch,
    long revision,
    NetworkConfig config,
    Estimator estimator,
    CatalogueIndex index,
    Map<String, AdEntry> changed,
    Map<String, AdEntry> all,
    Map<String, Campaign> campaigns,
    Map<String, byte[]> budgets,
    CapLevels caps,
    Effort effort,
    long clockMillis) {

  /** What is known of a campaign. */
  record Campaign(AdEntry.Closed closed, List<FrequencyCap> caps) {
    static final Campaign UNKNOWN = new Campaign(AdEntry.Closed.NOT, List.of());
  }

  /** The time by the clock of Redis. */
  long now() {
    return System.currentTimeMillis() + clockMillis;
  }

  Campaign campaign(AdEntry ad) {
    return ad.campaign().isEmpty()
        ? Campaign.UNKNOWN
        : campaigns.getOrDefault(ad.campaign(), Campaign.UNKNOWN);
  }

  /** What is known to have no room for an ad; null when there may be room. */
  AdEntry.Closed closed(AdEntry ad, long now) {
    long price = ad.mostMicros();
    if (ad.closed().isFor(price, now)) {
      return ad.closed();
    }
    AdEntry.Closed ofCampaign = campaign(ad).closed();
    return ofCampaign.isFor(price, now) ? ofCampaign : null;
  }

  /** The caps of an ad and its campaign, as far as it has what their views are of. */
  List<FrequencyCap> capsOf(AdEntry ad) {
    List<FrequencyCap> ofCampaign = campaign(ad).caps();
    if (ofCampaign.isEmpty() && ad.caps().isEmpty()) {
      return List.of();
    }
    return Stream.concat(ad.caps().stream(), ofCampaign.stream())
        .filter(cap -> cap.getPer() != CapLevel.CAP_LEVEL_CAMPAIGN || !ad.campaign().isEmpty())
        .filter(cap -> cap.getPer() != CapLevel.CAP_LEVEL_ACCOUNT || !ad.account().isEmpty())
        .toList();
  }
}
