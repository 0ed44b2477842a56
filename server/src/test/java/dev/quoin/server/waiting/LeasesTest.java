// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.names.ActiveNames;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import io.opentelemetry.api.OpenTelemetry;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A resource that brings only what it must gets the whole of it from the scripts all share. */
@Tag("redis")
final class LeasesTest {
  private static final RequestContext SCOPE = new RequestContext("default", null);

  private final TestConnection connection = TestConnection.open();
  private Leases slots;

  @BeforeEach
  void open() {
    TestRedis.clear();
    Keyspace keyspace = new Keyspace("quoin", "slots");
    Scripts scripts = new Scripts(connection.redis(), OpenTelemetry.noop().getMeter("test"));
    WaitQueues queues = new WaitQueues(connection.redis().pubSub(), connection.timer(), 2);
    ActiveNames names = new ActiveNames(scripts, keyspace, connection.timer());
    slots = new Leases(scripts, queues, names, new Slots(keyspace));
  }

  @AfterEach
  void close() {
    connection.close();
  }

  @Test
  void slotIsGrantedToOneAndHandedToTheNext() throws Exception {
    AcquireResult first = get(slots.acquireNow(request("one")));
    AcquireResult second = get(slots.acquireNow(request("two")));

    assertThat(first.isGranted()).isTrue();
    assertThat(second.isGranted()).isFalse();
    assertThat(second.note()).isEqualTo("label of one");
    assertThat(second.untilFreeMillis()).isBetween(1L, 60_000L);
    assertThat(second.place()).isEqualTo(1);

    AtomicLong place = new AtomicLong();
    Waiter waiter = slots.await(request("two"), place::set);
    Eventually.until("it waits", () -> place.get() == 1);
    get(slots.release(SCOPE, "a", "one"));

    AcquireResult handed = get(waiter.outcome());
    assertThat(handed.grant().token()).isEqualTo("two");
    assertThat(handed.grant().fence()).isGreaterThan(first.grant().fence());
  }

  @Test
  void leaseIsRenewedByItsTokenOnly() throws Exception {
    AcquireResult held = get(slots.acquireNow(request("one")));

    Grant renewed = get(slots.renew(SCOPE, "a", "one", 120_000));

    assertThat(renewed.fence()).isEqualTo(held.grant().fence());
    assertThat(renewed.expireMillis()).isGreaterThan(held.grant().expireMillis());
    assertRefused(slots.renew(SCOPE, "a", "two", 1_000), "this token does not hold the slot");
    assertRefused(slots.release(SCOPE, "a", "two"), "this token does not hold the slot");
  }

  @Test
  void tokenTakenOverIsNoLongerGivenBackByTheCallThatHadIt() throws Exception {
    LeaseRequest first = request("one");
    get(slots.acquireNow(first));
    LeaseRequest second = first.takenOver();
    get(slots.takeOver(second));

    get(slots.giveBack(first));

    assertThat(get(slots.renew(second, SCOPE)).token()).isEqualTo("one");
    assertRefused(slots.renew(first, SCOPE), "another call holds the slot with this token");
  }

  @Test
  void repeatedRequestGetsTheSameGrantUntilItIsGivenUp() throws Exception {
    LeaseRequest request = LeaseRequest.of(SCOPE, "a", "one", 60_000, "-", "me").withId("id");
    LeaseRequest repeated = LeaseRequest.of(SCOPE, "a", "two", 60_000, "-", "me").withId("id");
    LeaseRequest other = LeaseRequest.of(SCOPE, "a", "two", 5_000, "-", "me").withId("id");

    Grant first = get(slots.acquireNow(request)).grant();
    assertThat(get(slots.acquireNow(repeated)).grant()).isEqualTo(first);
    assertRefused(slots.acquireNow(other), "was used for something else");
    assertThat(get(slots.releaseRequest(SCOPE, "a", "id"))).isTrue();
    assertThat(get(slots.releaseRequest(SCOPE, "a", "id"))).isFalse();
    assertRefused(slots.acquireNow(repeated), "was given up");
    assertThat(get(slots.acquireNow(request("three"))).isGranted()).isTrue();
  }

  @Test
  void waiterThatLeavesLetsTheNextOneGoOn() throws Exception {
    get(slots.acquireNow(request("one")));
    AtomicLong second = new AtomicLong();
    AtomicLong third = new AtomicLong();
    Waiter leaving = slots.await(request("two"), second::set);
    Eventually.until("it waits", () -> second.get() == 1);
    Waiter staying = slots.await(request("three"), third::set);
    Eventually.until("the other waits behind it", () -> third.get() == 2);

    leaving.giveUp(false);
    assertThat(get(leaving.outcome()).isGranted()).isFalse();
    get(slots.release(SCOPE, "a", "one"));

    assertThat(get(staying.outcome()).grant().token()).isEqualTo("three");
  }

  @Test
  void queueTakesNoMoreThanItsBound() throws Exception {
    get(slots.acquireNow(request("one")));
    AtomicLong place = new AtomicLong();
    slots.await(request("two"), place::set);
    Eventually.until("it waits", () -> place.get() == 1);
    slots.await(request("three"), place::set);
    Eventually.until("the next one waits", () -> place.get() == 2);

    assertRefused(slots.await(request("four"), place::set).outcome(), "2 callers wait");
  }

  @Test
  void waiterOfFullQueueJoinsAgainWithItsTicket() throws Exception {
    get(slots.acquireNow(request("one")));
    AcquireResult second = get(slots.join(request("two"), 0));
    AcquireResult third = get(slots.join(request("three"), 0));

    AcquireResult again = get(slots.join(request("two"), second.ticket()));

    assertThat(again.place()).isEqualTo(1);
    assertThat(again.ticket()).isEqualTo(second.ticket());
    assertThat(third.ticket()).isGreaterThan(second.ticket());
    assertRefused(slots.join(request("four"), 0), "2 callers wait");
  }

  private static LeaseRequest request(String token) {
    return LeaseRequest.of(SCOPE, "a", token, 60_000, "-", "label of " + token);
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static void assertRefused(CompletionStage<?> stage, String text) {
    assertThatThrownBy(() -> get(stage))
        .hasCauseInstanceOf(ApiException.class)
        .hasMessageContaining(text);
  }
}
