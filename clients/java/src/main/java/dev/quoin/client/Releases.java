// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Gives a grant back. It is repeated while no server can be reached, within the default deadline;
 * not holding it then means that it is free of us, which is all that is wanted.
 */
final class Releases {
  private final ClientCore core;
  private final LeaseCalls calls;
  private final String token;
  private final long end;

  private Releases(ClientCore core, LeaseCalls calls, String token) {
    this.core = core;
    this.calls = calls;
    this.token = token;
    this.end = System.nanoTime() + core.deadline().toNanos();
  }

  static CompletableFuture<Void> release(ClientCore core, LeaseCalls calls, String token) {
    CompletableFuture<Void> released = new Releases(core, calls, token).attempt();
    core.awaited(released);
    return released;
  }

  private CompletableFuture<Void> attempt() {
    Duration left = Duration.ofNanos(end - System.nanoTime());
    return calls
        .release(token, left)
        .handle((response, failure) -> failure == null ? done() : failed(failure))
        .thenCompose(outcome -> outcome);
  }

  private CompletableFuture<Void> failed(Throwable thrown) {
    QuoinException failure = QuoinException.from(thrown);
    if (failure instanceof NotHeldException) {
      return done();
    }
    Duration pause = Retries.pause(core.deadline());
    if (!(failure instanceof UnavailableException)
        || System.nanoTime() + pause.toNanos() - end >= 0) {
      return CompletableFuture.failedFuture(new CompletionException(failure));
    }
    CompletableFuture<Void> again = new CompletableFuture<>();
    core.after(pause, () -> again.complete(null));
    return again.thenCompose(now -> attempt());
  }

  private static CompletableFuture<Void> done() {
    return CompletableFuture.completedFuture(null);
  }
}
