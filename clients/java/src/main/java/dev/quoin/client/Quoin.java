// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client of Quoin. Make one per process and namespace, and close it at the end; it is safe for
 * use by several threads and connects when it is first needed.
 */
public final class Quoin implements AutoCloseable {
  private final ManagedChannel channel;
  private final Link link;
  private final ScheduledThreadPoolExecutor clock;
  private final Closing closing = new Closing();

  Quoin(QuoinBuilder builder) {
    // Callers may block in what continues their futures, so there are as many threads as it takes.
    // They end when idle, not with the client: calls that it cuts off still have to be told.
    ExecutorService threads = Executors.newCachedThreadPool(daemons("quoin-client-"));
    clock = new ScheduledThreadPoolExecutor(1, daemons("quoin-client-clock-"));
    clock.setRemoveOnCancelPolicy(true);
    channel = builder.channel(threads, closing, new Repeats(clock, threads));
    link = new Link(channel, builder.address(), builder.deadline(), threads, clock);
    ConnectionLog.watch(channel, builder.address(), clock);
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

  /**
   * The chats of a user of this client's namespace.
   *
   * @param user who the user is; Quoin takes it at its word
   */
  public Chat chat(String user) {
    return new Chat(link, user);
  }

  /** The counters of this client's namespace. */
  public Counters counters() {
    return new Counters(link);
  }

  /** The locks of this client's namespace. */
  public Locks locks() {
    return new Locks(link);
  }

  /** The semaphores of this client's namespace. */
  public Semaphores semaphores() {
    return new Semaphores(link);
  }

  /** The logs of this client's namespace. */
  public Logs logs() {
    return new Logs(link);
  }

  /** The configuration, maintenance and discovery of this client's namespace. */
  public Config config() {
    return new Config(link);
  }

  /** The figures of this client's namespace. */
  public Stats stats() {
    return new Stats(link);
  }

  /** The queues of this client's namespace. */
  public Queues queues() {
    return new Queues(link);
  }

  /**
   * The connection, for the generated stubs of services that have no helper here. It carries the
   * namespace and gives unary calls without a deadline the default one; {@link QuoinException#from}
   * explains its failures. It ends with this client.
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
    Futures.settle(link.closeAll(), link.deadline());
    closing.close();
    channel.shutdownNow();
    clock.shutdown();
    boolean interrupted = Thread.interrupted();
    try {
      channel.awaitTermination(1, TimeUnit.SECONDS);
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
