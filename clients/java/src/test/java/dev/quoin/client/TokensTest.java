// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.WatchRequest;
import dev.quoin.locks.v1.WatchResponse;
import io.grpc.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At a server where a token of orders may read and write, in the namespace orders only. */
class TokensTest {
  private static final String TOKEN = "quoin_good-token-of-orders";
  private static final Duration LEASE = Duration.ofSeconds(30);

  @TempDir Path folder;
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(TOKEN.getBytes(StandardCharsets.UTF_8));
    server =
        new TestServer(
            Map.of(
                "tokens",
                file(
                    "tokens: [{principal: orders, digest: 'sha256:%s'}]"
                        .formatted(HexFormat.of().formatHex(digest))),
                "policy",
                file(
                    """
                    roles: {worker: [{'*': write}]}
                    bindings: [{role: worker, principals: [orders], namespaces: [orders]}]
                    """)));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void tokensSayWhoCalls() {
    try (Quoin good = orders().token(TOKEN).build()) {
      assertThat(good.locks().tryAcquire("report", LEASE)).isPresent();
      assertThat(good.locks().get(r -> r.setName("report")).getLabel()).contains("orders");
    }
    assertRefused(orders(), ErrorReason.ERROR_REASON_UNAUTHENTICATED, Status.Code.UNAUTHENTICATED);
    assertRefused(
        orders().token("wrong"),
        ErrorReason.ERROR_REASON_UNAUTHENTICATED,
        Status.Code.UNAUTHENTICATED);
    assertRefused(
        orders().token(TOKEN).namespace("other"),
        ErrorReason.ERROR_REASON_PERMISSION_DENIED,
        Status.Code.PERMISSION_DENIED);
  }

  @Test
  void refusedCallsAreNotRepeated() {
    AtomicInteger asked = new AtomicInteger();
    try (Quoin stranger = orders().namespace("other").token(counting(asked)).build()) {
      assertThatThrownBy(() -> stranger.locks().get(r -> r.setName("report")))
          .isInstanceOf(QuoinException.class);
      assertThat(asked).hasValue(1);

      assertThatThrownBy(
              () ->
                  stranger
                      .locks()
                      .watch(r -> r.setName("report"), response -> {})
                      .ended()
                      .get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(QuoinException.class)
          .hasMessageContaining("may not call");
      assertThat(asked).hasValue(2);
    }
  }

  @Test
  void whatIsNoTokenIsRefusedAtOnce() {
    for (String bad : new String[] {"", "two words", "line\n", "ümlaut"}) {
      assertThatThrownBy(() -> Quoin.builder().token(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a token must be printable ASCII without spaces");
    }
  }

  @Test
  void streamAsksForATokenEachTimeItIsOpened() {
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger seen = new AtomicInteger();
    Supplier<String> token =
        () -> {
          // The second time, which is when the stream is opened again, there is none.
          if (asked.incrementAndGet() == 2) {
            throw new IllegalStateException("no token today");
          }
          return TOKEN;
        };
    try (Quoin quoin = orders().token(token).build()) {
      ResumableStream<WatchRequest, WatchResponse> watch =
          quoin.locks().watch(r -> r.setName("report"), response -> seen.incrementAndGet());
      watch.ready().join();

      server.stop();
      server.start();

      Eventually.until("it is open again", () -> asked.get() > 2 && seen.get() > 1);
      assertThat(watch.ended()).isNotDone();
    }
  }

  @Test
  void functionForTokensMayDoAnything() {
    RuntimeException mine = new IllegalStateException("no token today");
    assertFails(
        () -> {
          throw mine;
        },
        mine);
    assertFails(
        () -> {
          throw new AssertionError("not even an exception");
        },
        null);
    assertFails(() -> null, null);
    assertFails(() -> "no\ntoken", null);
  }

  /** Also while it is asked by calls that wait for a token already. */
  @Test
  void functionThatBlocksTakesNoLongerThanTheCall() {
    CountDownLatch release = new CountDownLatch(1);
    Supplier<String> blocking =
        () -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return TOKEN;
        };
    try (Quoin slow = orders().deadline(Duration.ofMillis(200)).token(blocking).build();
        Quoin good = orders().token(() -> TOKEN).build()) {
      for (int i = 0; i < 40; i++) {
        assertThat(failure(slow).code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
      }
      GetResponse answer = good.locks().get(r -> r.setName("report"));
      assertThat(answer.getHeld()).isFalse();
    } finally {
      release.countDown();
    }
  }

  /** Stubs that are generated elsewhere say it, too. */
  @Test
  void channelSendsTheToken() {
    try (Quoin good = orders().token(TOKEN).build()) {
      assertThat(
              LocksGrpc.newBlockingStub(good.channel())
                  .get(dev.quoin.locks.v1.GetRequest.newBuilder().setName("report").build())
                  .getHeld())
          .isFalse();
    }
  }

  private void assertFails(Supplier<String> token, Throwable cause) {
    try (Quoin bad = orders().token(token).build();
        Quoin good = orders().token(TOKEN).build()) {
      QuoinException failure = failure(bad);
      assertThat(failure.code()).isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(failure.reason()).isEqualTo(ErrorReason.ERROR_REASON_UNSPECIFIED);
      assertThat(failure).hasMessageStartingWith("the token callback failed: ");
      if (cause != null) {
        assertThat(failure).hasRootCause(cause);
      }
      good.locks().get(r -> r.setName("report"));
    }
  }

  private static void assertRefused(QuoinBuilder client, ErrorReason reason, Status.Code code) {
    try (Quoin quoin = client.build()) {
      QuoinException refused = failure(quoin);
      assertThat(refused.reason()).isEqualTo(reason);
      assertThat(refused.code()).isEqualTo(code);
    }
  }

  private static QuoinException failure(Quoin quoin) {
    return catchThrowableOfType(
        QuoinException.class, () -> quoin.locks().get(r -> r.setName("report")));
  }

  private static Supplier<String> counting(AtomicInteger asked) {
    return () -> {
      asked.incrementAndGet();
      return TOKEN;
    };
  }

  private QuoinBuilder orders() {
    return Quoin.builder()
        .address(server.address())
        .namespace("orders")
        .deadline(Duration.ofSeconds(20));
  }

  private String file(String text) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "file", ".yaml"), text).toString();
  }
}
