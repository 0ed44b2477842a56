// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import static dev.quoin.server.semaphores.Permits.ask;
import static dev.quoin.server.semaphores.Permits.configure;
import static dev.quoin.server.semaphores.Permits.expire;
import static dev.quoin.server.semaphores.Permits.renew;
import static dev.quoin.server.semaphores.Permits.state;
import static dev.quoin.server.semaphores.Permits.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.semaphores.v1.AcquireRequest;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc.SemaphoresBlockingStub;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The ways in which semaphores on Redis are known to go wrong (spec 2 §7–9, spec 3 D5). */
@Tag("redis")
final class SemaphoreRacesTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  /** A takes a number first, B registers first: both are told yes, and the limit is exceeded. */
  @Test
  void callersThatRaceForTheLastPermitNeverExceedTheLimit() throws Exception {
    configure("a", 3);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    ConcurrentLinkedQueue<Long> fences = new ConcurrentLinkedQueue<>();

    int grants =
        together(
            10,
            (semaphores, client) -> {
              int count = 0;
              for (int i = 0; i < 60; i++) {
                AcquireResponse granted =
                    semaphores.acquire(ask("a", 1).setWait(Durations.fromSeconds(60)).build());
                assertThat(granted.getAcquired()).isTrue();
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                fences.add(granted.getFence());
                inside.decrementAndGet();
                release(semaphores, granted);
                count++;
              }
              return count;
            });

    assertThat(grants).isEqualTo(600);
    assertThat(most.get()).isBetween(1, 3);
    assertThat(fences).doesNotHaveDuplicates().hasSize(600);
    assertThat(state("a").getInUse()).isZero();
  }

  /** With a lock around the semaphore, contention for the lock looks like "no permit". */
  @Test
  void contentionRefusesNobodyAsLongAsThereAreEnoughPermits() throws Exception {
    configure("a", 8);

    together(
        8,
        (semaphores, client) -> {
          for (int i = 0; i < 50; i++) {
            AcquireResponse granted = semaphores.acquire(ask("a", 1).build());
            assertThat(granted.getAcquired()).as(granted.toString()).isTrue();
            release(semaphores, granted);
          }
          return 1;
        });
  }

  /** Expiry by the caller's timeout lets the one with the short timeout drop all others. */
  @Test
  void callerWithAShortLeaseDoesNotEvictTheHolderOfALongOne() {
    configure("a", 2);
    AcquireResponse patient = take("a", 1);

    AcquireResponse hasty =
        Permits.on(TestServer.first())
            .acquire(ask("a", 1).setLease(Durations.fromMillis(100)).build());

    assertThat(hasty.getInUse()).isEqualTo(2);
    renew("a", patient.getToken());
  }

  /** With the clock of the caller, a slow one ranks ahead and steals the last permit. */
  @Test
  void orderAndExpiryAreThoseOfTheClockOfRedis() {
    configure("a", 1);
    AcquireResponse taken = take("a", 1);
    var time = TestRedis.nodes().get(0).commands().time();
    long now = Long.parseLong(time.get(0)) * 1_000_000 + Long.parseLong(time.get(1));

    assertThat(taken.getFence()).isBetween(now - 60_000_000, now);
    assertThat(take("a", 1).getAcquired()).isFalse();
  }

  /** A limit that comes with each call differs from call to call. */
  @Test
  void callersThatDisagreeAboutTheLimitGetTheSameOne() {
    SemaphoresBlockingStub semaphores = Permits.on(TestServer.first());
    semaphores.acquire(ask("a", 1).setLimit(1).build());

    AcquireResponse greedy = semaphores.acquire(ask("a", 1).setLimit(100).build());

    assertThat(greedy.getAcquired()).isFalse();
    assertThat(greedy.getLimit()).isEqualTo(1);
  }

  /** A refresh that adds the member brings a lost permit back for a moment. */
  @Test
  void lateRenewalDoesNotBringALostPermitBack() {
    configure("a", 1);
    AcquireResponse slow = take("a", 1);
    expire("a", slow);
    AcquireResponse successor = take("a", 1);

    Refused refused = Refused.by(() -> renew("a", slow.getToken()));

    assertThat(refused.reason()).isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(state("a").getHoldersList())
        .singleElement()
        .satisfies(holder -> assertThat(successor.getToken()).startsWith(holder.getId()));
  }

  /** A refresh succeeds for a holder that has expired but was not removed yet. */
  @Test
  void holderWhoseLeaseEndedIsRefusedAlthoughNobodyRemovedItYet() {
    configure("a", 2);
    AcquireResponse slow = take("a", 1);
    expire("a", slow);

    assertThat(Refused.by(() -> renew("a", slow.getToken())).reason())
        .isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(Refused.by(() -> Permits.release("a", slow)).reason())
        .isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(state("a").getInUse()).isZero();
  }

  /** A slow holder releases a permit that somebody else has by now. */
  @Test
  void holderWhoseLeaseEndedCannotReleaseThePermitOfItsSuccessor() {
    configure("a", 1);
    AcquireResponse slow = take("a", 1);
    expire("a", slow);
    take("a", 1);

    Refused.by(() -> Permits.release("a", slow));

    assertThat(state("a").getInUse()).isEqualTo(1);
    assertThat(take("a", 1).getAcquired()).isFalse();
  }

  /** The clock of Redis was a year ahead for a moment: permits are held for a year. */
  @Test
  void leaseThatWasWrittenWhileTheClockWasAheadStartsAnew() {
    configure("a", 2);
    AcquireResponse dead = take("a", 1);
    String id = dead.getToken().substring(0, 11);
    long year = 365L * 86_400_000;
    String key = "quoin:default:semaphores:{a}:";
    double end = TestRedis.commands().zscore(key + "holders", id);
    TestRedis.commands().zadd(key + "holders", end + year, id);
    String[] grant = TestRedis.commands().hget(key + "grants", id).split(" ", -1);
    grant[1] = String.valueOf(Long.parseLong(grant[1]) + year);
    grant[2] = String.valueOf(Long.parseLong(grant[2]) + year);
    TestRedis.commands().hset(key + "grants", id, String.join(" ", grant));
    String[] state = TestRedis.commands().get(key + "state").split(" ", -1);
    state[4] = String.valueOf(Long.parseLong(state[4]) + year);
    TestRedis.commands().set(key + "state", String.join(" ", state));

    assertThat(take("a", 2).getAcquired()).isFalse();

    assertThat(TestRedis.commands().zscore(key + "holders", id)).isLessThan(end + 60_000);
    assertThat(take("a", 1).getAcquired()).isTrue();
    renew("a", dead.getToken());
    Permits.release("a", dead);
    assertThat(state("a").getInUse()).isEqualTo(1);
  }

  /** Every account leaves a set behind for ever. */
  @Test
  void everyKeyButAConfigurationHasAnExpiry() {
    SemaphoresBlockingStub semaphores = Permits.on(TestServer.first());
    AcquireRequest request = ask("a", 1).setLimit(1).setRequestId("r").build();
    semaphores.acquire(request);

    assertThat(TestRedis.commands().keys("quoin:default:semaphores:{a}:*"))
        .hasSize(4)
        .allSatisfy(key -> assertThat(TestRedis.commands().pttl(key)).as(key).isPositive());
  }

  /** A client of one of the two servers. */
  private interface Client {
    int run(SemaphoresBlockingStub semaphores, int client) throws Exception;
  }

  private static int together(int clients, Client client) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    List<Future<Integer>> counts = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      int number = i;
      TestServer server = i % 2 == 0 ? TestServer.first() : TestServer.second();
      Callable<Integer> work = () -> client.run(Permits.on(server), number);
      counts.add(threads.submit(work));
    }
    int sum = 0;
    for (Future<Integer> count : counts) {
      sum += count.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
    return sum;
  }

  private static void release(SemaphoresBlockingStub semaphores, AcquireResponse granted) {
    semaphores.release(
        ReleaseRequest.newBuilder().setName("a").setToken(granted.getToken()).build());
  }
}
