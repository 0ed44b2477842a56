// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.Loss;

/**
 * An ad that a page can show, and what it is worth there.
 *
 * @param matched places of its words that are on the page
 * @param bonus in micros
 * @param ecpm in micros
 * @param loss why it cannot be shown, as far as this server knows; null when it can
 */
record Candidate(AdEntry ad, int[] matched, double bonus, double ecpm, Loss loss)
    implements Comparable<Candidate> {
  /** Scripts know eCPM in whole thousandths of a micro: a double takes long to write. */
  static final double THOUSANDTHS = 1000;

  /** The best first; between equals the order of ids decides. */
  @Override
  public int compareTo(Candidate other) {
    int byWorth = Double.compare(other.ecpm, ecpm);
    return byWorth != 0 ? byWorth : ad.id().compareTo(other.ad.id());
  }

  /** As the scripts take it; see lua/ads/_auction.lua. */
  String text(Catalogue catalogue, PageRequest page) {
    boolean isCapped = !page.viewer().isEmpty();
    long most = ad.mostMicros();
    long reserve = catalogue.config().settings().getReservePriceMicros();
    long least = reserve == 0 ? 0 : Math.min(most, (long) Math.ceil(most * (reserve / ecpm)));
    return new StringBuilder(128)
        .append(ad.id())
        .append('\n')
        .append(ad.campaign())
        .append('\n')
        .append(ad.account())
        .append('\n')
        .append(ad.pricing().getNumber())
        .append(' ')
        .append(most)
        .append(' ')
        .append(least)
        .append(' ')
        .append(Math.round(ecpm * THOUSANDTHS))
        .append('\n')
        .append(isCapped ? CapLevels.text(catalogue.capsOf(ad)) : "")
        .append('\n')
        .append(isCapped ? catalogue.caps().text(ad) : "")
        .append('\n')
        .append(words(page))
        .toString();
  }

  /** A tab stands for having no word in common, nothing for a page or an ad without words. */
  private String words(PageRequest page) {
    if (page.words().isEmpty() || ad.words().length == 0) {
      return "";
    }
    if (matched.length == 0) {
      return "\t";
    }
    StringBuilder text = new StringBuilder();
    for (int word : matched) {
      text.append(text.isEmpty() ? "" : " ").append(ad.words()[word]);
    }
    return text.toString();
  }
}
