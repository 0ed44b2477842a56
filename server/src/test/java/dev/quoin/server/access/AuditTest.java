// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.access.v1.Permission;
import io.grpc.Attributes;
import io.grpc.Metadata;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The record of calls, where writing it takes long. */
final class AuditTest {
  private static final RpcMethod REVOKE =
      new RpcMethod("quoin.locks.v1.Locks", "Revoke", Permission.PERMISSION_ADMIN, true);

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
      add(audit, "");
      assertThat(writing.await(20, TimeUnit.SECONDS)).isTrue();

      CompletableFuture<Void> calls =
          CompletableFuture.runAsync(
              () -> {
                add(audit, "");
                add(audit, "ERROR_REASON_PERMISSION_DENIED");
              });

      try {
        assertThat(calls).succeedsWithin(10, TimeUnit.SECONDS);
      } finally {
        written.countDown();
      }
    }
  }

  private static void add(Audit audit, String refusal) {
    audit.add("ann", REVOKE, "shop", new Metadata(), Attributes.EMPTY, refusal);
  }
}
