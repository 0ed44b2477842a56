// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.ReleaseRequest;
import io.grpc.Channel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Locks whose leases never end in a run are registers: Acquire sets the fence where there was none,
 * Release sets none where it was the holder's, Get reads it.
 */
final class LockHistoryWorkload implements Workload {
  private static final int LOCKS = 2;
  private static final long FREE = 0;

  private final Servers servers;
  private final Findings findings;
  private final History history;
  private final Map<Thread, Held> held = new ConcurrentHashMap<>();

  LockHistoryWorkload(Servers servers, Linearizability linearizability, Findings findings) {
    this.servers = servers;
    this.findings = findings;
    history = new History(linearizability, findings);
  }

  private record Held(String name, String token, long fence) {}

  @Override
  public void load(Random random) throws Exception {
    Held mine = held.get(Thread.currentThread());
    if (random.nextInt(3) == 0) {
      get(random, "register-" + random.nextInt(LOCKS));
    } else if (mine == null) {
      acquire(random, "register-" + random.nextInt(LOCKS));
    } else {
      release(random, mine);
    }
  }

  private void acquire(Random random, String name) throws InterruptedException {
    AcquireRequest acquire =
        AcquireRequest.newBuilder()
            .setName(name)
            .setLease(Times.seconds(86_400))
            .setRequestId(UUID.randomUUID().toString())
            .build();
    long called = System.nanoTime();
    try {
      Optional<AcquireResponse> answer =
          servers.repeat(random, channel -> locks(channel).acquire(acquire));
      if (answer.isPresent() && answer.get().getAcquired()) {
        long fence = answer.get().getFence();
        history.compareAndSet(name, called, true, FREE, fence);
        held.put(Thread.currentThread(), new Held(name, answer.get().getToken(), fence));
      }
    } catch (StatusRuntimeException e) {
      // An earlier try was granted, but ended without its caller, and the grant with it.
      if (e.getStatus().getCode() != Code.FAILED_PRECONDITION) {
        throw e;
      }
    }
  }

  private void release(Random random, Held mine) throws InterruptedException {
    ReleaseRequest release =
        ReleaseRequest.newBuilder().setName(mine.name()).setToken(mine.token()).build();
    held.remove(Thread.currentThread());
    long called = System.nanoTime();
    int[] tries = new int[1];
    boolean isAnswered = true;
    try {
      isAnswered =
          servers
              .repeat(
                  random,
                  channel -> {
                    tries[0]++;
                    return locks(channel).release(release);
                  })
              .isPresent();
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Code.FAILED_PRECONDITION) {
        throw e;
      }
      if (tries[0] == 1) {
        findings.broken("%s with the fence %d was lost", mine.name(), mine.fence());
      }
    }
    history.compareAndSet(mine.name(), called, isAnswered, mine.fence(), FREE);
  }

  private void get(Random random, String name) {
    long called = System.nanoTime();
    Optional<GetResponse> answer =
        servers.once(
            random, channel -> locks(channel).get(GetRequest.newBuilder().setName(name).build()));
    answer.ifPresent(lock -> history.read(name, called, lock.getHeld() ? lock.getFence() : FREE));
  }

  @Override
  public void check() throws Exception {
    history.check();
  }

  private static LocksGrpc.LocksBlockingStub locks(Channel channel) {
    return LocksGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
