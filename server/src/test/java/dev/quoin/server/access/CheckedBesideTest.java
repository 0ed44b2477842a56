// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.ECKey;
import dev.quoin.access.v1.Permission;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.settings.SettingsReader;
import io.grpc.Attributes;
import io.grpc.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signatures are checked where it delays nobody but who sent them. */
final class CheckedBesideTest {
  private static final ECKey KEY = TestJwts.key("one");
  private static final RpcMethod GET =
      new RpcMethod("quoin.locks.v1.Locks", "Get", Permission.PERMISSION_READ, false);

  @TempDir Path folder;
  private final Queue<Runnable> beside = new ArrayDeque<>();
  private Access access;

  @BeforeEach
  void open() throws IOException {
    Path keys = Files.writeString(folder.resolve("keys.json"), TestJwts.set(KEY));
    access =
        new Access(
            SettingsReader.read(
                null,
                Map.of(),
                Map.of(
                    "jwt-keys", keys.toString(),
                    "jwt-issuer", TestJwts.ISSUER,
                    "jwt-audience", TestJwts.AUDIENCE)),
            new RpcMethods(List.of()),
            new Audit(""),
            this::later);
  }

  private CompletableFuture<Principal> later(Supplier<Principal> check) {
    CompletableFuture<Principal> checked = new CompletableFuture<>();
    beside.add(
        () -> {
          try {
            checked.complete(check.get());
          } catch (ApiException e) {
            checked.completeExceptionally(e);
          }
        });
    return checked;
  }

  @AfterEach
  void close() {
    access.close();
  }

  @Test
  void newTokenIsCheckedOnceAndThenKnownAtOnce() {
    String jwt = TestJwts.signed(KEY, "orders", Map.of());
    List<CompletableFuture<Caller>> calls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      calls.add(admit(jwt));
    }
    assertThat(calls).noneMatch(CompletableFuture::isDone);
    assertThat(beside).hasSize(1);

    beside.remove().run();

    assertThat(calls).allMatch(call -> call.join().principal().name().equals("orders"));
    assertThat(admit(jwt)).isCompleted();
    assertThat(beside).isEmpty();
  }

  @Test
  void forgedTokenIsRefusedAfterwards() {
    String forged = TestJwts.signed(TestJwts.key("one"), "orders", Map.of());
    CompletableFuture<Caller> call = admit(forged);
    assertThat(call).isNotDone();

    beside.remove().run();

    assertThatThrownBy(call::join)
        .hasCauseInstanceOf(ApiException.class)
        .hasMessageContaining("not signed by a key of its issuer");
    // Nothing is known of it: the issuer may have a new key by then.
    assertThat(admit(forged)).isNotDone();
    assertThat(beside).hasSize(1);
  }

  /** A flood of forged ones takes the threads beside the loops, and nothing else. */
  @Test
  void knownTokensDoNotWaitForThoseThatAreChecked() {
    String known = TestJwts.signed(KEY, "orders", Map.of());
    admit(known);
    beside.remove().run();
    for (int i = 0; i < 50; i++) {
      admit(TestJwts.signed(TestJwts.key("one"), "stranger-" + i, Map.of()));
    }

    assertThat(beside).hasSize(50);
    assertThat(admit(known)).isCompleted();
  }

  @Test
  void whatIsTooMuchToCheckIsRefusedForTheMoment() throws IOException {
    ApiException full = new ApiException(ErrorReason.ERROR_REASON_OVERLOADED, "too much");
    Path keys = folder.resolve("keys.json");
    try (Access busy =
        new Access(
            SettingsReader.read(
                null,
                Map.of(),
                Map.of(
                    "jwt-keys", keys.toString(),
                    "jwt-issuer", TestJwts.ISSUER,
                    "jwt-audience", TestJwts.AUDIENCE)),
            new RpcMethods(List.of()),
            new Audit(""),
            check -> CompletableFuture.failedFuture(full))) {
      String jwt = TestJwts.signed(KEY, "orders", Map.of());

      assertThatThrownBy(() -> admit(busy, jwt).join()).hasCause(full);
      assertThatThrownBy(() -> admit(busy, jwt).join()).hasCause(full);
    }
  }

  private CompletableFuture<Caller> admit(String jwt) {
    return admit(access, jwt);
  }

  private static CompletableFuture<Caller> admit(Access access, String jwt) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + jwt);
    return access.admit(access.attempt(GET, "default", headers, Attributes.EMPTY));
  }
}
