// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.AnnounceResponse;
import dev.quoin.server.config.InstanceStore.Announced;
import dev.quoin.server.redis.RetryUntil;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.Streams;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** One Announce: keeps an instance known, and takes it out when the call ends. */
final class Announcement {
  private static final long BEAT_MILLIS = 5_000;
  private static final long RETRY_MILLIS = 500;

  private final InstanceStore instances;
  private final Timer timer;
  private final Announced what;
  private final Call call;
  private final ResponseStream<AnnounceResponse> responses;
  private volatile boolean ended;
  private volatile long expireMillis;
  private volatile long lastBeat = System.nanoTime();

  Announcement(
      InstanceStore instances,
      Timer timer,
      Announced what,
      Call call,
      ResponseStream<AnnounceResponse> responses) {
    this.instances = instances;
    this.timer = timer;
    this.what = what;
    this.call = call;
    this.responses = responses;
  }

  void begin() {
    call.onCancel(() -> ended = true);
    instances.announce(what, true).whenComplete(this::begun);
  }

  private void begun(Long ends, Throwable failure) {
    if (failure != null) {
      // Redis may have done it, and answered nobody.
      leave();
      responses.fail(failure);
      return;
    }
    expireMillis = ends;
    responses.send(
        AnnounceResponse.newBuilder()
            .setAnnounced(
                AnnounceResponse.Announced.newBuilder()
                    .setInstance(what.instance())
                    .setExpireTime(Timestamps.fromMillis(ends)))
            .build());
    call.onCancel(
        () -> {
          ended = true;
          leave();
        });
    call.onDrain(this::drain);
    renewIn(period());
  }

  private long period() {
    return Math.min(BEAT_MILLIS, what.leaseMillis() / 3);
  }

  private void renewIn(long millis) {
    if (!ended) {
      timer.newTimeout(t -> renew(), millis, TimeUnit.MILLISECONDS);
    }
  }

  private void renew() {
    if (ended) {
      return;
    }
    instances
        .announce(what, false)
        .whenComplete(
            (ends, failure) -> {
              if (ended) {
                return;
              }
              if (failure != null) {
                beat(false);
                renewIn(RETRY_MILLIS);
              } else if (ends == InstanceStore.REPLACED) {
                replaced();
              } else {
                expireMillis = ends;
                beat(true);
                renewIn(period());
              }
            });
  }

  /** Shows that the stream is alive; when nothing is new, only now and then. */
  private void beat(boolean renewed) {
    long now = System.nanoTime();
    if (renewed || now - lastBeat >= TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS - RETRY_MILLIS)) {
      lastBeat = now;
      responses.conflate(
          AnnounceResponse.newBuilder().setHeartbeat(Streams.lease(expireMillis)).build());
    }
  }

  private void replaced() {
    ended = true;
    responses.send(
        AnnounceResponse.newBuilder()
            .setReplaced(AnnounceResponse.Replaced.getDefaultInstance())
            .build());
    responses.complete();
  }

  /** The lease starts anew and goes on, so that the caller can announce elsewhere in peace. */
  private void drain() {
    ended = true;
    call.onCancel(() -> {});
    instances
        .announce(what, false)
        .whenComplete(
            (ends, failure) -> {
              responses.send(
                  AnnounceResponse.newBuilder().setReconnect(Streams.draining()).build());
              responses.complete();
            });
  }

  private CompletionStage<?> leave() {
    return RetryUntil.run(
        timer, Duration.ofMillis(what.leaseMillis()), () -> instances.leave(what));
  }
}
