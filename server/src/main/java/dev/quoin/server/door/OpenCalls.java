// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts calls that are open, to know when there are none any more. */
final class OpenCalls {
  private final AtomicInteger count = new AtomicInteger();
  private final CompletableFuture<Void> none = new CompletableFuture<>();
  private volatile boolean drains;

  /** Begins a call, which ends with its response; false when no call may begin any more. */
  boolean begin(HttpResponse response) {
    count.incrementAndGet();
    if (drains) {
      end();
      return false;
    }
    response.whenComplete().whenComplete((done, failure) -> end());
    return true;
  }

  /** Lets no call begin from now on; completes when those that are open have ended. */
  CompletableFuture<Void> drain() {
    drains = true;
    look();
    return none;
  }

  private void end() {
    count.decrementAndGet();
    look();
  }

  private void look() {
    if (drains && count.get() == 0) {
      none.complete(null);
    }
  }
}
