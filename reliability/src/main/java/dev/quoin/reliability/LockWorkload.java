// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.TextFormat;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.ReleaseRequest;
import io.grpc.Channel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Few locks with short leases that many wait for: one holder at a time, with rising fences. */
final class LockWorkload implements Workload {
  private static final int LOCKS = 4;
  private static final long LEASE_SECONDS = 5;

  private final Servers servers;
  private final Findings findings;
  private final Holds holds;

  LockWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
    holds = new Holds(findings, "lock", 1);
  }

  @Override
  public void load(Random random) throws Exception {
    String name = "lock-" + random.nextInt(LOCKS);
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEASE_SECONDS);
    Optional<AcquireResponse> answer = servers.once(random, channel -> acquire(channel, name));
    if (answer.isEmpty() || !answer.get().getAcquired()) {
      return;
    }
    AcquireResponse grant = answer.get();
    holds.granted(name, grant.getFence(), until);
    TimeUnit.MILLISECONDS.sleep(random.nextInt(30));
    holds.released(name, grant.getFence());
    ReleaseRequest release =
        ReleaseRequest.newBuilder().setName(name).setToken(grant.getToken()).build();
    try {
      servers.repeat(random, channel -> locks(channel).release(release));
    } catch (StatusRuntimeException e) {
      // The lease may have ended, and an earlier try may have released it.
      if (e.getStatus().getCode() != Code.FAILED_PRECONDITION) {
        throw e;
      }
    }
  }

  private static AcquireResponse acquire(Channel channel, String name) {
    return locks(channel)
        .acquire(
            AcquireRequest.newBuilder()
                .setName(name)
                .setLease(Times.seconds(LEASE_SECONDS))
                .setWait(Times.seconds(2))
                .build());
  }

  /** Whatever happened, every lock can be had once the leases are over, and is free then. */
  @Override
  public void check() throws Exception {
    Random random = new Random(0);
    for (int i = 0; i < LOCKS; i++) {
      passThrough(random, "lock-" + i);
      GetRequest get = GetRequest.newBuilder().setName("lock-" + i).build();
      AtomicReference<Optional<GetResponse>> last = new AtomicReference<>();
      boolean isFree =
          Times.await(
              3 * LEASE_SECONDS,
              () -> {
                last.set(servers.once(random, channel -> locks(channel).get(get)));
                return last.get()
                    .filter(answer -> !answer.getHeld() && answer.getWaiterCount() == 0)
                    .isPresent();
              });
      if (!isFree) {
        findings.broken(
            "%s is held or waited for by nobody: %s",
            get.getName(), last.get().map(TextFormat.printer()::printToString));
      }
    }
  }

  /** Whoever waits behind those whose server died is served; they are counted until then. */
  private void passThrough(Random random, String name) throws InterruptedException {
    boolean isServed =
        Times.await(
            6 * LEASE_SECONDS,
            () -> {
              Optional<AcquireResponse> answer =
                  servers.once(random, channel -> acquire(channel, name));
              if (answer.isEmpty() || !answer.get().getAcquired()) {
                return false;
              }
              ReleaseRequest release =
                  ReleaseRequest.newBuilder()
                      .setName(name)
                      .setToken(answer.get().getToken())
                      .build();
              return servers.once(random, channel -> locks(channel).release(release)).isPresent();
            });
    if (!isServed) {
      findings.broken("%s is not granted to the only caller", name);
    }
  }

  private static LocksGrpc.LocksBlockingStub locks(Channel channel) {
    return LocksGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
