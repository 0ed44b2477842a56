// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.Budget;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.server.ads.AdEntry.Negatives;
import dev.quoin.server.ads.ChangedThings.Change;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongFunction;

/**
 * Keeps the catalogue of a network as fresh as its callers need it: loads what has changed, one
 * load at a time. Ads that have changed stand beside the index until there are many of them; then
 * the index is made anew, in a thread of its own when that takes long, while the old one serves.
 */
final class KnownNetwork {
  private static final long PAUSE_NANOS = 50_000_000;
  private static final int LEAST_CHANGED = 32;
  private static final int CHANGED_PART = 500;
  private static final double AVERAGE_MOVED = 0.02;

  /** Ads, and their locations and words, that are worked on without another thread. */
  private static final int FEW_POSTINGS = 20_000;

  private final LongFunction<CompletionStage<ChangedThings>> read;
  private final Executor indexer;
  private final Map<String, AdEntry> all = new ConcurrentHashMap<>();
  private final Map<String, Catalogue.Campaign> campaigns = new ConcurrentHashMap<>();
  private final Map<String, byte[]> budgets = new ConcurrentHashMap<>();
  private Map<String, String> texts = new HashMap<>();
  private final Effort effort = new Effort();
  private Set<String> changed = new HashSet<>();
  private Set<String> changedMeanwhile = new HashSet<>();
  private volatile Catalogue current;
  private String epoch = "";
  private byte[] settings = {};
  private NetworkConfig config = NetworkConfig.of(NetworkSettings.getDefaultInstance());
  private Averages averages = Averages.NONE;
  private long revision;
  private int postings;
  private long clockMillis;
  private boolean whole = true;
  private boolean capsChanged;
  private CapLevels caps = new CapLevels();
  private CompletableFuture<Catalogue> loading;
  private CompletableFuture<Catalogue> following;
  private boolean indexing;
  private long loadedAt;
  volatile long usedAt = System.nanoTime();

  /**
   * @param read reads a page of what has changed since a revision
   * @param indexer runs what takes long
   */
  KnownNetwork(LongFunction<CompletionStage<ChangedThings>> read, Executor indexer) {
    this.read = read;
    this.indexer = indexer;
  }

  int size() {
    return all.size();
  }

  /** The catalogue as it was known last; loads it when it is not known. */
  CompletionStage<Catalogue> get() {
    usedAt = System.nanoTime();
    Catalogue known = current;
    return known == null ? fresh() : CompletableFuture.completedFuture(known);
  }

  /** The catalogue as it is now, or later. */
  CompletionStage<Catalogue> fresh() {
    synchronized (this) {
      if (loading != null) {
        // It may have begun before what the caller has to see.
        if (following == null) {
          following = new CompletableFuture<>();
        }
        return following;
      }
      loading = new CompletableFuture<>();
    }
    return load();
  }

  /** There is something new, which can wait a moment. */
  void hint(long newest) {
    Catalogue known = current;
    synchronized (this) {
      if (loading != null
          || known != null && known.revision() >= newest
          || System.nanoTime() - loadedAt < PAUSE_NANOS) {
        return;
      }
      loading = new CompletableFuture<>();
    }
    load();
  }

  private CompletionStage<Catalogue> load() {
    CompletableFuture<Catalogue> mine = loading;
    step(true)
        .thenCompose(done -> index())
        .whenComplete(
            (catalogue, failure) -> {
              CompletableFuture<Catalogue> next;
              synchronized (this) {
                loadedAt = System.nanoTime();
                next = following;
                following = null;
                loading = next;
              }
              if (failure == null) {
                mine.complete(catalogue);
              } else {
                mine.completeExceptionally(failure);
              }
              if (next != null) {
                load();
              }
            });
    return mine;
  }

  /**
   * Reads pages until there are no more.
   *
   * @param first whether what is known may be so old that removals were forgotten since
   */
  private CompletionStage<Void> step(boolean first) {
    return read.apply(revision)
        .thenCompose(
            page -> {
              if (!page.epoch().equals(epoch)
                  || page.revision() < revision
                  || first && revision > 0 && revision < page.forgotten()) {
                boolean again = revision > 0;
                forget(page.epoch());
                if (again) {
                  return step(false);
                }
              }
              apply(page);
              return page.more() ? step(false) : CompletableFuture.completedFuture(null);
            });
  }

  private synchronized void forget(String newEpoch) {
    epoch = newEpoch;
    revision = 0;
    all.clear();
    campaigns.clear();
    budgets.clear();
    texts.clear();
    postings = 0;
    changed.clear();
    changedMeanwhile.clear();
    whole = true;
    capsChanged = true;
  }

  private synchronized void apply(ChangedThings page) {
    clockMillis = page.now() - System.currentTimeMillis();
    if (!Arrays.equals(settings, page.settings())) {
      settings = page.settings();
      config = NetworkConfig.of(parse(page.settings(), NetworkSettings.parser()));
      whole = true;
    }
    averages = Averages.parse(page.averages());
    for (Change change : page.changes()) {
      if (change.budget().length > 0) {
        budgets.put(change.what() + change.id(), change.budget());
      } else {
        budgets.remove(change.what() + change.id());
      }
      switch (change.what()) {
        case 'a' -> applyAd(change);
        case 'c' -> applyCampaign(change);
        default -> {}
      }
    }
    revision = page.upTo();
  }

  private void applyAd(Change change) {
    changed.add(change.id());
    changedMeanwhile.add(change.id());
    if (change.record().length == 0) {
      AdEntry removed = all.remove(change.id());
      postings -= removed == null ? 0 : removed.postings();
      capsChanged |= removed != null && !removed.caps().isEmpty();
      return;
    }
    Ad ad = StoredAd.parse(change.record());
    AdEntry known = all.get(change.id());
    String[] words = StoredAd.words(change.words());
    for (int i = 0; i < words.length; i++) {
      words[i] = one(words[i]);
    }
    AdEntry entry =
        AdEntry.of(
            ad,
            words,
            Learned.parse(change.learned(), words.length),
            change.closed(),
            parse(change.budget(), Budget.parser()),
            Negatives.of(ad.getNegativesList(), config.words()));
    for (int i = 0; i < entry.locations().length; i++) {
      entry.locations()[i] = one(entry.locations()[i]);
    }
    capsChanged |= known != null && !entry.isCappedAs(known);
    if (!capsChanged) {
      caps.add(entry, entry.caps());
      caps.add(entry, campaignOf(entry).caps());
    }
    postings += entry.postings() - (known == null ? 0 : known.postings());
    all.put(change.id(), entry.scored(estimator()));
  }

  private void applyCampaign(Change change) {
    Budget budget = parse(change.budget(), Budget.parser());
    Catalogue.Campaign now = new Catalogue.Campaign(change.closed(), budget.getFrequencyCapsList());
    Catalogue.Campaign before = campaigns.put(change.id(), now);
    capsChanged |= !now.caps().equals(before == null ? List.of() : before.caps());
  }

  private Catalogue.Campaign campaignOf(AdEntry ad) {
    return campaigns.getOrDefault(ad.campaign(), Catalogue.Campaign.UNKNOWN);
  }

  /** One object for equal texts, of which there are many. */
  private String one(String text) {
    return texts.computeIfAbsent(text, same -> same);
  }

  private Estimator estimator() {
    return new Estimator(config.settings(), averages);
  }

  /** The catalogue as it is known now; the index is made anew when that is due. */
  private CompletionStage<Catalogue> index() {
    synchronized (this) {
      if (capsChanged && postings > FEW_POSTINGS) {
        return CompletableFuture.runAsync(this::collectCaps, indexer).thenCompose(done -> index());
      } else if (capsChanged) {
        collectCaps();
      }
      if (!whole && !isDue()) {
        current = catalogue(current.index(), current.estimator());
        return CompletableFuture.completedFuture(current);
      }
      if (postings <= FEW_POSTINGS) {
        Estimator estimator = estimator();
        return CompletableFuture.completedFuture(
            indexed(new CatalogueIndex(rescored(estimator)), estimator));
      }
      if (!whole) {
        current = catalogue(current.index(), current.estimator());
        indexLater();
        return CompletableFuture.completedFuture(current);
      }
    }
    return CompletableFuture.supplyAsync(this::indexNow, indexer);
  }

  private boolean isDue() {
    return changed.size() > Math.max(LEAST_CHANGED, current.index().size() / CHANGED_PART)
        || hasMoved(Pricing.PRICING_CPC)
        || hasMoved(Pricing.PRICING_CPA);
  }

  private boolean hasMoved(Pricing pricing) {
    double before = current.estimator().average(pricing);
    return Math.abs(estimator().average(pricing) - before) > AVERAGE_MOVED * before;
  }

  /** Nothing is applied meanwhile: there is one load at a time. */
  private void collectCaps() {
    CapLevels newer = new CapLevels();
    all.values()
        .forEach(
            ad -> {
              newer.add(ad, ad.caps());
              newer.add(ad, campaignOf(ad).caps());
            });
    synchronized (this) {
      caps = newer;
      capsChanged = false;
    }
  }

  private List<AdEntry> rescored(Estimator estimator) {
    List<AdEntry> scored = new ArrayList<>(all.size());
    all.replaceAll((id, ad) -> ad.scored(estimator));
    scored.addAll(all.values());
    return scored;
  }

  private void indexLater() {
    if (!indexing) {
      indexing = true;
      indexer.execute(this::indexNow);
    }
  }

  private Catalogue indexNow() {
    List<AdEntry> ads;
    Estimator estimator;
    synchronized (this) {
      ads = new ArrayList<>(all.values());
      estimator = estimator();
      changedMeanwhile.clear();
    }
    List<AdEntry> scored = new ArrayList<>(ads.size());
    ads.forEach(ad -> scored.add(ad.scored(estimator)));
    CatalogueIndex index = new CatalogueIndex(scored);
    Map<String, String> inUse = index.texts();
    synchronized (this) {
      texts = inUse;
      indexing = false;
      whole = false;
      // The old index served with all that had changed; the new one lacks only what came meanwhile.
      changed = new HashSet<>(changedMeanwhile);
      current = catalogue(index, estimator);
      return current;
    }
  }

  private Catalogue indexed(CatalogueIndex index, Estimator estimator) {
    changed.clear();
    texts = index.texts();
    whole = false;
    current = catalogue(index, estimator);
    return current;
  }

  private Catalogue catalogue(CatalogueIndex index, Estimator estimator) {
    Map<String, AdEntry> beside = new HashMap<>();
    changed.forEach(id -> beside.put(id, all.get(id)));
    return new Catalogue(
        epoch,
        revision,
        config,
        estimator,
        index,
        changed.isEmpty() ? Map.of() : beside,
        all,
        campaigns,
        budgets,
        caps,
        effort,
        clockMillis);
  }

  private static <T> T parse(byte[] bytes, Parser<T> parser) {
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}
