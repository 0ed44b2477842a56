// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.quotas;

import dev.quoin.access.v1.Permission;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.access.RpcMethod;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.settings.WatchedFile;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Lets calls begin as far as the quotas of their namespace and their principal allow. Each server
 * counts calls by itself; what is stored is one number for all. Calls that renew, give back or
 * remove are let through when too much is stored, and the first quota that names somebody counts.
 */
public final class Quotas implements AutoCloseable {
  private static final long PERIOD_SECONDS = 1;
  private static final int MOST_USAGES = 100_000;
  private static final Logger LOG = Logger.getLogger(Quotas.class.getName());
  private static final Usage NONE = new Usage("", "", null);

  private final WatchedFile<List<Quota>> file;
  private final ScheduledExecutorService files;
  private volatile State state = new State(List.of(), new ConcurrentHashMap<>());
  private volatile Function<String, Stored> stored = namespace -> Stored.NOTHING;

  /** Quotas and what is used of these: a call that reads one of them while they change has both. */
  private record State(List<Quota> quotas, Map<String, Usage> usages) {
    Usage usage(String kind, String name) {
      String key = kind + ' ' + name;
      Usage known = usages.get(key);
      if (known != null) {
        return known;
      }
      if (usages.size() >= MOST_USAGES) {
        usages.values().removeIf(usage -> usage == NONE || usage.isIdle());
      }
      return usages.computeIfAbsent(
          key, k -> quota(kind, name).map(quota -> new Usage(kind, name, quota)).orElse(NONE));
    }

    private Optional<Quota> quota(String kind, String name) {
      return quotas.stream().filter(quota -> quota.isOf(kind, name)).findFirst();
    }

    /** Other quotas, for which what is used already counts. */
    State with(List<Quota> next) {
      State changed = new State(next, new ConcurrentHashMap<>());
      usages.forEach(
          (key, usage) -> {
            if (usage != NONE) {
              changed
                  .quota(usage.kind, usage.name)
                  .ifPresent(
                      quota -> {
                        usage.change(quota);
                        changed.usages().put(key, usage);
                      });
            }
          });
      return changed;
    }
  }

  /**
   * @param path of the quotas, empty for none
   */
  public Quotas(String path) {
    this.file = path.isEmpty() ? null : new WatchedFile<>("quotas", Path.of(path), Quota::parse);
    if (file == null) {
      files = null;
      return;
    }
    state = state.with(file.get());
    files =
        Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("quoin-quotas", true));
    files.scheduleWithFixedDelay(this::look, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
  }

  /** Must not throw: it would never be called again. */
  private void look() {
    try {
      if (file.look()) {
        state = state.with(file.get());
      }
    } catch (RuntimeException | StackOverflowError e) {
      LOG.log(Level.WARNING, "cannot read the changed quotas; those of before hold", e);
    }
  }

  /** Whether it matters what namespaces store. */
  public boolean areOfStored() {
    return state.quotas().stream().anyMatch(Quota::isStored);
  }

  /** Tells what namespaces store, as far as that is known. */
  public void measureStored(Function<String, Stored> measured) {
    stored = measured;
  }

  /** A call that is under way. */
  public static final class Begun {
    /** One that no quota is about. */
    public static final Begun UNLIMITED = new Begun(NONE, NONE, () -> {});

    private final Usage ofNamespace;
    private final Usage ofPrincipal;
    private final Runnable checkStored;
    private final AtomicBoolean ended = new AtomicBoolean();

    private Begun(Usage ofNamespace, Usage ofPrincipal, Runnable checkStored) {
      this.ofNamespace = ofNamespace;
      this.ofPrincipal = ofPrincipal;
      this.checkStored = checkStored;
    }

    /** Throws when a request, perhaps one of a stream that began long ago, may not be served. */
    public void check(int requestBytes) {
      for (Usage usage : List.of(ofNamespace, ofPrincipal)) {
        if (usage != NONE && requestBytes > usage.quota.requestBytes()) {
          throw exceeded(usage, "request_bytes");
        }
      }
      checkStored.run();
    }

    /** Whether it matters what requests there are. */
    public boolean isLimited() {
      return this != UNLIMITED;
    }

    /** It has ended; may be told more than once. */
    public void end() {
      // Which is one for all calls: they must not wait for each other.
      if (this != UNLIMITED && ended.compareAndSet(false, true)) {
        release(ofNamespace);
        release(ofPrincipal);
      }
    }

    private static void release(Usage usage) {
      if (usage != NONE) {
        usage.end();
      }
    }
  }

  /**
   * Begins a call; throws QUOTA_EXCEEDED when there is no room for it.
   *
   * @param namespace empty when it is about none
   * @param principal empty when nobody is known to make it
   */
  public Begun begin(RpcMethod method, String namespace, String principal) {
    State now = state;
    if (now.quotas().isEmpty()) {
      return Begun.UNLIMITED;
    }
    Usage ofNamespace = namespace.isEmpty() ? NONE : now.usage(Quota.NAMESPACE, namespace);
    Usage ofPrincipal = principal.isEmpty() ? NONE : now.usage(Quota.PRINCIPAL, principal);
    checkStored(method, ofNamespace);
    enter(ofNamespace);
    try {
      enter(ofPrincipal);
    } catch (ApiException e) {
      // What one principal may not do is not taken from all others of the namespace.
      if (ofNamespace != NONE) {
        ofNamespace.undo();
      }
      throw e;
    }
    return new Begun(ofNamespace, ofPrincipal, () -> checkStored(method, ofNamespace));
  }

  private void checkStored(RpcMethod method, Usage usage) {
    if (usage == NONE
        || !usage.quota.isStored()
        || method.permission() == Permission.PERMISSION_READ
        || method.frees()) {
      return;
    }
    Stored now = stored.apply(usage.name);
    if (now.bytes() > usage.quota.storedBytes()) {
      throw exceeded(usage, "stored_bytes");
    } else if (now.keys() > usage.quota.storedKeys()) {
      throw exceeded(usage, "stored_keys");
    }
  }

  private static void enter(Usage usage) {
    String exceeded = usage == NONE ? null : usage.begin();
    if (exceeded != null) {
      throw exceeded(usage, exceeded);
    }
  }

  private static ApiException exceeded(Usage usage, String of) {
    long limit = usage.limit(of);
    return new ApiException(
            ErrorReason.ERROR_REASON_QUOTA_EXCEEDED,
            "%s \"%s\" has as much as its quota allows: %s %d"
                .formatted(usage.kind, usage.name, of, limit))
        .with("subject", usage.kind + ':' + usage.name)
        .with("quota", of)
        .with("limit", Long.toString(limit));
  }

  @Override
  public void close() {
    if (files != null) {
      files.shutdownNow();
    }
  }
}
