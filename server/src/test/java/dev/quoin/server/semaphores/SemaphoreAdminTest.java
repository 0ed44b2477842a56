// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import static dev.quoin.server.semaphores.Permits.ask;
import static dev.quoin.server.semaphores.Permits.await;
import static dev.quoin.server.semaphores.Permits.awaitWaiters;
import static dev.quoin.server.semaphores.Permits.configure;
import static dev.quoin.server.semaphores.Permits.granted;
import static dev.quoin.server.semaphores.Permits.release;
import static dev.quoin.server.semaphores.Permits.renew;
import static dev.quoin.server.semaphores.Permits.state;
import static dev.quoin.server.semaphores.Permits.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Timestamps;
import com.google.rpc.ErrorInfo;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ConfigureRequest;
import dev.quoin.semaphores.v1.DeleteRequest;
import dev.quoin.semaphores.v1.GetRequest;
import dev.quoin.semaphores.v1.GetResponse;
import dev.quoin.semaphores.v1.ListRequest;
import dev.quoin.semaphores.v1.ListResponse;
import dev.quoin.semaphores.v1.RevokeRequest;
import dev.quoin.semaphores.v1.RevokeResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc.SemaphoresBlockingStub;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.lettuce.core.ScoredValue;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What operators do. */
@Tag("redis")
final class SemaphoreAdminTest {
  private final SemaphoresBlockingStub semaphores = Permits.on(TestServer.first());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void configureTellsWhatIsInUse() {
    configure("a", 3);
    take("a", 2);

    var response =
        semaphores.configure(ConfigureRequest.newBuilder().setName("a").setLimit(1).build());

    assertThat(response.getInUse()).isEqualTo(2);
  }

  @Test
  void getShowsTheHoldersAndHowManyWait() {
    configure("a", 3);
    AcquireResponse one = semaphores.acquire(ask("a", 1).setLabel("host 1").build());
    AcquireResponse two = semaphores.acquire(ask("a", 2).setLabel("host 2").build());
    ListenableFuture<AcquireResponse> waiting = await(TestServer.second(), "a", 1);
    awaitWaiters("a", 1);

    GetResponse state = state("a");

    assertThat(state.getLimit()).isEqualTo(3);
    assertThat(state.getConfigured()).isTrue();
    assertThat(state.getInUse()).isEqualTo(3);
    assertThat(state.getHolderCount()).isEqualTo(2);
    assertThat(state.getFence()).isEqualTo(two.getFence());
    assertThat(state.getNextPageToken()).isEmpty();
    assertThat(state.getHoldersList())
        .extracting(h -> h.getLabel() + ": " + h.getPermits())
        .containsExactlyInAnyOrder("host 1: 1", "host 2: 2");
    assertThat(state.getHoldersList())
        .extracting(GetResponse.Holder::getFence)
        .containsExactlyInAnyOrder(one.getFence(), two.getFence());
    assertThat(state.getHoldersList())
        .allSatisfy(
            h ->
                assertThat(Timestamps.between(h.getAcquireTime(), h.getExpireTime()).getSeconds())
                    .isEqualTo(60));
    waiting.cancel(true);
  }

  @Test
  void holdersComePageByPageWhileTheyRenewAndLeave() {
    configure("a", 100);
    Map<String, AcquireResponse> held = new HashMap<>();
    for (int i = 0; i < 25; i++) {
      AcquireResponse taken = take("a", 1);
      held.put(SemaphoreKeys.idOf(taken.getToken()), taken);
    }

    Set<String> seen = new HashSet<>();
    Set<String> gone = new HashSet<>();
    String token = "";
    do {
      GetResponse page =
          semaphores.get(
              GetRequest.newBuilder().setName("a").setPageSize(4).setPageToken(token).build());
      assertThat(page.getHoldersCount()).isLessThanOrEqualTo(4);
      page.getHoldersList().forEach(h -> seen.add(h.getId()));
      if (seen.size() == 8) {
        // The last one told is gone; the page after it begins where it would have stood.
        String last = page.getHolders(3).getId();
        release("a", held.get(last));
        gone.add(last);
      } else if (seen.size() == 16) {
        renew("a", held.get(page.getHolders(3).getId()).getToken());
      }
      token = page.getNextPageToken();
    } while (!token.isEmpty());

    assertThat(seen).isEqualTo(held.keySet());
    assertThat(gone).hasSize(1);
  }

  @TestFactory
  Stream<DynamicTest> pagesOfHolders() {
    configure("a", 10);
    configure("b", 10);
    return PagingKit.tests(
        SemaphoresGrpc.getGetMethod(),
        GetRequest.newBuilder().setName("a"),
        GetRequest.newBuilder().setName("b"),
        i -> take("a", 1));
  }

  @TestFactory
  Stream<DynamicTest> pagesOfSemaphores() {
    return PagingKit.tests(
        SemaphoresGrpc.getListMethod(),
        ListRequest.newBuilder().setPrefix("page/"),
        ListRequest.newBuilder(),
        i -> configure("page/" + i, 1));
  }

  @Test
  void listFindsSemaphoresByPrefix() {
    for (int i = 0; i < 7; i++) {
      configure("account/" + i, i + 1);
    }
    configure("other", 1);
    take("account/3", 2);

    List<ListResponse.Semaphore> found =
        semaphores.list(ListRequest.newBuilder().setPrefix("account/").build()).getSemaphoresList();

    assertThat(found).hasSize(7);
    assertThat(found.get(3))
        .isEqualTo(
            ListResponse.Semaphore.newBuilder()
                .setName("account/3")
                .setLimit(4)
                .setInUse(2)
                .setHolderCount(1)
                .setWaiterCount(0)
                .build());
  }

  @Test
  void revokedHolderIsToldWhy() {
    configure("a", 2);
    AcquireResponse taken = take("a", 2);
    String id = state("a").getHolders(0).getId();

    RevokeResponse revoked = revoke("a", id, "Wartung um 12 – bitte später");

    assertThat(revoked.getPermits()).isEqualTo(2);
    assertThat(state("a").getInUse()).isZero();
    Refused renewal = Refused.by(() -> renew("a", taken.getToken()));
    assertThat(renewal.reason()).isEqualTo("SEMAPHORE_REVOKED");
    assertThat(renewal.status().getMessage())
        .startsWith("the permits were revoked by Änne: Wartung um 12 – bitte später");
    assertThat(renewal.detail(ErrorInfo.class).orElseThrow().getMetadataMap())
        .containsEntry("actor", "Änne")
        .containsEntry("explanation", "Wartung um 12 – bitte später");
    assertThat(Refused.by(() -> release("a", taken)).reason()).isEqualTo("SEMAPHORE_REVOKED");
    assertThat(TestRedis.commands().pttl(Permits.key("a", "revoked:" + id)))
        .isBetween(590_000L, 600_000L);
  }

  @Test
  void revokedPermitsGoToTheLine() throws Exception {
    configure("a", 1);
    take("a", 1);
    ListenableFuture<AcquireResponse> waiting = await(TestServer.second(), "a", 1);
    awaitWaiters("a", 1);

    revoke("a", state("a").getHolders(0).getId(), "");

    assertThat(granted(waiting).getInUse()).isEqualTo(1);
  }

  @Test
  void whoDoesNotHoldCannotBeRevoked() {
    configure("a", 2);
    AcquireResponse taken = take("a", 1);
    Permits.expire("a", taken);
    String id = SemaphoreKeys.idOf(taken.getToken());

    assertThat(Refused.by(() -> revoke("a", id, "")).reason()).isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(Refused.by(() -> revoke("b", "nobody", "")).reason())
        .isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(state("a").getInUse()).isZero();
  }

  @Test
  void semaphoreInUseIsNotDeleted() {
    configure("a", 1);
    AcquireResponse taken = take("a", 1);

    assertThat(Refused.by(() -> delete("a")).reason()).isEqualTo("SEMAPHORE_IN_USE");
    release("a", taken);
    delete("a");
    delete("a");

    assertThat(TestRedis.commands().keys("quoin:default:semaphores:{[^%]*")).isEmpty();
    assertThat(Refused.by(() -> take("a", 1)).reason()).isEqualTo("SEMAPHORE_NOT_FOUND");
  }

  @Test
  @SuppressWarnings("unchecked")
  void manyEndedLeasesAreRemovedAFewAtATime() {
    configure("a", 2_500);
    AcquireResponse one = take("a", 1);
    String record =
        TestRedis.commands().hget(Permits.key("a", "grants"), SemaphoreKeys.idOf(one.getToken()));
    String[] words = record.split(" ", -1);
    words[1] = "5";
    Map<String, String> records = new HashMap<>();
    for (int i = 0; i < 2_000; i++) {
      records.put("id-" + i, String.join(" ", words));
    }
    TestRedis.commands().hset(Permits.key("a", "grants"), records);
    TestRedis.commands()
        .zadd(
            Permits.key("a", "holders"),
            records.keySet().stream()
                .map(id -> ScoredValue.just(5, id))
                .toArray(ScoredValue[]::new));
    String[] state = TestRedis.commands().get(Permits.key("a", "state")).split(" ");
    state[2] = "2001";
    TestRedis.commands().set(Permits.key("a", "state"), String.join(" ", state));

    assertThat(state("a").getInUse()).isEqualTo(1_001);
    assertThat(state("a").getInUse()).isEqualTo(1);
    assertThat(take("a", 2_499).getAcquired()).isTrue();
  }

  private void delete(String name) {
    semaphores.delete(DeleteRequest.newBuilder().setName(name).build());
  }

  private RevokeResponse revoke(String name, String id, String reason) {
    return semaphores.revoke(
        RevokeRequest.newBuilder()
            .setName(name)
            .setId(id)
            .setActor("Änne")
            .setExplanation(reason)
            .build());
  }
}
