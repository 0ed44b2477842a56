// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.settings.Settings;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Reads the bodies of requests, within bounds: the bytes of all that have begun to arrive and are
 * not complete, and the time each takes. Armeria bounds each of them by itself.
 */
final class Bodies {
  private static final String OVERLOADED =
      "the server keeps as much of unfinished requests as it may, call again";

  private final long most;
  private final Duration longest;
  private final AtomicLong unfinished = new AtomicLong();
  private final Set<Body> open = ConcurrentHashMap.newKeySet();
  private volatile boolean drains;

  Bodies(Settings settings) {
    this.most = settings.maxUnfinishedBytes();
    this.longest = settings.requestTimeout();
  }

  /** The body of a request, or why there is none; told on the event loop. */
  CompletableFuture<byte[]> read(HttpRequest request, EventLoop loop) {
    Body body = new Body(loop);
    request.subscribe(body, loop);
    return body.whole;
  }

  /** Awaits no body any longer, as their calls have not begun. */
  void drain() {
    drains = true;
    open.forEach(Body::shutDown);
  }

  /** Counts a body that is complete and waits to be read; throws when there are too many. */
  void keep(byte[] body) {
    if (unfinished.addAndGet(body.length) > most) {
      release(body);
      throw new ApiException(ErrorReason.ERROR_REASON_OVERLOADED, OVERLOADED);
    }
  }

  /** Such a body has been read. */
  void release(byte[] body) {
    unfinished.addAndGet(-body.length);
  }

  private final class Body implements Subscriber<HttpObject> {
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final EventLoop loop;
    private final ScheduledFuture<?> alarm;
    private Subscription source;

    Body(EventLoop loop) {
      this.loop = loop;
      alarm = loop.schedule(this::isLate, longest.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      source = subscription;
      open.add(this);
      if (drains) {
        shutDown();
      }
      source.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(HttpObject part) {
      if (!(part instanceof HttpData data) || whole.isDone()) {
        return;
      }
      bytes.writeBytes(data.array());
      if (unfinished.addAndGet(data.length()) > most) {
        fail(new ApiException(ErrorReason.ERROR_REASON_OVERLOADED, OVERLOADED));
      }
    }

    @Override
    public void onError(Throwable failure) {
      end();
      whole.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      end();
      whole.complete(bytes.toByteArray());
    }

    private void isLate() {
      if (!whole.isDone()) {
        fail(
            new ApiException(
                ErrorReason.ERROR_REASON_REQUEST_INCOMPLETE,
                "the request did not arrive within " + longest.toMillis() + " ms"));
      }
    }

    private void shutDown() {
      loop.execute(
          () -> {
            if (!whole.isDone()) {
              fail(ApiException.shuttingDown());
            }
          });
    }

    private void fail(ApiException why) {
      end();
      whole.completeExceptionally(why);
      source.cancel();
    }

    /** The first end counts. */
    private void end() {
      alarm.cancel(false);
      open.remove(this);
      if (!whole.isDone()) {
        unfinished.addAndGet(-bytes.size());
      }
    }
  }
}
