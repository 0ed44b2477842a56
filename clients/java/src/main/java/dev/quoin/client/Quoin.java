// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client of Quoin. Make one per process and namespace, and close it at the end; it is safe for
 * use by several threads and connects when it is first needed.
 */
public final class Quoin extends Services implements AutoCloseable {
  private final Channels channel;
  private final ClientCore core;
  private final ScheduledThreadPoolExecutor clock;
  private final Closing closing = new Closing();

  Quoin(QuoinBuilder builder) {
    // Callers may block in what continues their futures, so there are as many threads as it takes.
    // They end when idle, not with the client: calls that it cuts off still have to be told.
    ExecutorService threads = Executors.newCachedThreadPool(daemons("quoin-client-"));
    clock = new ScheduledThreadPoolExecutor(1, daemons("quoin-client-clock-"));
    clock.setRemoveOnCancelPolicy(true);
    Repeats repeats = new Repeats(clock, threads);
    channel =
        new Channels(
            builder.callsPerConnection(),
            others -> {
              ManagedChannel one = builder.channel(threads, closing, repeats);
              ConnectionLog.watch(one, builder.address(), clock, others == 0);
              return one;
            });
    core = new ClientCore(channel, builder.address(), builder.deadline(), threads, clock);
  }

  /**
   * A client with default settings: no TLS, namespace {@code default}.
   *
   * @param address as in {@link QuoinBuilder#address}
   */
  public static Quoin connect(String address) {
    return builder().address(address).build();
  }

  /** Settings for a client. */
  public static QuoinBuilder builder() {
    return new QuoinBuilder();
  }

  @Override
  public Chat chat() {
    return new Chat(core);
  }

  @Override
  public Config config() {
    return new Config(core);
  }

  @Override
  public Counters counters() {
    return new Counters(core);
  }

  @Override
  public Locks locks() {
    return new Locks(core);
  }

  @Override
  public Logs logs() {
    return new Logs(core);
  }

  @Override
  public Queues queues() {
    return new Queues(core);
  }

  @Override
  public Semaphores semaphores() {
    return new Semaphores(core);
  }

  @Override
  public Stats stats() {
    return new Stats(core);
  }

  @Override
  ClientCore core() {
    return core;
  }

  /**
   * The connection, for stubs of gRPC: what the methods of this library do not cover, such as
   * streams of requests. It carries the namespace and gives unary calls without a deadline the
   * default one; {@link QuoinException#from} explains its failures. It ends with this client.
   *
   * <p>Unary calls that meet UNAVAILABLE are repeated until their deadline when that is safe: those
   * that the contract marks as without side effects or idempotent, and those whose request has a
   * {@code request_id} or {@code client_message_id}, which is filled in where it is empty.
   */
  public Channel channel() {
    return channel;
  }

  /**
   * Gives back all locks and sends what was collected, all within the default deadline and also in
   * an interrupted thread, then ends the connection and every call that is still open: they fail
   * with {@link ClosedException}. Closing again does nothing. Never throws; what cannot be given
   * back ends with its lease.
   */
  @Override
  public void close() {
    Futures.settle(core.closeAll(), core.deadline());
    closing.close();
    channel.shutdownNow();
    clock.shutdown();
    boolean interrupted = Thread.interrupted();
    try {
      channel.awaitTermination();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static ThreadFactory daemons(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return action -> {
      Thread thread = new Thread(action, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
