// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A channel that this server listens to once, for all of its callers that want to hear it. Kept by
 * {@link SharedSubscriptions}.
 */
public abstract class SharedSubscription implements PubSub.Listener {
  private final PubSub pubSub;
  private final String channel;
  private CompletableFuture<Void> listening;

  /** Whether nobody used it when it was last checked; guarded by {@link SharedSubscriptions}. */
  boolean wasUnused;

  protected SharedSubscription(PubSub pubSub, String channel) {
    this.pubSub = pubSub;
    this.channel = channel;
  }

  /** The channel, which is also the identity. */
  public final String channel() {
    return channel;
  }

  /** Whether nobody wants to hear the channel now. */
  public abstract boolean isUnused();

  /** Nobody has wanted to hear the channel for a while: timers are to be ended. */
  protected abstract void closed();

  /** Subscribes, unless that was done before. Done once every later hint is heard. */
  protected final CompletionStage<Void> listen() {
    CompletableFuture<Void> heard = new CompletableFuture<>();
    synchronized (this) {
      if (listening != null) {
        return listening;
      }
      listening = heard;
    }
    pubSub
        .subscribe(channel, this)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                heard.complete(null);
                return;
              }
              synchronized (this) {
                listening = null;
              }
              heard.completeExceptionally(failure);
            });
    return heard;
  }

  final void close() {
    boolean listens;
    synchronized (this) {
      listens = listening != null;
    }
    if (listens) {
      pubSub.unsubscribe(channel);
    }
    closed();
  }
}
