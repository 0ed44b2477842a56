// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static dev.quoin.server.locks.LockCalls.request;
import static dev.quoin.server.locks.LockCalls.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.LocksGrpc.LocksFutureStub;
import dev.quoin.locks.v1.Mode;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.locks.v1.RevokeRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations on a lock, each compared with a model of it. */
@Tag("redis")
final class LockModelTest {
  private static final String NAME = "model";
  private static final int LONGEST_LINE = 8;
  private static final long BRIEF_MILLIS = 150;

  /** A client. Its token is known when it has been granted the lock. */
  private static final class Client implements LockModel.Party {
    final boolean reads;
    final boolean doomed;
    final ListenableFuture<AcquireResponse> call;
    String token;

    Client(boolean reads, boolean doomed, ListenableFuture<AcquireResponse> call) {
      this.reads = reads;
      this.doomed = doomed;
      this.call = call;
    }

    @Override
    public boolean reads() {
      return reads;
    }
  }

  private final LockModel<Client> model = new LockModel<>();
  private Random random;
  private ServerProcess doomed;
  private boolean deadStandInLine;
  private long fence;

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void lockDoesWhatItsModelDoes(long seed) {
    random = new Random(seed);
    for (int step = 0; step < 120; step++) {
      operate();
      compare();
    }
    drain();
  }

  @Test
  void lockDoesWhatItsModelDoesWhenAServerIsKilled() {
    random = new Random(4);
    try (ServerProcess server =
        ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true")) {
      doomed = server;
      for (int step = 0; step < 60; step++) {
        operate();
        compare();
      }
      while (model.line.stream().noneMatch(client -> client.doomed)) {
        join(random.nextBoolean(), server.futureLocks(), true);
        compare();
      }
      server.kill();
      doomed = null;
      deadStandInLine = true;
      model.line.removeIf(client -> client.doomed);
      // Its death lets readers in that stood behind a writer of it.
      expectServed(model.serve());
      drain();
    }
  }

  private void operate() {
    switch (random.nextInt(12)) {
      case 0, 1 -> tryAcquire(random.nextBoolean());
      case 2, 3, 4 -> joinSomewhere();
      case 5, 6, 7 -> release();
      case 8 -> giveUp();
      case 9 -> renew();
      case 10 -> expire(random.nextBoolean());
      default -> revoke();
    }
  }

  private void tryAcquire(boolean reads) {
    boolean admitted = model.admits(reads);
    AcquireResponse answer = TestServer.first().locks().acquire(wish(reads).build());
    assertThat(answer.getAcquired()).isEqualTo(admitted);
    if (admitted) {
      Client client =
          new Client(
              reads, false, com.google.common.util.concurrent.Futures.immediateFuture(answer));
      expectServed(model.arrive(client));
    } else {
      assertThat(answer.getPosition()).isEqualTo(model.line.size() + 1);
    }
  }

  private void joinSomewhere() {
    if (model.line.size() == LONGEST_LINE) {
      return;
    }
    boolean reads = random.nextBoolean();
    int where = random.nextInt(doomed == null ? 2 : 3);
    switch (where) {
      case 0 -> join(reads, TestServer.first().futureLocks(), false);
      case 1 -> join(reads, TestServer.second().futureLocks(), false);
      default -> join(reads, doomed.futureLocks(), true);
    }
  }

  private void join(boolean reads, LocksFutureStub locks, boolean atDoomed) {
    Client client =
        new Client(
            reads,
            atDoomed,
            locks.acquire(wish(reads).setWait(Durations.fromSeconds(600)).build()));
    expectServed(model.arrive(client));
  }

  private void release() {
    if (!model.holders.isEmpty()) {
      Client client = model.holders.get(random.nextInt(model.holders.size()));
      LockCalls.release(NAME, client.token);
      expectServed(model.leave(client));
    }
  }

  private void giveUp() {
    if (!model.line.isEmpty()) {
      Client client = model.line.get(random.nextInt(model.line.size()));
      client.call.cancel(true);
      expectServed(model.leave(client));
    }
  }

  private void renew() {
    if (!model.holders.isEmpty()) {
      Client client = model.holders.get(random.nextInt(model.holders.size()));
      renew(client, 600_000);
    }
  }

  /** A holder whose lease is over soon is gone without a word. */
  private void expire(boolean all) {
    int count = all ? model.holders.size() : Math.min(1, model.holders.size());
    for (Client client : List.copyOf(model.holders).subList(0, count)) {
      renew(client, BRIEF_MILLIS);
      boolean awaited = !model.line.isEmpty();
      List<Client> served = model.leave(client);
      if (awaited && !served.isEmpty()) {
        // Whoever comes first after the lease has ended hands the lock to the line.
        Eventually.until("the lease has ended", () -> tryInVain(served.get(0)));
      }
      expectServed(served);
    }
  }

  private static boolean tryInVain(Client next) {
    assertThat(TestServer.first().locks().acquire(wish(false).build()).getAcquired()).isFalse();
    return next.call.isDone();
  }

  private static void renew(Client client, long leaseMillis) {
    TestServer.second()
        .locks()
        .renew(
            RenewRequest.newBuilder()
                .setName(NAME)
                .setToken(client.token)
                .setLease(Durations.fromMillis(leaseMillis))
                .build());
  }

  private void revoke() {
    boolean revoked =
        TestServer.first()
            .locks()
            .revoke(RevokeRequest.newBuilder().setName(NAME).build())
            .getRevoked();
    assertThat(revoked).isEqualTo(!model.holders.isEmpty());
    List<Client> line = new ArrayList<>(model.line);
    model.line.clear();
    model.holders.clear();
    line.forEach(client -> expectServed(model.arrive(client)));
  }

  /** Who is served gets a greater fence than all who were served before. */
  private void expectServed(List<Client> served) {
    for (Client client : served) {
      AcquireResponse grant = answer(client);
      assertThat(grant.getAcquired()).isTrue();
      assertThat(grant.getFence()).as("in the order of arrival").isGreaterThan(fence);
      fence = grant.getFence();
      client.token = grant.getToken();
    }
  }

  private static AcquireResponse answer(Client client) {
    try {
      return client.call.get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("not served", e);
    }
  }

  private void compare() {
    Eventually.until(
        Duration.ofSeconds(30), "the lock stands as its model", () -> standsAsModel(state(NAME)));
    assertThat(model.line).noneMatch(client -> client.call.isDone());
  }

  private boolean standsAsModel(GetResponse state) {
    boolean lineFits =
        deadStandInLine
            ? state.getWaiterCount() >= model.line.size()
            : state.getWaiterCount() == model.line.size();
    return lineFits
        && state.getHeld() == !model.holders.isEmpty()
        && state.getReaderCount() == (model.isShared() ? model.holders.size() : 0);
  }

  /** Everybody who waits is served in the end. */
  private void drain() {
    while (!model.holders.isEmpty()) {
      release();
      if (!deadStandInLine) {
        compare();
      }
    }
    assertThat(model.line).isEmpty();
    compare();
    assertThat(state(NAME).getWaiterCount()).isZero();
  }

  private static AcquireRequest.Builder wish(boolean reads) {
    return request(NAME).setMode(reads ? Mode.MODE_SHARED : Mode.MODE_EXCLUSIVE);
  }
}
