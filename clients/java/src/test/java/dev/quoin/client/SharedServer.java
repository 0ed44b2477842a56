// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;

/**
 * One server for all test classes, started when it is first asked for. Every client of a test gets
 * a namespace of its own. Lines are short, so that tests can fill them.
 */
final class SharedServer implements BeforeAllCallback {
  private static final AtomicInteger NAMESPACES = new AtomicInteger();

  private final Map<String, String> settings;
  private Store store;

  SharedServer() {
    this(
        Map.of(
            "max-waiters", "30", "max-calls-per-connection", "2000", "social-max-following", "5"));
  }

  private SharedServer(Map<String, String> settings) {
    this.settings = settings;
  }

  /** Another one, which wants to know who calls. */
  static SharedServer guarded(Path cases) {
    Path files = cases.resolve("guarded");
    return new SharedServer(
        Map.of(
            "tokens", files.resolve("tokens.yaml").toString(),
            "policy", files.resolve("policy.yaml").toString(),
            "quotas", files.resolve("quotas.yaml").toString()));
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    store = context.getRoot().getStore(Namespace.create(SharedServer.class));
  }

  private Running running() {
    return store.getOrComputeIfAbsent(settings, key -> new Running(settings), Running.class);
  }

  String address() {
    return running().server.address();
  }

  static String freshNamespace() {
    return "t" + NAMESPACES.incrementAndGet();
  }

  Quoin client(String namespace) {
    return Quoin.builder().address(address()).namespace(namespace).build();
  }

  /** Takes a lock away from its holder, as if its lease had run out. */
  void expire(String namespace, String lock) {
    long deleted = running().redis.sync().del("quoin:" + namespace + ":locks:{" + lock + "}:owner");
    if (deleted != 1) {
      throw new AssertionError(lock + " is not held in " + namespace);
    }
  }

  private static final class Running implements AutoCloseable {
    private final TestServer server;
    private final RedisClient client;
    private final StatefulRedisConnection<String, String> redis;

    Running(Map<String, String> settings) {
      server = new TestServer(settings);
      client = RedisClient.create(server.redisUri());
      redis = client.connect();
    }

    @Override
    public void close() {
      client.shutdown();
      server.close();
    }
  }
}
