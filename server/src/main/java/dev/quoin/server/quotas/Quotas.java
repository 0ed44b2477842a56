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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Lets calls begin as far as the quotas of their namespace and their principal allow. Each server
 * counts calls by itself; what is stored is one number for all. Calls that renew, give back or
 * remove are let through when too much is stored, and the first quota that names somebody counts.
 */
public final class Quotas implements AutoCloseable {
  private static final long PERIOD_SECONDS = 1;
  private static final int MOST_USAGES = 100_000;
  private static final Usage NONE = new Usage("", "", null);

  private final WatchedFile<List<Quota>> file;
  private final Map<String, Usage> usages = new ConcurrentHashMap<>();
  private final ScheduledExecutorService files;
  private volatile List<Quota> quotas = List.of();
  private volatile Function<String, Stored> stored = namespace -> Stored.NOTHING;

  /**
   * @param path of the quotas, empty for none
   */
  public Quotas(String path) {
    this.file = path.isEmpty() ? null : new WatchedFile<>("quotas", Path.of(path), Quota::parse);
    if (file == null) {
      files = null;
      return;
    }
    quotas = file.get();
    files =
        Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("quoin-quotas", true));
    files.scheduleWithFixedDelay(this::look, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
  }

  private void look() {
    if (file.look()) {
      quotas = file.get();
      usages.clear();
    }
  }

  /** Whether it matters what namespaces store. */
  public boolean areOfStored() {
    return quotas.stream().anyMatch(Quota::isStored);
  }

  /** Tells what namespaces store, as far as that is known. */
  public void measureStored(Function<String, Stored> measured) {
    stored = measured;
  }

  /** A call that is under way. */
  public static final class Begun {
    /** One that no quota is about. */
    public static final Begun UNLIMITED = new Begun(null, null);

    private Usage ofNamespace;
    private Usage ofPrincipal;

    private Begun(Usage ofNamespace, Usage ofPrincipal) {
      this.ofNamespace = ofNamespace;
      this.ofPrincipal = ofPrincipal;
    }

    /** Throws when a request is larger than it may be. */
    public void check(int requestBytes) {
      for (Usage usage : new Usage[] {ofNamespace, ofPrincipal}) {
        if (usage != null && usage != NONE && requestBytes > usage.quota.requestBytes()) {
          throw exceeded(usage, "request_bytes");
        }
      }
    }

    /** Whether it matters how large requests are. */
    public boolean isLimited() {
      return this != UNLIMITED;
    }

    /** It has ended; may be told more than once. */
    public synchronized void end() {
      if (this == UNLIMITED) {
        return;
      }
      release(ofNamespace);
      release(ofPrincipal);
      ofNamespace = null;
      ofPrincipal = null;
    }

    private static void release(Usage usage) {
      if (usage != null && usage != NONE) {
        usage.end();
      }
    }
  }

  /** Begins a call; throws QUOTA_EXCEEDED when there is no room for it. */
  public Begun begin(RpcMethod method, String namespace, String principal) {
    List<Quota> all = quotas;
    if (all.isEmpty()) {
      return Begun.UNLIMITED;
    }
    Usage ofNamespace = usage(all, Quota.NAMESPACE, namespace);
    Usage ofPrincipal = principal.isEmpty() ? NONE : usage(all, Quota.PRINCIPAL, principal);
    checkStored(method, ofNamespace);
    enter(ofNamespace);
    try {
      enter(ofPrincipal);
    } catch (ApiException e) {
      Begun.release(ofNamespace);
      throw e;
    }
    return new Begun(ofNamespace, ofPrincipal);
  }

  private Usage usage(List<Quota> all, String kind, String name) {
    String key = kind + ' ' + name;
    Usage known = usages.get(key);
    if (known != null) {
      return known;
    }
    if (usages.size() >= MOST_USAGES) {
      usages.values().removeIf(usage -> usage == NONE || usage.isIdle());
    }
    return usages.computeIfAbsent(
        key,
        k ->
            all.stream()
                .filter(quota -> quota.isOf(kind, name))
                .findFirst()
                .map(quota -> new Usage(kind, name, quota))
                .orElse(NONE));
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
