// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.access.v1.Permission;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import io.grpc.Attributes;
import io.grpc.Metadata;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The record of calls, where writing it takes long. */
final class AuditTest {
  private static final RpcMethod REVOKE =
      new RpcMethod("quoin.locks.v1.Locks", "Revoke", Permission.PERMISSION_ADMIN, true);

  private static final ApiException DENIED =
      new ApiException(ErrorReason.ERROR_REASON_PERMISSION_DENIED, "no");

  private static final ApiException UNKNOWN =
      new ApiException(ErrorReason.ERROR_REASON_UNAUTHENTICATED, "the token is not known");

  @Test
  void slowWriterDelaysNoCall() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch written = new CountDownLatch(1);
    try (Audit audit = new Audit("")) {
      audit.tell(
          (namespace, line) -> {
            writing.countDown();
            try {
              written.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      audit.allowed(attempt("ann"));
      assertThat(writing.await(20, TimeUnit.SECONDS)).isTrue();

      CompletableFuture<Void> calls =
          CompletableFuture.runAsync(
              () -> {
                audit.allowed(attempt("ann"));
                audit.refused(attempt("ann"), DENIED);
              });

      try {
        assertThat(calls).succeedsWithin(10, TimeUnit.SECONDS);
      } finally {
        written.countDown();
      }
    }
  }

  /** However loud one is, it is seen what others try. */
  @Test
  void loudCallerHidesNobodyElse() {
    List<String> lines = new CopyOnWriteArrayList<>();
    try (Audit audit = new Audit("")) {
      audit.tell((namespace, line) -> lines.add(line));
      // For at least a second, however fast this machine is.
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1_100);
      while (System.nanoTime() - end < 0) {
        audit.refused(attempt("loud"), DENIED);
      }
      audit.refused(attempt("quiet"), DENIED);
      audit.refused(attempt(""), UNKNOWN);
      for (int i = 0; i < 1_000; i++) {
        audit.refused(attempt(""), UNKNOWN);
      }
    }

    assertThat(lines).filteredOn(line -> line.contains("\"principal\":\"quiet\"")).hasSize(1);
    assertThat(lines)
        .filteredOn(line -> line.contains("\"principal\":\"\""))
        .hasSizeBetween(1, 60)
        .allMatch(line -> line.contains("\"message\":\"the token is not known\""));
    assertThat(lines).filteredOn(line -> line.contains("loud")).hasSizeBetween(20, 80);
    assertThat(lines).anyMatch(line -> line.contains("left_out_before"));
  }

  private static Attempt attempt(String principal) {
    Attempt attempt = new Attempt(REVOKE, "shop", new Metadata(), Attributes.EMPTY, new Object());
    attempt.isOf(Principal.of(principal, Instant.MAX));
    return attempt;
  }
}
