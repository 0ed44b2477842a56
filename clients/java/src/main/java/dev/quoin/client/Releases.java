// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.ReleaseRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Gives a lock back. It is repeated while no server can be reached, within the default deadline;
 * LOCK_NOT_HELD then means that the lock is free of us, which is all that is wanted.
 */
final class Releases {
  private final Link link;
  private final ReleaseRequest request;
  private final long end;

  private Releases(Link link, String name, String token) {
    this.link = link;
    this.request = ReleaseRequest.newBuilder().setName(name).setToken(token).build();
    this.end = System.nanoTime() + link.deadline().toNanos();
  }

  static CompletableFuture<Void> release(Link link, String name, String token) {
    return new Releases(link, name, token).attempt();
  }

  private CompletableFuture<Void> attempt() {
    Duration left = Duration.ofNanos(end - System.nanoTime());
    return link.call(LocksGrpc.getReleaseMethod(), request, left)
        .handle((response, failure) -> failure == null ? done() : failed(failure))
        .thenCompose(outcome -> outcome);
  }

  private CompletableFuture<Void> failed(Throwable thrown) {
    QuoinException failure = QuoinException.from(thrown);
    if (failure instanceof LockNotHeldException) {
      return done();
    }
    Duration pause = Retries.pause(link.deadline());
    if (!(failure instanceof UnavailableException)
        || System.nanoTime() + pause.toNanos() - end >= 0) {
      return CompletableFuture.failedFuture(new CompletionException(failure));
    }
    CompletableFuture<Void> again = new CompletableFuture<>();
    link.after(
        pause,
        () -> {
          link.reconnect();
          again.complete(null);
        });
    return again.thenCompose(now -> attempt());
  }

  private static CompletableFuture<Void> done() {
    return CompletableFuture.completedFuture(null);
  }
}
