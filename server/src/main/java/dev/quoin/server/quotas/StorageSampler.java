// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.quotas;

import dev.quoin.server.maintainers.Maintainer;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.Redis;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.netty.util.Timer;
import io.opentelemetry.api.metrics.Meter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;

/**
 * Measures what namespaces store, feature by feature: one of the servers walks over all keys, a
 * page a second, and asks for the memory of some of them. A walk over a million keys takes half an
 * hour, or three minutes where quotas depend on it. Another walk begins when one is over, so what
 * is known is as old as two walks at most.
 */
public final class StorageSampler {
  private static final Logger LOG = Logger.getLogger(StorageSampler.class.getName());
  private static final RequestContext EVERYWHERE = new RequestContext("-", null);
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration KEPT = Duration.ofDays(1);
  private static final long READ_SECONDS = 10;
  private static final int PAGE = 500;
  private static final int PAGES_IN_A_HURRY = 10;
  private static final int MOST_FAILURES = 3;

  /** Of more keys than this of a feature, one of so many is measured. */
  private static final int MEASURED_ALL = 32;

  private static final int ONE_OF = 16;

  /** A namespace, which may be that of the server itself, and a feature. */
  private static final Pattern NAMES = Pattern.compile("[a-z0-9-]+:[a-z]+");

  /** Namespaces and features of more than these are left out. */
  private static final int MOST = 10_000;

  private final Redis store;
  private final Scripts scripts;
  private final Keyspace keyspace;
  private final String prefix;
  private final BooleanSupplier isUrgent;
  private final String measured;
  private volatile ScanCursor cursor = ScanCursor.INITIAL;
  private NavigableMap<String, Sum> sums = new TreeMap<>();
  private volatile NavigableMap<String, Stored> known = new TreeMap<>();
  private final AtomicBoolean underWay = new AtomicBoolean();
  private int failures;
  private boolean told;
  private volatile boolean stopped;

  /** What was found of a namespace and a feature. */
  private static final class Sum {
    long keys;
    long measuredKeys;
    long measuredBytes;

    boolean isNextMeasured() {
      return measuredKeys < MEASURED_ALL || keys % ONE_OF == 0;
    }

    Stored stored() {
      long bytes = measuredKeys == 0 ? 0 : Math.round((double) measuredBytes / measuredKeys * keys);
      return new Stored(keys, bytes);
    }
  }

  /**
   * @param isUrgent whether quotas depend on it
   */
  public StorageSampler(Redis store, Scripts scripts, String keyPrefix, BooleanSupplier isUrgent) {
    this.store = store;
    this.scripts = scripts;
    this.prefix = keyPrefix + ':';
    this.isUrgent = isUrgent;
    this.keyspace = new Keyspace(keyPrefix, "quotas");
    this.measured = StorageKeys.of(keyspace).measured();
  }

  /** Begins; goes on as long as the timer does. */
  public void start(Timer timer, Meter meter, String server) {
    new Maintainer(scripts, keyspace, meter, "storage", server, PERIOD, this::step).start(timer);
    read(timer);
  }

  /** From now on no step begins, and one under way that fails says nothing: Redis goes, too. */
  public void stop() {
    stopped = true;
  }

  /** What a namespace stores, as far as it is known. */
  public Stored of(String namespace) {
    Stored sum = Stored.NOTHING;
    for (Stored stored : known.subMap(namespace + ' ', namespace + '!').values()) {
      sum = sum.plus(stored);
    }
    return sum;
  }

  /** What is stored, by namespace and feature with a space between them. */
  public NavigableMap<String, Stored> all() {
    return known;
  }

  /** Looks at some keys; returns how many. */
  public CompletionStage<Integer> step() {
    if (stopped || !underWay.compareAndSet(false, true)) {
      return CompletableFuture.completedFuture(0);
    }
    int most = isUrgent.getAsBoolean() ? PAGES_IN_A_HURRY : 1;
    return CompletableFuture.completedFuture(most)
        .thenCompose(this::pages)
        .whenComplete((count, failure) -> failures = failure == null ? 0 : failures + 1)
        .exceptionally(
            failure -> {
              tell(failure);
              if (failures >= MOST_FAILURES) {
                // A server of Redis that is there no more cannot be asked where to go on.
                begin();
              }
              return 0;
            })
        .whenComplete((count, failure) -> underWay.set(false));
  }

  private synchronized void tell(Throwable failure) {
    if (!told && !stopped) {
      told = true;
      LOG.log(Level.WARNING, "cannot measure what is stored: " + failure.getMessage());
    }
  }

  private void begin() {
    cursor = ScanCursor.INITIAL;
    sums = new TreeMap<>();
  }

  /** Whether the next step begins a walk. */
  public boolean isBetweenWalks() {
    return cursor == ScanCursor.INITIAL;
  }

  private CompletionStage<Integer> pages(int left) {
    return page()
        .thenCompose(
            count ->
                left == 1 || cursor == ScanCursor.INITIAL
                    ? CompletableFuture.completedFuture(count)
                    : pages(left - 1).thenApply(more -> count + more));
  }

  private CompletionStage<Integer> page() {
    ScanArgs arguments = ScanArgs.Builder.matches(glob(prefix) + '*').limit(PAGE);
    return store
        .<KeyScanCursor<String>>call(
            EVERYWHERE, commands -> commands.scan(cursor, arguments), late -> {})
        .thenCompose(this::measure);
  }

  /** A prefix may have characters that mean something in a pattern. */
  private static String glob(String text) {
    return text.replaceAll("([*?\\[\\]\\\\])", "\\\\$1");
  }

  private CompletionStage<Integer> measure(KeyScanCursor<String> found) {
    List<CompletableFuture<?>> sizes = new ArrayList<>();
    for (String key : found.getKeys()) {
      Sum sum = sum(key);
      if (sum == null) {
        continue;
      }
      sum.keys++;
      if (sum.isNextMeasured()) {
        sizes.add(
            store
                .<Long>call(EVERYWHERE, commands -> commands.memoryUsage(key), late -> {})
                .handle(
                    (bytes, failure) -> {
                      if (failure == null) {
                        add(sum, bytes);
                      } else {
                        // Of one key among many: the others tell enough.
                        tell(failure);
                      }
                      return null;
                    }));
      }
    }
    cursor = found;
    return CompletableFuture.allOf(sizes.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            done -> found.isFinished() ? finish() : CompletableFuture.completedFuture(null))
        .thenApply(done -> found.getKeys().size());
  }

  private Sum sum(String key) {
    int begin = prefix.length();
    int colon = key.indexOf(':', begin);
    int end = colon < 0 ? -1 : key.indexOf(':', colon + 1);
    if (end < 0 || !NAMES.matcher(key).region(begin, end).matches()) {
      // Somebody else has keys that begin as ours do.
      return null;
    }
    String name = key.substring(begin, colon) + ' ' + key.substring(colon + 1, end);
    return sums.size() < MOST || sums.containsKey(name)
        ? sums.computeIfAbsent(name, n -> new Sum())
        : null;
  }

  /** A key that is gone has no size. */
  private static void add(Sum sum, Long bytes) {
    synchronized (sum) {
      if (bytes != null) {
        sum.measuredKeys++;
        sum.measuredBytes += bytes;
      }
    }
  }

  private CompletionStage<?> finish() {
    StringBuilder text = new StringBuilder();
    sums.forEach(
        (name, sum) -> {
          Stored stored = sum.stored();
          text.append(name).append(' ').append(stored.keys());
          text.append(' ').append(stored.bytes()).append('\n');
        });
    begin();
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return store.call(
        EVERYWHERE, commands -> commands.setex(measured, KEPT.toSeconds(), bytes), late -> {});
  }

  private void read(Timer timer) {
    readNow()
        .whenComplete(
            (done, failure) -> timer.newTimeout(t -> read(timer), READ_SECONDS, TimeUnit.SECONDS));
  }

  /** Reads what was measured last, by whichever server. */
  public CompletionStage<Void> readNow() {
    return store
        .<byte[]>call(EVERYWHERE, commands -> commands.get(measured), late -> {})
        .thenAccept(
            bytes -> {
              NavigableMap<String, Stored> all = new TreeMap<>();
              String text = bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
              text.lines()
                  .map(line -> line.split(" "))
                  .forEach(
                      parts ->
                          all.put(
                              parts[0] + ' ' + parts[1],
                              new Stored(Long.parseLong(parts[2]), Long.parseLong(parts[3]))));
              known = all;
            });
  }
}
