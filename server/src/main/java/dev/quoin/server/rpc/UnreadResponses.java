// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.MessageLite;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import io.grpc.Attributes;
import io.grpc.ServerCall;
import io.grpc.ServerTransportFilter;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the bytes of responses that the server keeps because their readers have not taken them;
 * gRPC itself keeps whatever it is given. A connection has a share: when it is used up, the streams
 * of the connection wait and calls with one response are refused. When the sum of all connections
 * is used up, both are refused. Each may be exceeded by one response.
 *
 * <p>What a stream has unread while gRPC calls it ready, less than 32 KiB, is not counted: nothing
 * tells when it has been read.
 */
public final class UnreadResponses extends ServerTransportFilter {
  private static final Attributes.Key<Connection> CONNECTION =
      Attributes.Key.create("quoin-unread-responses");

  /** A shorter response is not counted: its call takes as much memory by itself. */
  private static final int SHORT = 4_096;

  /** The part of the sum that one connection may have. */
  private static final int SHARE = 4;

  private final long most;
  private final Executor executor;
  private final AtomicLong bytes = new AtomicLong();

  /**
   * @param most bytes of all connections together
   * @param executor runs streams that waited
   */
  public UnreadResponses(long most, Executor executor) {
    this.most = most;
    this.executor = executor;
  }

  @Override
  public Attributes transportReady(Attributes transport) {
    return transport.toBuilder().set(CONNECTION, new Connection()).build();
  }

  /** Begins to count for a call. */
  OfCall of(ServerCall<?, ?> call) {
    Connection connection = call.getAttributes().get(CONNECTION);
    return new OfCall(connection == null ? new Connection() : connection);
  }

  /** Bytes counted now. */
  long bytes() {
    return bytes.get();
  }

  /** What one call has unread. */
  final class OfCall {
    private final Connection connection;
    private long counted;

    private OfCall(Connection connection) {
      this.connection = connection;
    }

    /** Counts the one response of a call; throws when it may not be sent. */
    void addOnly(Object response) {
      add(response, true);
    }

    /** Counts a response of a stream; throws when it may not be sent. */
    void add(Object response) {
      add(response, false);
    }

    private void add(Object response, boolean only) {
      int size = response instanceof MessageLite message ? message.getSerializedSize() : 0;
      if (size >= SHORT) {
        connection.enter(size, only);
        synchronized (this) {
          counted += size;
        }
      }
    }

    /** What was counted has been read, or nobody reads it any more. */
    void clear() {
      long size;
      synchronized (this) {
        size = counted;
        counted = 0;
      }
      if (size > 0) {
        connection.exit(size);
      }
    }

    /** Whether there is room for a response; when there is none, runs the action once there is. */
    boolean hasRoomOr(Runnable whenThereIs) {
      return connection.hasRoomOr(whenThereIs);
    }
  }

  /** What the calls of one connection have unread together. */
  private final class Connection {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private long unread;

    synchronized void enter(int size, boolean only) {
      if (bytes.get() >= most || only && !hasRoom()) {
        throw new ApiException(
            ErrorReason.ERROR_REASON_OVERLOADED,
            "the server keeps as many bytes of responses that were not read as it may");
      }
      unread += size;
      bytes.addAndGet(size);
    }

    void exit(long size) {
      bytes.addAndGet(-size);
      synchronized (this) {
        unread -= size;
      }
      wakeNext();
    }

    /** One after the other, as long as there is room. */
    private void wakeNext() {
      Runnable next = next();
      if (next != null) {
        executor.execute(
            () -> {
              next.run();
              wakeNext();
            });
      }
    }

    private synchronized Runnable next() {
      return hasRoom() ? waiting.poll() : null;
    }

    synchronized boolean hasRoomOr(Runnable whenThereIs) {
      if (hasRoom()) {
        return true;
      }
      waiting.add(whenThereIs);
      return false;
    }

    private boolean hasRoom() {
      return unread < most / SHARE;
    }
  }
}
