// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.semaphores.v1.AcquireRequest;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ConfigureRequest;
import dev.quoin.semaphores.v1.GetRequest;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import io.grpc.Channel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A semaphore with fewer permits than callers: never more holders than permits. */
final class SemaphoreWorkload implements Workload {
  private static final String NAME = "semaphore";
  private static final int LIMIT = 2;
  private static final long LEASE_SECONDS = 5;

  private final Servers servers;
  private final Findings findings;
  private final Holds holds;

  SemaphoreWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
    holds = new Holds(findings, "semaphore", LIMIT);
  }

  @Override
  public void prepare() throws Exception {
    ConfigureRequest configure =
        ConfigureRequest.newBuilder().setName(NAME).setLimit(LIMIT).build();
    servers.repeat(new Random(0), channel -> semaphores(channel).configure(configure));
  }

  @Override
  public void load(Random random) throws Exception {
    AcquireRequest acquire =
        AcquireRequest.newBuilder()
            .setName(NAME)
            .setLease(Times.seconds(LEASE_SECONDS))
            .setWait(Times.seconds(2))
            .build();
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LEASE_SECONDS);
    Optional<AcquireResponse> answer =
        servers.once(random, channel -> semaphores(channel).acquire(acquire));
    if (answer.isEmpty() || !answer.get().getAcquired()) {
      return;
    }
    AcquireResponse grant = answer.get();
    holds.granted(NAME, grant.getFence(), until);
    TimeUnit.MILLISECONDS.sleep(random.nextInt(30));
    holds.released(NAME, grant.getFence());
    ReleaseRequest release =
        ReleaseRequest.newBuilder().setName(NAME).setToken(grant.getToken()).build();
    try {
      servers.repeat(random, channel -> semaphores(channel).release(release));
    } catch (StatusRuntimeException e) {
      // The lease may have ended, and an earlier try may have released it.
      if (e.getStatus().getCode() != Code.FAILED_PRECONDITION) {
        throw e;
      }
    }
  }

  /** Whatever happened, permits can be had once the leases are over, and all are free then. */
  @Override
  public void check() throws Exception {
    passThrough();
    GetRequest get = GetRequest.newBuilder().setName(NAME).build();
    Random random = new Random(0);
    boolean isFree =
        Times.await(
            3 * LEASE_SECONDS,
            () ->
                servers
                    .once(random, channel -> semaphores(channel).get(get))
                    .filter(answer -> answer.getInUse() == 0 && answer.getWaiterCount() == 0)
                    .isPresent());
    if (!isFree) {
      findings.broken(
          "permits are held or waited for by nobody: %s",
          servers.once(random, channel -> semaphores(channel).get(get)));
    }
  }

  /** Whoever waits behind those whose server died is served; they are counted until then. */
  private void passThrough() throws InterruptedException {
    Random random = new Random(0);
    AcquireRequest acquire =
        AcquireRequest.newBuilder()
            .setName(NAME)
            .setLease(Times.seconds(LEASE_SECONDS))
            .setWait(Times.seconds(2))
            .build();
    boolean isServed =
        Times.await(
            6 * LEASE_SECONDS,
            () -> {
              Optional<AcquireResponse> answer =
                  servers.once(random, channel -> semaphores(channel).acquire(acquire));
              if (answer.isEmpty() || !answer.get().getAcquired()) {
                return false;
              }
              ReleaseRequest release =
                  ReleaseRequest.newBuilder()
                      .setName(NAME)
                      .setToken(answer.get().getToken())
                      .build();
              return servers
                  .once(random, channel -> semaphores(channel).release(release))
                  .isPresent();
            });
    if (!isServed) {
      findings.broken("no permit is granted to the only caller");
    }
  }

  private static SemaphoresGrpc.SemaphoresBlockingStub semaphores(Channel channel) {
    return SemaphoresGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
