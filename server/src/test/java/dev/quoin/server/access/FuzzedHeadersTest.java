// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever strangers send to say who they are, they are told that they are not known. */
@Tag("redis")
final class FuzzedHeadersTest {
  private static final ECKey KEY = TestJwts.key("one");
  private static final String GOOD = TestJwts.signed(KEY, "service", Map.of("user", "ann"));
  private static final int MANY = 3_000;

  @TempDir static Path folder;
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    String tokens = "tokens: [{principal: a, digest: '%s'}]".formatted(Tokens.digest("quoin_a"));
    server =
        TestServer.start(
            "redis",
            TestRedis.uri(),
            "redis-timeout",
            "10s",
            "tokens",
            Files.writeString(folder.resolve("tokens.yaml"), tokens).toString(),
            "jwt-keys",
            Files.writeString(folder.resolve("keys.json"), TestJwts.set(KEY)).toString(),
            "jwt-issuer",
            TestJwts.ISSUER,
            "jwt-audience",
            TestJwts.AUDIENCE);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void strangersAreNotKnown() {
    assertThat(code("Bearer " + GOOD)).isEqualTo(Code.OK);
    for (String header : headers()) {
      assertThat(code(header)).as(header).isEqualTo(Code.UNAUTHENTICATED);
    }
  }

  @Test
  void mutationsOfAGoodTokenAreNotKnown() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < MANY; i++) {
      String mutated = mutated(random);
      Code expected = isSame(mutated) ? Code.OK : Code.UNAUTHENTICATED;
      assertThat(code("Bearer " + mutated)).as("seed %d: %s", seed, mutated).isEqualTo(expected);
    }
  }

  /** Health is open to everybody, also with nonsense. */
  @Test
  void openServicesDoNotLookAtTokens() {
    assertThat(
            HealthGrpc.newBlockingStub(server.channel())
                .withInterceptors(
                    MetadataUtils.newAttachHeadersInterceptor(metadata("nonsense", "default")))
                .check(HealthCheckRequest.getDefaultInstance())
                .getStatusValue())
        .isEqualTo(1);
  }

  /** Names of namespaces that are none are refused as such, however long they are. */
  @Test
  void namespacesMayBeAnything() {
    for (String namespace : List.of("", "%", "x".repeat(64), "x".repeat(5_000), "{}\\\"'", "*")) {
      assertThat(code("Bearer " + GOOD, namespace))
          .as(namespace)
          .isIn(Code.INVALID_ARGUMENT, Code.OK);
      assertThat(code("Bearer nobody", namespace)).as(namespace).isEqualTo(Code.UNAUTHENTICATED);
    }
  }

  private static List<String> headers() {
    String[] parts = GOOD.split("\\.");
    List<String> headers =
        new ArrayList<>(
            List.of(
                "",
                " ",
                "Bearer",
                "Bearer ",
                "bearer:" + GOOD,
                "Basic " + GOOD,
                GOOD,
                "Bearer Bearer " + GOOD,
                "Bearer " + GOOD + ", Bearer " + GOOD,
                "Bearer quoin_",
                "Bearer eyJ",
                "Bearer eyJ.",
                "Bearer eyJ..",
                "Bearer eyJ...",
                "Bearer " + "x".repeat(7_000),
                "Bearer eyJ" + ".".repeat(5_000),
                "Bearer " + parts[0] + ".." + parts[2],
                "Bearer " + parts[0] + '.' + parts[1] + '.',
                // Five parts are an encrypted token.
                "Bearer " + GOOD + "." + parts[1] + '.' + parts[2]));
    for (String header :
        List.of(
            "{\"alg\":\"none\"}",
            "{\"alg\":\"NONE\"}",
            "{\"alg\":\"HS256\",\"kid\":\"one\"}",
            "{\"alg\":\"EdDSA\"}",
            "{\"alg\":\"ES256\",\"kid\":\"one\",\"crit\":[\"exp\"]}",
            "{\"alg\":\"ES256\",\"kid\":\"one\",\"b64\":false,\"crit\":[\"b64\"]}",
            "{\"alg\":\"ES256\",\"jwk\":" + TestJwts.key("own").toPublicJWK() + "}",
            "{\"alg\":\"ES256\",\"jku\":\"http://127.0.0.1:1/keys\"}",
            "{\"alg\":\"ES256\",\"kid\":\"../../etc/passwd\"}",
            "{\"alg\":[\"ES256\"]}",
            "{\"alg\":7}",
            "{\"alg\":null}",
            "{\"alg\":\"ES256\",\"alg\":\"none\"}",
            "{\"a\":" + "[".repeat(3_000),
            "{\"a\":" + "{\"a\":".repeat(800),
            "{\"alg\":\"ES256\",\"exp\":1e999}",
            "{}",
            "[]",
            "null",
            "{\"\u0000\":\"\ud800\"}")) {
      headers.add("Bearer " + part(header) + '.' + parts[1] + '.' + parts[2]);
    }
    for (String claims :
        List.of(
            "{}",
            "[]",
            "null",
            "{\"exp\":\"x\"}",
            "{\"exp\":1e999}",
            "{\"aud\":{}}",
            "{\"sub\":7}")) {
      headers.add("Bearer " + parts[0] + '.' + part(claims) + '.' + parts[2]);
    }
    return headers;
  }

  private static String part(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  /** Whether it says the same: base64 has several ways to write the last bits. */
  private static boolean isSame(String mutated) {
    String[] parts = mutated.split("\\.", -1);
    String[] good = GOOD.split("\\.", -1);
    return parts.length == 3
        && parts[0].equals(good[0])
        && parts[1].equals(good[1])
        && Arrays.equals(new Base64URL(parts[2]).decode(), new Base64URL(good[2]).decode());
  }

  private static String mutated(Random random) {
    StringBuilder text = new StringBuilder(GOOD);
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(text.length());
      char c = (char) ('!' + random.nextInt('~' - '!' + 1));
      switch (random.nextInt(4)) {
        case 0 -> text.setCharAt(at, c);
        case 1 -> text.insert(at, c);
        case 2 -> text.deleteCharAt(at);
        default -> text.insert(at, text.substring(at, at + random.nextInt(text.length() - at)));
      }
    }
    return text.toString();
  }

  private static Code code(String authorization) {
    return code(authorization, "default");
  }

  private static Code code(String authorization, String namespace) {
    try {
      LocksGrpc.newBlockingStub(server.channel())
          .withInterceptors(
              MetadataUtils.newAttachHeadersInterceptor(metadata(authorization, namespace)))
          .get(GetRequest.newBuilder().setName("a").build());
      return Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private static Metadata metadata(String authorization, String namespace) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
    headers.put(Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER), namespace);
    return headers;
  }
}
