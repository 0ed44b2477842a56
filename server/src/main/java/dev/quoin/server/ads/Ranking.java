// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.Loss;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Finds the best ads for a page. Ads that have words in common with it are looked at one by one;
 * the others in the order of their locations, best first, until no better one can follow. So it
 * costs as much as there are ads with words of the page, plus a little for each location.
 */
final class Ranking {
  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);
  private static final int[] NO_WORDS = {};

  private final Catalogue catalogue;
  private final PageRequest page;
  private final int limit;
  private final Set<String> without;
  private final boolean keepsLosers;
  private final long now;
  private final PriorityQueue<Candidate> best =
      new PriorityQueue<>(Collections.reverseOrder());
  private Candidate bestLoser;
  private int count;

  private Ranking(
      Catalogue catalogue,
      PageRequest page,
      int limit,
      Set<String> without,
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
   */
  record Found(List<Candidate> candidates, Candidate bestLoser, int count) {}

  /** The places of ads that were looked at, and the words they have in common with a page. */
  private static final class Scratch {
    int round;
    int[] seen = {};
    int[] words = {};
    int[] first = {};
    int[] next = new int[1024];
    int[] word = new int[1024];
    int[] touched = new int[1024];

    void begin(int size) {
      round++;
      if (seen.length < size) {
        seen = new int[size];
        words = new int[size];
        first = new int[size];
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
  static Found best(Catalogue catalogue, PageRequest page, int limit, Set<String> without) {
    return new Ranking(catalogue, page, limit, without, false).run();
  }

  /** The best candidates, those among them that cannot be shown, and how many there are. */
  static Found all(Catalogue catalogue, PageRequest page, int limit) {
    return new Ranking(catalogue, page, limit, Set.of(), true).run();
  }

  /** One ad, as if it were a candidate. */
  static Candidate one(Catalogue catalogue, PageRequest page, AdEntry ad) {
    Loss exclusion = ad.exclusion(page, catalogue.now());
    Candidate candidate =
        new Ranking(catalogue, page, 1, Set.of(), true).candidate(ad, ad.matched(page));
    return exclusion == null
        ? candidate
        : new Candidate(
            ad, candidate.matched(), candidate.bonus(), candidate.ecpm(), exclusion);
  }

  private Found run() {
    Scratch scratch = SCRATCH.get();
    scratch.begin(catalogue.index().size());
    if (!page.words().isEmpty()) {
      lookAtMatches(scratch);
    }
    for (String location : page.locations()) {
      lookAtOthers(scratch, catalogue.index().in(location));
    }
    for (AdEntry ad : catalogue.changed().values()) {
      if (ad != null) {
        look(ad, ad.matched(page));
      }
    }
    List<Candidate> found = new ArrayList<>(best);
    Collections.sort(found);
    return new Found(found, bestLoser, count);
  }

  private void lookAtMatches(Scratch scratch) {
    CatalogueIndex index = catalogue.index();
    int ads = 0;
    int postings = 0;
    for (String word : page.words()) {
      for (long posting : index.with(word)) {
        int place = (int) (posting >>> 32);
        if (scratch.see(place)) {
          scratch.first[place] = -1;
          scratch.words[place] = 0;
          if (ads == scratch.touched.length) {
            scratch.touched = Arrays.copyOf(scratch.touched, 2 * ads);
          }
          scratch.touched[ads++] = place;
        }
        if (postings == scratch.next.length) {
          scratch.next = Arrays.copyOf(scratch.next, 2 * postings);
          scratch.word = Arrays.copyOf(scratch.word, 2 * postings);
        }
        scratch.word[postings] = (int) posting;
        scratch.next[postings] = scratch.first[place];
        scratch.first[place] = postings++;
        scratch.words[place]++;
      }
    }
    for (int i = 0; i < ads; i++) {
      int place = scratch.touched[i];
      int[] matched = new int[scratch.words[place]];
      int at = 0;
      for (int p = scratch.first[place]; p >= 0; p = scratch.next[p]) {
        matched[at++] = scratch.word[p];
      }
      lookIfCurrent(index.ad(place), matched);
    }
  }

  private void lookAtOthers(Scratch scratch, AdEntry[] bestFirst) {
    for (AdEntry ad : bestFirst) {
      if (!keepsLosers && isFull() && ad.score().bound() < best.peek().ecpm()) {
        return;
      }
      if (scratch.see(ad.place())) {
        lookIfCurrent(ad, NO_WORDS);
      }
    }
  }

  private void lookIfCurrent(AdEntry ad, int[] matched) {
    if (catalogue.changed().isEmpty() || !catalogue.changed().containsKey(ad.id())) {
      look(ad, matched);
    }
  }

  private void look(AdEntry ad, int[] matched) {
    if (ad.exclusion(page, now) != null || without.contains(ad.id())) {
      return;
    }
    Candidate candidate = candidate(ad, matched);
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

  private Candidate candidate(AdEntry ad, int[] matched) {
    double bonus = 0;
    if (matched.length > 0) {
      Arrays.sort(matched);
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
