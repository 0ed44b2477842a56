// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.redisson.Redisson;
import org.redisson.api.RFuture;
import org.redisson.api.RLock;
import org.redisson.api.RPermitExpirableSemaphore;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** Workers that use the locks of one Redisson client with its default configuration. */
final class RedissonWorkload implements Workload {
  private static final int LEASE_SECONDS = 10;

  private final RedissonClient redisson;
  private static final int PERMITS = 3;

  private final List<ExecutorService> threads = new ArrayList<>();
  private final BiFunction<RedissonWorkload, Integer, Operation> operations;

  private RedissonWorkload(
      Testbed testbed, BiFunction<RedissonWorkload, Integer, Operation> operations) {
    Config config = new Config();
    config.useSingleServer().setAddress(testbed.redisUri());
    this.redisson = Redisson.create(config);
    this.operations = operations;
  }

  /** Each worker takes and gives back a lock that only it uses, without a thread that waits. */
  static Workload pairs(Testbed testbed, int workers) {
    return new RedissonWorkload(testbed, RedissonWorkload::pair);
  }

  /** All workers want one lock, each in a thread of its own. */
  static Workload handOver(Testbed testbed, int workers) {
    return new RedissonWorkload(
        testbed, (load, worker) -> load.blocking(load.redisson.getLock("hand-over")));
  }

  /** As {@link #handOver} with the lock that serves in the order of arrival. */
  static Workload fairHandOver(Testbed testbed, int workers) {
    return new RedissonWorkload(
        testbed, (load, worker) -> load.blocking(load.redisson.getFairLock("fair-hand-over")));
  }

  /** Each worker takes and gives back a permit of a semaphore that only it uses. */
  static Workload permits(Testbed testbed, int workers) {
    return new RedissonWorkload(
        testbed, (load, worker) -> load.permit("permit-" + worker, RedissonWorkload::atOnce));
  }

  /** All workers want one of three permits; Redisson serves them in no order. */
  static Workload permitHandOver(Testbed testbed, int workers) {
    return new RedissonWorkload(
        testbed,
        (load, worker) ->
            load.permit("hand-over", all -> all.acquireAsync(LEASE_SECONDS, TimeUnit.SECONDS)));
  }

  private static RFuture<String> atOnce(RPermitExpirableSemaphore semaphore) {
    return semaphore.tryAcquireAsync(0, LEASE_SECONDS, TimeUnit.SECONDS);
  }

  private Operation permit(
      String name, Function<RPermitExpirableSemaphore, RFuture<String>> acquire) {
    RPermitExpirableSemaphore semaphore = redisson.getPermitExpirableSemaphore(name);
    semaphore.trySetPermits(PERMITS);
    return done ->
        acquire
            .apply(semaphore)
            .thenCompose(semaphore::releaseAsync)
            .whenComplete((released, failure) -> ended(failure, done));
  }

  @Override
  public Operation worker(int index) {
    return operations.apply(this, index);
  }

  private Operation pair(int worker) {
    RLock lock = redisson.getLock("pair-" + worker);
    long threadId = worker + 1;
    return done ->
        lock.tryLockAsync(0, LEASE_SECONDS, TimeUnit.SECONDS, threadId)
            .whenComplete(
                (taken, failure) -> {
                  if (failure != null) {
                    done.failed(failure);
                  } else if (!taken) {
                    done.failed(new IllegalStateException(lock.getName() + " was not granted"));
                  } else {
                    unlock(lock, threadId, done);
                  }
                });
  }

  private static void unlock(RLock lock, long threadId, Operation.Done done) {
    lock.unlockAsync(threadId).whenComplete((unlocked, failure) -> ended(failure, done));
  }

  private static void ended(Throwable failure, Operation.Done done) {
    if (failure != null) {
      done.failed(failure);
    } else {
      done.ok();
    }
  }

  /** Redisson tells holders apart by thread, so each worker keeps one of its own. */
  private Operation blocking(RLock lock) {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    threads.add(thread);
    return done ->
        thread.execute(
            () -> {
              try {
                lock.lock(LEASE_SECONDS, TimeUnit.SECONDS);
                lock.unlock();
              } catch (RuntimeException e) {
                done.failed(e);
                return;
              }
              done.ok();
            });
  }

  @Override
  public void close() {
    threads.forEach(ExecutorService::shutdownNow);
    redisson.shutdown();
  }
}
