// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what callers make the server keep of requests that have begun and are not complete: their
 * bytes, of one request, of one connection and of all callers together, and the time they take. A
 * single request may use more than the share of its connection. gRPC itself bounds the size of a
 * request, too, but would refuse without a reason that clients can read.
 */
public final class IncompleteRequests extends ServerStreamTracer.Factory
    implements ServerInterceptor {
  private static final Context.Key<Arrival> ARRIVAL = Context.key("quoin-arrival");
  private static final Attributes.Key<AtomicLong> CONNECTION =
      Attributes.Key.create("quoin-incomplete-requests");
  private static final long PERIOD_MILLIS = 500;

  /** The part of the bytes that one connection may have. */
  private static final int SHARE = 4;

  private final Timer timer;
  private final Executor executor;
  private final Duration longest;
  private final int mostOfOne;
  private final long mostBytes;
  private final AtomicLong bytes = new AtomicLong();
  private final Set<Arrival> open = ConcurrentHashMap.newKeySet();

  /**
   * @param executor runs refusals
   * @param longest for how long a request may be incomplete
   * @param mostOfOne bytes of one request
   * @param mostBytes bytes of all that are not complete
   */
  public IncompleteRequests(
      Timer timer, Executor executor, Duration longest, int mostOfOne, long mostBytes) {
    this.timer = timer;
    this.executor = executor;
    this.longest = longest;
    this.mostOfOne = mostOfOne;
    this.mostBytes = mostBytes;
    lookLater();
  }

  /** Counts for each connection. */
  public ServerTransportFilter connections() {
    return new ServerTransportFilter() {
      @Override
      public Attributes transportReady(Attributes transport) {
        return transport.toBuilder().set(CONNECTION, new AtomicLong()).build();
      }
    };
  }

  /** Bytes of unfinished requests now. */
  long bytes() {
    return bytes.get();
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    return new Arrival();
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> server, Metadata headers, ServerCallHandler<Q, R> next) {
    Arrival arrival = ARRIVAL.get();
    Guarded<Q, R> guarded = new Guarded<>(server);
    ServerCall.Listener<Q> listener = next.startCall(guarded, headers);
    arrival.begin(
        server.getAttributes().get(CONNECTION),
        server.getMethodDescriptor().getType().clientSendsOneMessage(),
        failure -> {
          if (guarded.closeFirst(failure)) {
            listener.onCancel();
          }
        });
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onHalfClose() {
        arrival.end();
        super.onHalfClose();
      }
    };
  }

  private void lookLater() {
    timer.newTimeout(
        t -> {
          long now = System.nanoTime();
          open.forEach(arrival -> arrival.look(now));
          lookLater();
        },
        PERIOD_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  /** Lets one side close a call that two may want to close. */
  private static final class Guarded<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean refused;

    Guarded(ServerCall<Q, R> server) {
      super(server);
    }

    boolean closeFirst(StatusRuntimeException failure) {
      if (!closed.compareAndSet(false, true)) {
        return false;
      }
      refused = true;
      super.close(failure.getStatus(), failure.getTrailers());
      return true;
    }

    @Override
    public void sendHeaders(Metadata headers) {
      if (!refused) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public void sendMessage(R message) {
      if (!refused) {
        super.sendMessage(message);
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      if (closed.compareAndSet(false, true)) {
        super.close(status, trailers);
      }
    }
  }

  /** Ends a call. */
  private interface Refuser {
    void refuse(StatusRuntimeException failure);
  }

  /** What has come of one call; told by the thread of its connection. */
  private final class Arrival extends ServerStreamTracer {
    private final AtomicLong kept = new AtomicLong();
    private volatile AtomicLong connection;

    /** When the request that is not complete began; 0 while there is none. */
    private volatile long since;

    private volatile Refuser refuser;

    @Override
    public Context filterContext(Context context) {
      return context.withValue(ARRIVAL, this);
    }

    void begin(AtomicLong connection, boolean sendsOne, Refuser refuser) {
      connection.addAndGet(kept.get());
      this.connection = connection;
      this.refuser = refuser;
      if (sendsOne) {
        since = System.nanoTime();
      }
      open.add(this);
    }

    /** All has come. */
    void end() {
      open.remove(this);
      since = 0;
    }

    @Override
    public void inboundWireSize(long size) {
      if (kept.getAndAdd(size) == 0 && since == 0) {
        since = System.nanoTime();
      }
      if (kept.get() > mostOfOne) {
        refuse(
            ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
            "the request is larger than " + mostOfOne + " bytes");
      }
      long own = connection == null ? 0 : connection.addAndGet(size);
      if (bytes.addAndGet(size) > mostBytes || own > mostBytes / SHARE && own > kept.get()) {
        refuse(
            ErrorReason.ERROR_REASON_OVERLOADED,
            "the server keeps as much of unfinished requests as it may, call again");
      }
    }

    @Override
    public void inboundMessageRead(int sequence, long wireSize, long uncompressedSize) {
      keepNothing();
      since = 0;
    }

    private void keepNothing() {
      long size = kept.getAndSet(0);
      bytes.addAndGet(-size);
      if (connection != null) {
        connection.addAndGet(-size);
      }
    }

    @Override
    public void streamClosed(Status status) {
      open.remove(this);
      keepNothing();
    }

    void look(long now) {
      long begin = since;
      if (begin != 0 && now - begin > longest.toNanos()) {
        refuse(
            ErrorReason.ERROR_REASON_REQUEST_INCOMPLETE,
            "the request did not arrive within " + longest.toMillis() + " ms");
      }
    }

    private void refuse(ErrorReason reason, String why) {
      Refuser known = refuser;
      if (known != null) {
        // Not here: this may be in the midst of reading the request.
        executor.execute(() -> known.refuse(ErrorMapper.status(new ApiException(reason, why), "")));
      }
    }
  }
}
