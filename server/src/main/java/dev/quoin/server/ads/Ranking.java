// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.Loss;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * Finds the best ads for a page. Those of its locations come in the order of what they are worth
 * without a word in common, and looking stops when no better one can follow. Then come those that
 * have a word of the page and are worth more than the best found so far when it is their best word.
 * So it costs as much as a few ads for each location, and a comparison for each ad with a word.
 */
final class Ranking {
  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private final Catalogue catalogue;
  private final PageRequest page;
  private final int limit;
  private final Predicate<AdEntry> without;
  private final boolean keepsLosers;
  private final long now;
  private final PriorityQueue<Candidate> best = new PriorityQueue<>(Collections.reverseOrder());
  private Candidate bestLoser;
  private int count;
  private int looked;

  private Ranking(
      Catalogue catalogue,
      PageRequest page,
      int limit,
      Predicate<AdEntry> without,
      boolean keepsLosers) {
    this.catalogue = catalogue;
    this.page = page;
    this.limit = limit;
    this.without = without;
    this.keepsLosers = keepsLosers;
    this.now = catalogue.now();
  }

  /**
   * What was found.
   *
   * @param candidates best first
   * @param bestLoser the best ad that cannot be shown, null when there is none
   * @param count how many there are in all; exact when losers are kept
   * @param looked how many ads were looked at
   */
  record Found(List<Candidate> candidates, Candidate bestLoser, int count, int looked) {}

  /** The places of ads that were looked at. */
  private static final class Scratch {
    private int round;
    private int[] seen = {};

    void begin(int size) {
      round++;
      if (seen.length < size || round < 0) {
        seen = new int[size];
        round = 1;
      }
    }

    boolean see(int place) {
      if (seen[place] == round) {
        return false;
      }
      seen[place] = round;
      return true;
    }
  }

  /** The best candidates that can be shown, as far as this server knows, without some. */
  static Found best(Catalogue catalogue, PageRequest page, int limit, Predicate<AdEntry> without) {
    return new Ranking(catalogue, page, limit, without, false).run();
  }

  /** The best candidates, those among them that cannot be shown, and how many there are. */
  static Found all(Catalogue catalogue, PageRequest page, int limit) {
    return new Ranking(catalogue, page, limit, ad -> false, true).run();
  }

  /** One ad, as if it were a candidate. */
  static Candidate one(Catalogue catalogue, PageRequest page, AdEntry ad) {
    Loss exclusion = ad.exclusion(page, catalogue.now());
    Candidate candidate = new Ranking(catalogue, page, 1, other -> false, true).candidate(ad);
    return exclusion == null
        ? candidate
        : new Candidate(ad, candidate.matched(), candidate.bonus(), candidate.ecpm(), exclusion);
  }

  private Found run() {
    CatalogueIndex index = catalogue.index();
    Scratch scratch = SCRATCH.get();
    scratch.begin(index.size());
    for (String location : page.locations()) {
      for (int place : index.in(location)) {
        if (!canEnter(index.bound(place), place)) {
          break;
        }
        if (scratch.see(place)) {
          lookIfCurrent(place);
        }
      }
    }
    for (String word : page.words()) {
      for (int place : index.with(word)) {
        if (canEnter(index.most(place), place) && scratch.see(place)) {
          lookIfCurrent(place);
        }
      }
    }
    for (AdEntry ad : catalogue.changed().values()) {
      if (ad != null) {
        look(ad);
      }
    }
    List<Candidate> found = new ArrayList<>(best);
    Collections.sort(found);
    return new Found(found, bestLoser, count, looked);
  }

  /**
   * Whether an ad that is worth so much at most can be among the best; ids decide between equals.
   */
  private boolean canEnter(double most, int place) {
    if (keepsLosers || !isFull() || most > best.peek().ecpm()) {
      return true;
    }
    return most == best.peek().ecpm()
        && catalogue.index().ad(place).id().compareTo(best.peek().ad().id()) < 0;
  }

  private void lookIfCurrent(int place) {
    AdEntry ad = catalogue.index().ad(place);
    if (!isLesserLoser(ad, place)
        && (catalogue.changed().isEmpty() || !catalogue.changed().containsKey(ad.id()))) {
      look(ad);
    }
  }

  /**
   * Whether an ad is without money and worth less than another one that lost: there may be many.
   */
  private boolean isLesserLoser(AdEntry ad, int place) {
    if (keepsLosers || bestLoser == null) {
      return false;
    }
    CatalogueIndex index = catalogue.index();
    double most = page.words().isEmpty() ? index.bound(place) : index.most(place);
    return most <= bestLoser.ecpm() && catalogue.closed(ad, now) != null;
  }

  private void look(AdEntry ad) {
    looked++;
    if (ad.exclusion(page, now) != null || without.test(ad)) {
      return;
    }
    Candidate candidate = candidate(ad);
    count++;
    if (candidate.loss() != null && !keepsLosers) {
      if (bestLoser == null || candidate.compareTo(bestLoser) < 0) {
        bestLoser = candidate;
      }
    } else if (!isFull()) {
      best.add(candidate);
    } else if (candidate.compareTo(best.peek()) < 0) {
      best.poll();
      best.add(candidate);
    }
  }

  private boolean isFull() {
    return best.size() == limit;
  }

  private Candidate candidate(AdEntry ad) {
    int[] matched = ad.matched(page);
    double bonus = 0;
    if (matched.length > 0) {
      bonus = ad.score().bonus(matched, matched.length);
    } else if (!page.words().isEmpty() && ad.words().length > 0) {
      bonus = ad.score().noMatchBonus();
    }
    double ecpm = ad.score().boosted(bonus);
    return new Candidate(ad, matched, bonus, ecpm, loss(ad, ecpm));
  }

  private Loss loss(AdEntry ad, double ecpm) {
    if (ecpm <= 0 || ecpm < catalogue.config().settings().getReservePriceMicros()) {
      return Loss.LOSS_BELOW_RESERVE;
    }
    AdEntry.Closed closed = catalogue.closed(ad, now);
    if (closed == null) {
      return null;
    }
    return closed.paced() ? Loss.LOSS_PACED : Loss.LOSS_OUT_OF_BUDGET;
  }
}
