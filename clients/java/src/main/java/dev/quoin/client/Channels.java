// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * The connections of a client. A server lets a connection have a limited number of open calls, and
 * gRPC for Java holds back those beyond it: a renewal would wait for a stream to end. So when all
 * connections have as many calls as they may, there is another one.
 */
final class Channels extends Channel {
  private static final int MOST_CHANNELS = 64;

  private final int callsPerConnection;
  private final IntFunction<ManagedChannel> factory;
  private final List<Connection> connections = new CopyOnWriteArrayList<>();
  private boolean closed;

  /**
   * @param factory makes a channel, given how many there are
   */
  Channels(int callsPerConnection, IntFunction<ManagedChannel> factory) {
    this.callsPerConnection = callsPerConnection;
    this.factory = factory;
    add();
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    Connection connection = reserve();
    return new CountedCall<>(connection.channel.newCall(method, options), connection.calls);
  }

  @Override
  public String authority() {
    return connections.get(0).channel.authority();
  }

  /** Ends all connections and the calls on them. */
  void shutdownNow() {
    synchronized (this) {
      closed = true;
    }
    connections.forEach(connection -> connection.channel.shutdownNow());
  }

  /** Waits a second at most until all connections have ended. */
  void awaitTermination() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    for (Connection connection : connections) {
      connection.channel.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
  }

  /** A connection with room for a call, which is counted; the least busy one when none has. */
  private Connection reserve() {
    for (Connection connection : connections) {
      if (connection.reserve(callsPerConnection)) {
        return connection;
      }
    }
    return reserveAnother();
  }

  private synchronized Connection reserveAnother() {
    for (Connection connection : connections) {
      if (connection.reserve(callsPerConnection)) {
        return connection;
      }
    }
    Connection connection =
        closed || connections.size() == MOST_CHANNELS
            ? connections.stream()
                .min(Comparator.comparingInt(one -> one.calls.get()))
                .orElseThrow()
            : add();
    connection.calls.incrementAndGet();
    return connection;
  }

  private Connection add() {
    Connection connection = new Connection(factory.apply(connections.size()), new AtomicInteger());
    connections.add(connection);
    return connection;
  }

  private record Connection(ManagedChannel channel, AtomicInteger calls) {
    boolean reserve(int most) {
      int open = calls.get();
      while (open < most) {
        if (calls.compareAndSet(open, open + 1)) {
          return true;
        }
        open = calls.get();
      }
      return false;
    }
  }

  /** A call that counts until it has ended. */
  private static final class CountedCall<Q, R> extends SimpleForwardingClientCall<Q, R> {
    private final AtomicInteger open;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean started;

    CountedCall(ClientCall<Q, R> call, AtomicInteger open) {
      super(call);
      this.open = open;
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
      started = true;
      super.start(
          new SimpleForwardingClientCallListener<>(listener) {
            @Override
            public void onClose(Status status, Metadata trailers) {
              end();
              super.onClose(status, trailers);
            }
          },
          headers);
    }

    @Override
    public void cancel(String message, Throwable cause) {
      super.cancel(message, cause);
      if (!started) {
        end();
      }
    }

    private void end() {
      if (ended.compareAndSet(false, true)) {
        open.decrementAndGet();
      }
    }
  }
}
