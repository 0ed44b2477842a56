// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.AnnounceRequest;
import dev.quoin.config.v1.AnnounceResponse;
import dev.quoin.config.v1.ConfigGrpc;
import java.util.concurrent.CompletableFuture;

/**
 * An instance of a service that is known as long as this object is open, whichever server has the
 * call. It is announced again when a server goes away; within its lease nobody sees a difference.
 */
public final class Announcement implements AutoCloseable {
  private final ClientCore core;
  private AnnounceRequest request;
  private ResumableStream<AnnounceRequest, AnnounceResponse> stream;

  /** The call before, which keeps the instance known until the newer one does. */
  private ResumableStream<AnnounceRequest, AnnounceResponse> before;

  private CompletableFuture<Void> known = new CompletableFuture<>();
  private boolean replaced;
  private boolean over;

  Announcement(ClientCore core, AnnounceRequest request) {
    this.core = core;
    this.request = request;
    announce();
  }

  /** Name of the instance. */
  public synchronized String instance() {
    return request.getInstance();
  }

  /**
   * Done as soon as the instance is known as it was last announced. Fails with {@link
   * InvalidRequestException} when it cannot be.
   */
  public synchronized CompletableFuture<Void> ready() {
    return known.copy();
  }

  /** Says that the instance is about to go; it stays known until it is closed. */
  public void drain() {
    synchronized (this) {
      if (request.getDraining() || over) {
        return;
      }
      request = request.toBuilder().setDraining(true).build();
      known = new CompletableFuture<>();
    }
    announce();
  }

  /** Whether somebody else announced an instance of the same name; this one is over then. */
  public synchronized boolean isReplaced() {
    return replaced;
  }

  /** Takes the instance away. */
  @Override
  public void close() {
    ResumableStream<?, ?> last;
    ResumableStream<?, ?> first;
    synchronized (this) {
      over = true;
      last = stream;
      first = before;
    }
    last.close();
    if (first != null) {
      first.close();
    }
  }

  /** The new call takes the instance over from the one before, which ends only then. */
  private synchronized void announce() {
    ResumableStream<?, ?> outgoing = stream;
    before = stream;
    AnnounceRequest wanted = request;
    CompletableFuture<Void> done = known;
    stream =
        new ResumableStream<>(
            core,
            ConfigGrpc.getAnnounceMethod(),
            () -> wanted,
            message -> take(message, wanted, outgoing, done),
            failure -> {
              if (failure instanceof InvalidRequestException) {
                done.completeExceptionally(failure);
              }
            });
    stream.open();
  }

  private void take(
      AnnounceResponse message,
      AnnounceRequest announced,
      ResumableStream<?, ?> outgoing,
      CompletableFuture<Void> done) {
    if (message.hasAnnounced()) {
      if (outgoing != null) {
        outgoing.close();
      }
      done.complete(null);
    } else if (message.hasReplaced()) {
      replaced(announced);
    }
  }

  private void replaced(AnnounceRequest announced) {
    synchronized (this) {
      if (announced != request) {
        // By our own newer call.
        return;
      }
      replaced = true;
    }
    close();
  }
}
