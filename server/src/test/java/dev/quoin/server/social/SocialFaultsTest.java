// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.BlockRequest;
import dev.quoin.social.v1.CreateListRequest;
import dev.quoin.social.v1.GroupsCreateRequest;
import dev.quoin.social.v1.GroupsJoinRequest;
import dev.quoin.social.v1.GroupsListMembersRequest;
import dev.quoin.social.v1.GroupsSetRoleRequest;
import dev.quoin.social.v1.HideRequest;
import dev.quoin.social.v1.ListListsRequest;
import dev.quoin.social.v1.Member;
import dev.quoin.social.v1.NamedList;
import dev.quoin.social.v1.Role;
import dev.quoin.social.v1.StatusesFavoriteRequest;
import dev.quoin.social.v1.StatusesGetRequest;
import dev.quoin.social.v1.UnblockRequest;
import dev.quoin.social.v1.UsersChangeLoginRequest;
import dev.quoin.social.v1.UsersDeleteRequest;
import dev.quoin.social.v1.UsersDeleteResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What was interrupted half-way, and outboxes that are not worked off. */
@Tag("redis")
final class SocialFaultsTest {
  private final Network network = Network.first();
  private long ann;
  private long bob;

  @BeforeEach
  void clear() {
    TestRedis.clear();
    ann = network.user("ann");
    bob = network.user("bob");
  }

  private static String key(long user, String part) {
    return "quoin:default:social:{%u:" + user + "}:" + part;
  }

  /** Has somebody else work the outbox of a user, who does nothing. */
  private static void stop(long user) {
    TestRedis.commands().set(key(user, "worker"), "somebody else");
    TestRedis.commands().pexpire(key(user, "worker"), 60_000);
  }

  private static void goOn(long user) {
    TestRedis.commands().del(key(user, "worker"));
  }

  private void end(long user) {
    Iterator<UsersDeleteResponse> progress =
        network
            .users
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .delete(UsersDeleteRequest.newBuilder().setUserId(user).build());
    progress.forEachRemaining(message -> {});
    Network.settle();
  }

  @Test
  void entryThatAlwaysFailsIsSetAside() {
    network.follow(bob, ann);
    Network.settle();
    stop(ann);
    TestRedis.commands().rpush(key(ann, "outbox"), "? what is this");
    TestRedis.commands().hset(key(ann, "failures"), "entry", "? what is this");
    TestRedis.commands().hset(key(ann, "failures"), "count", "28");
    goOn(ann);

    long status = network.post(ann, "behind it");
    Eventually.until(
        "it has failed once more",
        () -> "29".equals(TestRedis.commands().hget(key(ann, "failures"), "count")));
    assertThat(network.home(bob)).isEmpty();

    Eventually.until(
        Duration.ofSeconds(40),
        "the others go on",
        () -> network.home(bob).equals(List.of(status)));
    assertThat(TestRedis.commands().lrange(key(ann, "aside"), 0, -1))
        .containsExactly("? what is this");
    assertThat(TestRedis.commands().exists(key(ann, "failures"))).isZero();
  }

  @Test
  void newLoginIsKeptHoweverLateTheOutboxComesToIt() {
    stop(ann);
    network.users.changeLogin(
        UsersChangeLoginRequest.newBuilder().setUserId(ann).setLogin("anna").build());

    assertThat(TestRedis.commands().pttl("quoin:default:social:{%login:anna}:login")).isEqualTo(-1);
    goOn(ann);
  }

  @Test
  void blockingAgainAddsNoWork() {
    stop(ann);
    BlockRequest block = BlockRequest.newBuilder().setUserId(ann).setOtherId(bob).build();
    for (int i = 0; i < 5; i++) {
      network.graph.block(block);
    }

    assertThat(TestRedis.commands().llen(key(ann, "outbox"))).isEqualTo(1);
    goOn(ann);
  }

  @Test
  void fullOutboxTakesNothingButDeletions() {
    long status = network.post(ann, "here");
    long other = network.post(ann, "there");
    Network.settle();
    network.graph.block(BlockRequest.newBuilder().setUserId(ann).setOtherId(bob).build());
    Network.settle();
    stop(ann);
    String[] entries = new String[10_000];
    java.util.Arrays.fill(entries, "r");
    TestRedis.commands().rpush(key(ann, "outbox"), entries);
    long carl = network.user("carl");

    assertThat(Refused.by(() -> network.post(ann, "more")).reason()).isEqualTo("USER_OUTBOX_FULL");
    assertThat(
            Refused.by(
                    () ->
                        network.graph.block(
                            BlockRequest.newBuilder().setUserId(ann).setOtherId(carl).build()))
                .reason())
        .isEqualTo("USER_OUTBOX_FULL");
    assertThat(
            Refused.by(
                    () ->
                        network.graph.unblock(
                            UnblockRequest.newBuilder().setUserId(ann).setOtherId(bob).build()))
                .reason())
        .isEqualTo("USER_OUTBOX_FULL");
    assertThat(
            Refused.by(
                    () ->
                        network.users.changeLogin(
                            UsersChangeLoginRequest.newBuilder()
                                .setUserId(ann)
                                .setLogin("anna")
                                .build()))
                .reason())
        .isEqualTo("USER_OUTBOX_FULL");
    assertThat(network.profile(ann).getLogin()).isEqualTo("ann");
    assertThat(network.delete(ann, status)).isTrue();
    assertThat(
            network
                .moderation
                .hide(HideRequest.newBuilder().setStatusId(other).setHidden(true).build())
                .getChanged())
        .isTrue();
    TestRedis.commands().del(key(ann, "outbox"), key(ann, "worker"));
  }

  @Test
  void idThatIsTakenIsNoReasonToShowSomebodyElsesStatus() {
    // As if Redis had lost which ids it had given out.
    TestRedis.commands().set("quoin:-:social:{%work}:last", "9000000000000 41");
    String taken = "quoin:default:social:{%s:9000000000000000042}:status";
    TestRedis.commands().set(taken, "l " + ann + " 0 0 0 0\n");
    try {
      assertThat(Refused.by(() -> network.post(bob, "not hers")).code())
          .isEqualTo(io.grpc.Status.Code.UNAVAILABLE);
      assertThat(TestRedis.commands().get(taken)).isEqualTo("l " + ann + " 0 0 0 0\n");
      assertThat(Network.raw(bob, "posts")).isEmpty();
    } finally {
      TestRedis.commands().del("quoin:-:social:{%work}:last");
    }
  }

  @Test
  void showingAgainIsCompletedByRepeatingIt() {
    network.follow(bob, ann);
    long status = network.post(ann, "fine");
    Network.settle();
    HideRequest.Builder hide = HideRequest.newBuilder().setStatusId(status);
    network.moderation.hide(hide.setHidden(true).build());
    Network.settle();
    // The server died when it had shown the status again.
    String key = "quoin:default:social:{%s:" + status + "}:status";
    TestRedis.commands().setrange(key, 0, "l");

    assertThat(network.moderation.hide(hide.setHidden(false).build()).getChanged()).isFalse();
    Network.settle();

    assertThat(network.home(bob)).containsExactly(status);
  }

  @Test
  void listsWhoseCreationEndedHalfWayDoNotCount() {
    long list =
        network
            .graph
            .createList(CreateListRequest.newBuilder().setUserId(ann).setName("l").build())
            .getListId();
    double now = TestRedis.commands().zscore(key(ann, "lists"), Long.toString(list));
    TestRedis.commands().zadd(key(ann, "lists"), now - 120_000, "1");
    TestRedis.commands().zadd(key(ann, "lists"), now, "2");

    assertThat(
            network
                .graph
                .listLists(ListListsRequest.newBuilder().setUserId(ann).build())
                .getListsList())
        .extracting(NamedList::getListId)
        .containsExactly(list);
    Eventually.until(
        "the old one is forgotten, not one that may be being created",
        () -> !TestRedis.commands().zrange(key(ann, "lists"), 0, -1).contains("1"));
    assertThat(TestRedis.commands().zrange(key(ann, "lists"), 0, -1))
        .containsExactlyInAnyOrder("2", Long.toString(list));
  }

  @Test
  void deletedUserKeepsNoFavoritesAndLeavesNoGroupWithoutAnOwner() {
    long carl = network.user("carl");
    long status = network.post(bob, "nice");
    network.statuses.favorite(
        StatusesFavoriteRequest.newBuilder().setUserId(ann).setStatusId(status).build());
    List<Long> groups = new ArrayList<>();
    for (String name : List.of("alone", "with others")) {
      groups.add(
          network
              .groups
              .create(GroupsCreateRequest.newBuilder().setUserId(ann).setName(name).build())
              .getGroupId());
    }
    for (long member : List.of(bob, carl)) {
      network.groups.join(
          GroupsJoinRequest.newBuilder().setGroupId(groups.get(1)).setActorId(member).build());
    }
    network.groups.setRole(
        GroupsSetRoleRequest.newBuilder()
            .setGroupId(groups.get(1))
            .setActorId(ann)
            .setUserId(carl)
            .setRole(Role.ROLE_MODERATOR)
            .build());

    end(ann);

    assertThat(
            network
                .statuses
                .get(StatusesGetRequest.newBuilder().setStatusId(status).build())
                .getStatus()
                .getFavoriteCount())
        .isZero();
    assertThat(TestRedis.commands().keys("*{%g:" + groups.get(0) + "}*")).isEmpty();
    assertThat(members(groups.get(1)))
        .extracting(Member::getUserId, Member::getRole)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(bob, Role.ROLE_MEMBER),
            org.assertj.core.groups.Tuple.tuple(carl, Role.ROLE_OWNER));
    end(carl);
    assertThat(members(groups.get(1)))
        .extracting(Member::getUserId, Member::getRole)
        .containsExactly(org.assertj.core.groups.Tuple.tuple(bob, Role.ROLE_OWNER));
  }

  private List<Member> members(long group) {
    return network
        .groups
        .listMembers(GroupsListMembersRequest.newBuilder().setGroupId(group).build())
        .getMembersList();
  }

  @Test
  void deletionThatWasSetAsideGoesOnWhenItIsAskedForAgain() {
    network.follow(bob, ann);
    Network.settle();
    stop(ann);
    TestRedis.commands().setrange(key(ann, "user"), 0, "d");
    goOn(ann);

    end(ann);

    assertThat(TestRedis.commands().keys("*{%u:" + ann + "}*")).isEmpty();
    assertThat(Network.raw(bob, "following")).isEmpty();
  }
}
