// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** While keys, tokens and the policy change, calls are under way: none with a right fails. */
@Tag("redis")
final class ReloadUnderLoadTest {
  private static final ECKey STAYS = TestJwts.key("stays");
  private static final int MANY = 100;
  private static final String POLICY =
      """
      roles: {reader: [{'*': read}]}
      bindings: [{role: reader, principals: [orders, service], namespaces: [default]}]
      """;

  @TempDir Path folder;
  private final String token = Tokens.random();
  private final List<Load> loads = new ArrayList<>();
  private Path keys;
  private Path tokens;
  private Path policy;
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    TestRedis.clear();
    keys = Files.writeString(folder.resolve("keys.json"), TestJwts.set(STAYS));
    tokens = Files.writeString(folder.resolve("tokens.yaml"), tokensOf(token));
    policy = Files.writeString(folder.resolve("policy.yaml"), POLICY);
    server =
        TestServer.start(
            "redis", TestRedis.uri(),
            "redis-timeout", "10s",
            "tokens", tokens.toString(),
            "jwt-keys", keys.toString(),
            "jwt-issuer", TestJwts.ISSUER,
            "jwt-audience", TestJwts.AUDIENCE,
            "policy", policy.toString());
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Load load : loads) {
      load.interrupt();
      load.join();
    }
    server.close();
  }

  @Test
  void keysRotate() throws Exception {
    String known = TestJwts.signed(STAYS, "service", Map.of());
    Load oneToken = load(() -> known);
    // Each a new one, as those of users are, so that signatures are checked all the time.
    Load manyTokens = load(() -> TestJwts.signed(STAYS, "service", Map.of()));
    String before = null;
    for (int i = 0; i < 3; i++) {
      ECKey next = TestJwts.key("next-" + i);
      String after = TestJwts.signed(next, "service", Map.of());
      Files.writeString(keys, TestJwts.set(next, STAYS));
      Eventually.until("the new key is used", () -> code(after) == null);
      if (before != null) {
        assertThat(code(before)).isEqualTo(Code.UNAUTHENTICATED);
      }
      before = after;
    }

    assertUnharmed(oneToken);
    assertUnharmed(manyTokens);
  }

  @Test
  void tokensAndPolicyChange() throws Exception {
    Load byToken = load(() -> token);
    for (int i = 0; i < 3; i++) {
      String later = Tokens.random();
      Files.writeString(tokens, tokensOf(later, token));
      Eventually.until("the new token is good", () -> code(later) == null);
      // Others may more or less than before.
      String others = "roles: {reader: [{'*': read}], other: [{'*': admin}]}";
      Files.writeString(
          policy,
          POLICY.replace("roles: {reader: [{'*': read}]}", others)
              + "  - {role: other, principals: [team-%d], namespaces: ['*']}\n".formatted(i));
      Files.writeString(tokens, tokensOf(token));
      Eventually.until("the token is withdrawn", () -> code(later) == Code.UNAUTHENTICATED);
    }

    assertUnharmed(byToken);
  }

  private static void assertUnharmed(Load load) {
    Eventually.until(
        Duration.ofSeconds(60), "there were many calls", () -> load.calls.get() > MANY);
    assertThat(load.failures).isEmpty();
  }

  private static String tokensOf(String... good) {
    StringBuilder text = new StringBuilder("tokens:\n");
    for (String one : good) {
      text.append("  - {principal: orders, digest: '%s'}\n".formatted(Tokens.digest(one)));
    }
    return text.toString();
  }

  private Load load(Supplier<String> token) {
    Load load = new Load(token);
    loads.add(load);
    load.start();
    return load;
  }

  private Code code(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    try {
      LocksGrpc.newBlockingStub(server.channel())
          .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
          .get(GetRequest.newBuilder().setName("a").build());
      return null;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  /** Calls without a pause. */
  private final class Load extends Thread {
    private final Supplier<String> token;
    private final AtomicLong calls = new AtomicLong();
    private final ConcurrentLinkedQueue<Code> failures = new ConcurrentLinkedQueue<>();

    Load(Supplier<String> token) {
      super("load");
      this.token = token;
    }

    @Override
    public void run() {
      while (!isInterrupted()) {
        Code code = code(token.get());
        if (code != null && code != Code.CANCELLED) {
          failures.add(code);
        }
        calls.incrementAndGet();
      }
    }
  }
}
