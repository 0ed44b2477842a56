// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import static dev.quoin.server.semaphores.Permits.ask;
import static dev.quoin.server.semaphores.Permits.configure;
import static dev.quoin.server.semaphores.Permits.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.GetResponse;
import dev.quoin.semaphores.v1.RevokeRequest;
import dev.quoin.server.semaphores.SemaphoreModel.Party;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random operations through two servers, compared with a model after each of them. */
@Tag("redis")
final class SemaphoreModelTest {
  private static final String NAME = "model";
  private static final int STEPS = 200;

  private final SemaphoreModel model = new SemaphoreModel(4);
  private final Map<Party, AcquireResponse> grants = new HashMap<>();
  private final Map<Party, ListenableFuture<AcquireResponse>> waits = new HashMap<>();
  private final List<String> story = new ArrayList<>();
  private Random random;
  private int asked;
  private int told;

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void semaphoreDoesWhatTheModelDoes(long seed) throws Exception {
    random = new Random(seed);
    configure(NAME, model.limit());
    for (int step = 0; step < STEPS; step++) {
      operate();
      compare();
    }
    while (!model.holders.isEmpty() || !model.line.isEmpty()) {
      end("release", model.holders.get(0));
      compare();
    }
    assertThat(waits).as("all have been served or refused").isEmpty();
    assertThat(TestRedis.commands().keys("*{" + NAME + "}*"))
        .filteredOn(key -> !key.contains(":revoked:"))
        .containsExactly(Permits.key(NAME, "state"));
  }

  private void operate() {
    int dice = random.nextInt(100);
    if (dice < 20) {
      take();
    } else if (dice < 55 || model.holders.isEmpty()) {
      join();
    } else if (dice < 75) {
      end("release", any(model.holders));
    } else if (dice < 82) {
      end("revoke", any(model.holders));
    } else if (dice < 88) {
      expire(any(model.holders));
    } else if (dice < 92) {
      renew(any(model.holders));
    } else if (dice < 96 && !model.line.isEmpty()) {
      cancel(any(List.copyOf(model.line)));
    } else {
      limit();
    }
  }

  private void take() {
    Party party = newParty();
    story.add("take " + party);
    AcquireResponse answer = Permits.on(server()).acquire(ask(NAME, party.permits).build());
    boolean expected = model.take(party);
    assertThat(answer.getAcquired()).as(story()).isEqualTo(expected);
    if (expected) {
      grants.put(party, answer);
    }
  }

  private void join() {
    Party party = newParty();
    story.add("join " + party);
    waits.put(party, Permits.await(server(), NAME, party.permits));
    model.join(party);
  }

  private void end(String how, Party party) {
    story.add(how + " " + party);
    AcquireResponse grant = grants.remove(party);
    if (how.equals("release")) {
      Permits.release(NAME, grant);
    } else {
      String id = SemaphoreKeys.idOf(grant.getToken());
      Permits.on(server()).revoke(RevokeRequest.newBuilder().setName(NAME).setId(id).build());
    }
    model.end(party);
  }

  /** Its lease ends; the next who asks has the permits handed over. */
  private void expire(Party party) {
    story.add("expire " + party);
    Permits.expire(NAME, grants.remove(party));
    model.end(party);
    take();
  }

  private void renew(Party party) {
    story.add("renew " + party);
    Permits.renew(NAME, grants.get(party).getToken());
  }

  private void cancel(Party party) {
    story.add("cancel " + party);
    waits.remove(party).cancel(true);
    model.leave(party);
  }

  private void limit() {
    int limit = 2 + random.nextInt(4);
    story.add("limit " + limit);
    configure(NAME, limit);
    model.limit(limit);
  }

  private void compare() throws Exception {
    try {
      Eventually.until(Duration.ofSeconds(30), "as in the model", this::isAsInTheModel);
    } catch (AssertionError e) {
      throw new AssertionError(
          "%s: is %s but should be %s held by %s, awaited by %s; calls: %s"
              .formatted(story(), state(NAME), model.limit(), model.holders, model.line, waits),
          e);
    }
    for (; told < model.granted.size(); told++) {
      Party party = model.granted.get(told);
      if (waits.containsKey(party)) {
        AcquireResponse grant = Permits.granted(waits.remove(party));
        if (model.holders.contains(party)) {
          grants.put(party, grant);
        }
      }
    }
    for (Party party : model.refused) {
      refused(waits.remove(party));
    }
    model.refused.clear();
    assertFencesRiseInTheOrderOfGrants();
  }

  private boolean isAsInTheModel() {
    GetResponse state = state(NAME);
    return state.getInUse() == model.inUse()
        && state.getWaiterCount() == model.line.size()
        && state.getLimit() == model.limit();
  }

  private void assertFencesRiseInTheOrderOfGrants() {
    List<Long> fences = new ArrayList<>();
    for (Party party : model.granted) {
      if (grants.containsKey(party)) {
        fences.add(grants.get(party).getFence());
      }
    }
    assertThat(fences).as(story()).isSorted().doesNotHaveDuplicates();
  }

  private static void refused(ListenableFuture<AcquireResponse> wait) throws Exception {
    try {
      throw new AssertionError("granted: " + wait.get(10, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      assertThat(Refused.of(e.getCause()).reason()).isEqualTo("SEMAPHORE_LIMIT_EXCEEDED");
    }
  }

  private Party newParty() {
    return new Party(++asked, 1 + random.nextInt(Math.min(3, model.limit())));
  }

  private TestServer server() {
    return random.nextBoolean() ? TestServer.first() : TestServer.second();
  }

  private Party any(List<Party> parties) {
    return parties.get(random.nextInt(parties.size()));
  }

  private String story() {
    return String.join(", ", story);
  }
}
