// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import static dev.quoin.server.semaphores.Permits.ask;
import static dev.quoin.server.semaphores.Permits.configure;
import static dev.quoin.server.semaphores.Permits.expire;
import static dev.quoin.server.semaphores.Permits.key;
import static dev.quoin.server.semaphores.Permits.release;
import static dev.quoin.server.semaphores.Permits.renew;
import static dev.quoin.server.semaphores.Permits.state;
import static dev.quoin.server.semaphores.Permits.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.semaphores.v1.AcquireRequest;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ConfigureRequest;
import dev.quoin.semaphores.v1.RenewRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc.SemaphoresBlockingStub;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.stub.MetadataUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("redis")
final class SemaphoresServiceTest {
  private final SemaphoresBlockingStub semaphores = Permits.on(TestServer.first());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void permitsAreTakenUntilTheLimitIsReached() {
    configure("a", 3);

    AcquireResponse two = take("a", 2);
    AcquireResponse one = take("a", 1);
    AcquireResponse none = take("a", 1);

    assertThat(two.getAcquired()).isTrue();
    assertThat(two.getToken()).hasSize(22);
    assertThat(two.getInUse()).isEqualTo(2);
    assertThat(two.getLimit()).isEqualTo(3);
    assertThat(one.getInUse()).isEqualTo(3);
    assertThat(one.getFence()).isGreaterThan(two.getFence());
    assertThat(none.getAcquired()).isFalse();
    assertThat(none.getToken()).isEmpty();
    assertThat(none.getFence()).isZero();
    assertThat(none.getInUse()).isEqualTo(3);
    assertThat(none.getPosition()).isEqualTo(1);
    assertThat(Durations.toMillis(none.getRetryAfter())).isBetween(50_000L, 60_000L);
  }

  @Test
  void onePermitIsTakenForTheDefaultLeaseUnlessMoreIsSaid() {
    configure("a", 3);

    AcquireResponse taken = semaphores.acquire(AcquireRequest.newBuilder().setName("a").build());

    assertThat(taken.getInUse()).isEqualTo(1);
    assertThat(leaseOf("a")).isEqualTo(10_000);
  }

  @Test
  void defaultLeaseCanBeConfigured() {
    semaphores.configure(
        ConfigureRequest.newBuilder()
            .setName("a")
            .setLimit(1)
            .setDefaultLease(Durations.fromSeconds(33))
            .build());

    AcquireResponse taken = semaphores.acquire(AcquireRequest.newBuilder().setName("a").build());
    assertThat(leaseOf("a")).isEqualTo(33_000);
    semaphores.renew(RenewRequest.newBuilder().setName("a").setToken(taken.getToken()).build());

    assertThat(leaseOf("a")).isGreaterThanOrEqualTo(33_000);
    assertThat(Durations.toMillis(state("a").getDefaultLease())).isEqualTo(33_000);
  }

  @Test
  void semaphoreNobodyConfiguredIsRefused() {
    Refused refused = Refused.by(() -> take("a", 1));

    assertThat(refused.code()).isEqualTo(Code.NOT_FOUND);
    assertThat(refused.reason()).isEqualTo("SEMAPHORE_NOT_FOUND");
    assertThat(Refused.by(() -> state("a")).reason()).isEqualTo("SEMAPHORE_NOT_FOUND");
    assertThat(TestRedis.commands().keys("quoin:default:semaphores:{[ab]}:*")).isEmpty();
  }

  @Test
  void firstUseMaySayTheLimit() {
    AcquireResponse first = semaphores.acquire(ask("a", 1).setLimit(2).build());
    AcquireResponse second = semaphores.acquire(ask("a", 1).setLimit(99).build());
    AcquireResponse third = semaphores.acquire(ask("a", 1).setLimit(99).build());

    assertThat(first.getLimit()).isEqualTo(2);
    assertThat(second.getAcquired()).isTrue();
    assertThat(second.getLimit()).as("whoever came first has said it").isEqualTo(2);
    assertThat(third.getAcquired()).isFalse();
    assertThat(state("a").getConfigured()).isFalse();
  }

  @Test
  void morePermitsThanTheLimitAreRefusedRatherThanWaitedFor() {
    configure("a", 3);

    Refused refused = Refused.by(() -> take("a", 4));
    Refused waiting =
        Refused.by(
            () -> semaphores.acquire(ask("a", 4).setWait(Durations.fromSeconds(60)).build()));
    Refused first = Refused.by(() -> semaphores.acquire(ask("b", 4).setLimit(3).build()));

    assertThat(refused.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(refused.reason()).isEqualTo("SEMAPHORE_LIMIT_EXCEEDED");
    assertThat(waiting.reason()).isEqualTo("SEMAPHORE_LIMIT_EXCEEDED");
    assertThat(first.reason()).isEqualTo("SEMAPHORE_LIMIT_EXCEEDED");
    assertThat(TestRedis.commands().keys("quoin:default:semaphores:{[ab]}:*"))
        .containsExactly(key("a", "state"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 1_000_001})
  void limitsThatCannotBeAreRefused(int limit) {
    Refused refused = Refused.by(() -> configure("a", limit));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsExactly("limit");
  }

  @Test
  void releasedPermitsAreFree() {
    configure("a", 3);
    AcquireResponse taken = take("a", 3);

    release("a", taken);

    assertThat(state("a").getInUse()).isZero();
    assertThat(take("a", 3).getFence()).isGreaterThan(taken.getFence());
  }

  @Test
  void permitsAreGivenBackOnce() {
    configure("a", 3);
    take("a", 1);
    AcquireResponse taken = take("a", 2);
    release("a", taken);

    Refused refused = Refused.by(() -> release("a", taken));

    assertThat(refused.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(refused.reason()).isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(state("a").getInUse()).isEqualTo(1);
  }

  @Test
  void idOfAHolderIsNoToken() {
    configure("a", 1);
    AcquireResponse taken = take("a", 1);
    String id = state("a").getHolders(0).getId();

    assertThat(Refused.by(() -> renew("a", id)).reason()).isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(Refused.by(() -> renew("a", id + "xxxxxxxxxxx")).reason())
        .isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(taken.getToken()).startsWith(id);
  }

  @Test
  void renewSetsTheTimeLeft() {
    configure("a", 1);
    AcquireResponse taken = semaphores.acquire(AcquireRequest.newBuilder().setName("a").build());

    var renewed = renew("a", taken.getToken());

    assertThat(Timestamps.compare(renewed.getExpireTime(), taken.getExpireTime())).isPositive();
    assertThat(state("a").getHolders(0).getExpireTime()).isEqualTo(renewed.getExpireTime());
    assertThat(leaseOf("a")).isGreaterThanOrEqualTo(60_000);
  }

  @Test
  void keysOfTheHoldersOutliveALeaseThatIsMadeLonger() {
    configure("a", 1);
    AcquireResponse taken = take("a", 1);
    semaphores.renew(
        RenewRequest.newBuilder()
            .setName("a")
            .setToken(taken.getToken())
            .setLease(Durations.fromSeconds(86_400))
            .build());

    long end = Timestamps.toMillis(state("a").getHolders(0).getExpireTime());
    assertThat(TestRedis.commands().pexpiretime(key("a", "holders"))).isGreaterThan(end);
    assertThat(TestRedis.commands().pexpiretime(key("a", "grants"))).isGreaterThan(end);
  }

  @Test
  void configurationStaysAndNothingElse() {
    configure("a", 3);
    release("a", take("a", 2));

    assertThat(TestRedis.commands().keys("quoin:default:semaphores:{[ab]}:*"))
        .containsExactly(key("a", "state"));
    assertThat(TestRedis.commands().pttl(key("a", "state"))).as("no expiry").isEqualTo(-1);
  }

  @Test
  void semaphoreMadeByUseIsForgottenADayLater() {
    release("a", semaphores.acquire(ask("a", 1).setLimit(1).build()));

    assertThat(TestRedis.commands().keys("quoin:default:semaphores:{[ab]}:*"))
        .containsExactly(key("a", "state"));
    assertThat(TestRedis.commands().pttl(key("a", "state")))
        .isBetween(86_400_000L, 86_400_000L + 130_000L);

    configure("a", 2);
    assertThat(TestRedis.commands().pttl(key("a", "state"))).as("no expiry").isEqualTo(-1);
  }

  @Test
  void expiredHoldersAreCountedNoMore() {
    configure("a", 1_500);
    for (int i = 0; i < 3; i++) {
      take("a", 1);
    }
    AcquireResponse gone = take("a", 700);
    expire("a", gone);

    assertThat(state("a").getInUse()).isEqualTo(3);
    assertThat(state("a").getHolderCount()).isEqualTo(3);
    assertThat(take("a", 1_497).getAcquired()).isTrue();
  }

  @Test
  void repeatedRequestGetsTheSameGrant() {
    configure("a", 5);
    AcquireRequest request = ask("a", 2).setLabel("me").setRequestId("r-1").build();
    AcquireResponse first = semaphores.acquire(request);

    AcquireResponse again = Permits.on(TestServer.second()).acquire(request);

    assertThat(again).isEqualTo(first);
    assertThat(state("a").getInUse()).isEqualTo(2);
    assertThat(TestRedis.commands().pttl(key("a", "request:r-1"))).isBetween(500_000L, 600_000L);
  }

  @Test
  void requestIsRememberedForAsLongAsItsLease() throws Exception {
    configure("a", 2);
    AcquireRequest.Builder hour = ask("a", 2).setLease(Durations.fromSeconds(3_600));
    AcquireResponse first = semaphores.acquire(hour.setRequestId("at-once").build());
    var waiting = Permits.await(TestServer.first(), hour.setRequestId("in-line"));
    Permits.awaitWaiters("a", 1);
    release("a", first);
    Permits.granted(waiting);

    for (String id : new String[] {"at-once", "in-line"}) {
      assertThat(TestRedis.commands().pttl(key("a", "request:" + id))).isGreaterThan(3_000_000);
    }
  }

  @Test
  void requestIdWithAnotherBodyIsRefused() {
    configure("a", 5);
    semaphores.acquire(ask("a", 2).setRequestId("r-1").build());

    for (AcquireRequest.Builder other :
        new AcquireRequest.Builder[] {
          ask("a", 3), ask("a", 2).setLabel("you"), ask("a", 2).clearLease()
        }) {
      Refused refused = Refused.by(() -> semaphores.acquire(other.setRequestId("r-1").build()));
      assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
      assertThat(refused.reason()).isEqualTo("REQUEST_ID_REUSED");
    }
  }

  @Test
  void requestWhoseGrantHasEndedIsNotGrantedAgain() {
    configure("a", 5);
    AcquireRequest request = ask("a", 2).setRequestId("r-1").build();
    release("a", semaphores.acquire(request));

    assertThat(Refused.by(() -> semaphores.acquire(request)).reason())
        .isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(state("a").getInUse()).isZero();
  }

  @Test
  void requestThatStandsInLineTwiceIsGrantedOnce() throws Exception {
    configure("a", 2);
    AcquireResponse holder = take("a", 2);
    ListenableFuture<AcquireResponse> one =
        Permits.await(TestServer.first(), ask("a", 1).setRequestId("r-1"));
    Permits.awaitWaiters("a", 1);
    ListenableFuture<AcquireResponse> two =
        Permits.await(TestServer.second(), ask("a", 1).setRequestId("r-1"));
    Permits.awaitWaiters("a", 2);

    release("a", holder);

    assertThat(Permits.granted(one).getToken()).isEqualTo(Permits.granted(two).getToken());
    Permits.awaitInUse("a", 1);
  }

  @Test
  void cancellingARepeatedRequestDoesNotTakeTheGrantFromTheFirst() {
    configure("a", 5);
    AcquireRequest request = ask("a", 1).setRequestId("-").build();
    AcquireResponse granted = semaphores.acquire(request);

    for (int i = 0; i < 20; i++) {
      SemaphoresGrpc.newFutureStub(TestServer.second().channel()).acquire(request).cancel(true);
    }

    assertThat(semaphores.acquire(request)).isEqualTo(granted);
    release("a", granted);
  }

  @Test
  void namespacesDoNotSeeEachOther() {
    configure("a", 1);
    take("a", 1);
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER), "team-b");

    AcquireResponse elsewhere =
        semaphores
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .acquire(ask("a", 7).setLimit(7).build());

    assertThat(elsewhere.getAcquired()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:b", "{a}", "}{", "a{b}c", "%7B", "account/7/api", "süß 🔒", " "})
  void anyPrintableNameIsASemaphoreOfItsOwn(String name) {
    configure(name, 1);

    AcquireResponse taken = semaphores.acquire(ask(name, 1).setLabel("me and %s me").build());

    assertThat(taken.getAcquired()).isTrue();
    assertThat(take(name, 1).getAcquired()).isFalse();
    assertThat(state(name).getHolders(0).getLabel()).isEqualTo("me and %s me");
    release(name, taken);
  }

  /** How long after its grant the lease of the only holder ends. */
  private static long leaseOf(String name) {
    var holder = state(name).getHolders(0);
    return Timestamps.toMillis(holder.getExpireTime())
        - Timestamps.toMillis(holder.getAcquireTime());
  }
}
