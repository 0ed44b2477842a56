// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.RetryInfo;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.AddToListRequest;
import dev.quoin.social.v1.BlockRequest;
import dev.quoin.social.v1.CreateListRequest;
import dev.quoin.social.v1.DeleteListRequest;
import dev.quoin.social.v1.GetListRequest;
import dev.quoin.social.v1.GetTopRequest;
import dev.quoin.social.v1.GetUnreadRequest;
import dev.quoin.social.v1.GetUnreadResponse;
import dev.quoin.social.v1.GroupKind;
import dev.quoin.social.v1.GroupsCreateRequest;
import dev.quoin.social.v1.GroupsDeleteRequest;
import dev.quoin.social.v1.GroupsGetTimelineRequest;
import dev.quoin.social.v1.GroupsJoinRequest;
import dev.quoin.social.v1.GroupsLeaveRequest;
import dev.quoin.social.v1.GroupsPostRequest;
import dev.quoin.social.v1.GroupsSetRoleRequest;
import dev.quoin.social.v1.MarkSeenRequest;
import dev.quoin.social.v1.MutualsRequest;
import dev.quoin.social.v1.RemoveFromListRequest;
import dev.quoin.social.v1.ReportKind;
import dev.quoin.social.v1.ReportRequest;
import dev.quoin.social.v1.ResolveRequest;
import dev.quoin.social.v1.Role;
import dev.quoin.social.v1.SetLimitsRequest;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.StatusesFavoriteRequest;
import dev.quoin.social.v1.StatusesGetConversationRequest;
import dev.quoin.social.v1.StatusesGetRequest;
import dev.quoin.social.v1.StatusesLikeRequest;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.StatusesRepostRequest;
import dev.quoin.social.v1.StatusesTopMentionsRequest;
import dev.quoin.social.v1.StatusesUnfavoriteRequest;
import dev.quoin.social.v1.StatusesUnlikeRequest;
import dev.quoin.social.v1.SuggestRequest;
import dev.quoin.social.v1.UsersDeleteRequest;
import dev.quoin.social.v1.UsersDeleteResponse;
import dev.quoin.social.v1.Visibility;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What users do with statuses and with each other, beyond following. */
@Tag("redis")
final class ReactionsTest {
  private final Network network = Network.first();
  private long ann;
  private long bob;
  private long carl;

  @BeforeEach
  void clear() {
    TestRedis.clear();
    ann = network.user("ann");
    bob = network.user("bob");
    carl = network.user("carl");
  }

  private Status get(long status) {
    return network
        .statuses
        .get(StatusesGetRequest.newBuilder().setStatusId(status).build())
        .getStatus();
  }

  @Test
  void likesAndFavoritesCountOnceForEachUser() {
    long status = network.post(ann, "good");
    var like = StatusesLikeRequest.newBuilder().setUserId(bob).setStatusId(status).build();
    assertThat(network.statuses.like(like).getChanged()).isTrue();
    var again = network.statuses.like(like);
    assertThat(again.getChanged()).isFalse();
    assertThat(again.getCount()).isEqualTo(1);
    var favorite = StatusesFavoriteRequest.newBuilder().setUserId(bob).setStatusId(status).build();
    assertThat(network.statuses.favorite(favorite).getChanged()).isTrue();
    assertThat(network.statuses.favorite(favorite).getChanged()).isFalse();

    assertThat(get(status).getLikeCount()).isEqualTo(1);
    assertThat(get(status).getFavoriteCount()).isEqualTo(1);
    var unlike = StatusesUnlikeRequest.newBuilder().setUserId(bob).setStatusId(status).build();
    assertThat(network.statuses.unlike(unlike).getChanged()).isTrue();
    assertThat(network.statuses.unlike(unlike).getChanged()).isFalse();
    var unkeep = StatusesUnfavoriteRequest.newBuilder().setUserId(bob).setStatusId(status).build();
    assertThat(network.statuses.unfavorite(unkeep).getChanged()).isTrue();
    assertThat(get(status).getLikeCount()).isZero();
    assertThat(get(status).getFavoriteCount()).isZero();

    network.statuses.like(like);
    network.delete(ann, status);
    Network.settle();
    assertThat(TestRedis.commands().keys("*{%s:" + status + "}*"))
        .as("of what was deleted a tombstone is left")
        .containsExactly("quoin:default:social:{%s:" + status + "}:status");
  }

  @Test
  void repostIsMadeOnceShownOnceAndGoesWithTheOriginal() {
    network.follow(carl, ann);
    network.follow(carl, bob);
    long status = network.post(ann, "worth it");
    var repost = StatusesRepostRequest.newBuilder().setUserId(bob).setStatusId(status).build();
    var first = network.statuses.repost(repost);
    var second = network.statuses.repost(repost);
    Network.settle();

    assertThat(first.getCreated()).isTrue();
    assertThat(second.getCreated()).isFalse();
    assertThat(second.getStatusId()).isEqualTo(first.getStatusId());
    assertThat(get(status).getRepostCount()).isEqualTo(1);
    assertThat(network.home(carl)).as("once a page").containsExactly(first.getStatusId());

    network.delete(bob, first.getStatusId());
    Network.settle();
    assertThat(get(status).getRepostCount()).isZero();
    var third = network.statuses.repost(repost);
    assertThat(third.getCreated()).isTrue();
    network.delete(ann, status);
    Network.settle();
    assertThat(network.home(carl)).isEmpty();
    assertThat(Network.raw(bob, "posts")).isEmpty();
  }

  @Test
  void repliesMakeAConversation() {
    long root = network.post(ann, "root");
    long reply =
        network.post(
            StatusesPostRequest.newBuilder().setAuthorId(bob).setText("reply").setInReplyTo(root));
    long deep =
        network.post(
            StatusesPostRequest.newBuilder()
                .setAuthorId(carl)
                .setText("deep, @Ann #Tag https://example.org/a.")
                .setInReplyTo(reply));
    Network.settle();

    var page =
        network.statuses.getConversation(
            StatusesGetConversationRequest.newBuilder().setStatusId(deep).build());
    assertThat(page.getStatusesList())
        .extracting(Status::getStatusId)
        .containsExactly(root, reply, deep);
    assertThat(get(root).getReplyCount()).isEqualTo(1);
    assertThat(get(deep).getConversationId()).isEqualTo(root);
    assertThat(get(deep).getTagsList()).containsExactly("tag");
    assertThat(get(deep).getLinksList()).containsExactly("https://example.org/a");
    assertThat(get(deep).getMentions(0).getUserId()).isEqualTo(ann);
    var top =
        network.statuses.topMentions(StatusesTopMentionsRequest.getDefaultInstance()).getPairs(0);
    assertThat(top.getAuthorId()).isEqualTo(carl);
    assertThat(top.getMentionedId()).isEqualTo(ann);
    assertThat(top.getCount()).isEqualTo(1);
    assertThat(
            Refused.by(
                    () ->
                        network.post(
                            StatusesPostRequest.newBuilder()
                                .setAuthorId(bob)
                                .setText("to nobody")
                                .setInReplyTo(7)))
                .reason())
        .isEqualTo("STATUS_NOT_FOUND");
  }

  @Test
  void listIsATimelineOfWhomItHas() {
    long list =
        network
            .graph
            .createList(CreateListRequest.newBuilder().setUserId(ann).setName("l").build())
            .getListId();
    long before = network.post(bob, "before");
    var add = AddToListRequest.newBuilder().setUserId(ann).setListId(list).setOtherId(bob).build();
    assertThat(network.graph.addToList(add).getCreated()).isTrue();
    long after = network.post(bob, "after");
    Network.settle();
    GetListRequest get = GetListRequest.newBuilder().setListId(list).setViewerId(ann).build();
    assertThat(network.timelines.getList(get).getStatusesList())
        .extracting(Status::getStatusId)
        .containsExactly(after, before);
    assertThat(network.home(ann)).as("a list is not followed").isEmpty();
    assertThat(network.profile(bob).getFollowerCount()).isZero();
    assertThat(
            Refused.by(() -> network.graph.addToList(add.toBuilder().setUserId(bob).build()))
                .reason())
        .isEqualTo("LIST_NOT_FOUND");

    network.delete(bob, after);
    Network.settle();
    assertThat(network.timelines.getList(get).getStatusesCount()).isEqualTo(1);
    var off =
        RemoveFromListRequest.newBuilder().setUserId(ann).setListId(list).setOtherId(bob).build();
    assertThat(network.graph.removeFromList(off).getRemovedEdge()).isTrue();
    assertThat(network.timelines.getList(get).getStatusesCount()).isZero();
    var end = DeleteListRequest.newBuilder().setUserId(ann).setListId(list).build();
    assertThat(network.graph.deleteList(end).getDeleted()).isTrue();
    assertThat(network.graph.deleteList(end).getDeleted()).isFalse();
    Network.settle();
    assertThat(TestRedis.commands().keys("*{%l:" + list + "}*")).isEmpty();
  }

  @Test
  void unreadIsWhatIsNewerThanWhatWasSeen() {
    network.follow(ann, bob);
    long first = network.post(bob, "1");
    long second = network.post(bob, "2");
    Network.settle();
    GetUnreadRequest ask = GetUnreadRequest.newBuilder().setUserId(ann).build();
    assertThat(network.timelines.getUnread(ask).getUnread()).isEqualTo(2);

    network.timelines.markSeen(
        MarkSeenRequest.newBuilder().setUserId(ann).setStatusId(second).build());
    var back =
        network.timelines.markSeen(
            MarkSeenRequest.newBuilder().setUserId(ann).setStatusId(first).build());

    assertThat(back.getSeenStatusId()).as("it never goes back").isEqualTo(second);
    network.post(bob, "3");
    Network.settle();
    GetUnreadResponse unread = network.timelines.getUnread(ask);
    assertThat(unread.getUnread()).isEqualTo(1);
    assertThat(unread.getSeenStatusId()).isEqualTo(second);
  }

  @Test
  void whatCannotHaveBeenPostedYetCannotHaveBeenSeen() {
    assertThat(
            Refused.by(
                    () ->
                        network.timelines.markSeen(
                            MarkSeenRequest.newBuilder()
                                .setUserId(ann)
                                .setStatusId(Long.MAX_VALUE)
                                .build()))
                .reason())
        .isEqualTo("STATUS_NOT_FOUND");
  }

  @Test
  void repostSaysNothingOfItsOwn() {
    long status = network.post(bob, "said");
    StatusesPostRequest.Builder repost =
        StatusesPostRequest.newBuilder().setAuthorId(ann).setRepostOf(status);

    assertThat(
            Refused.by(() -> network.post(repost.clone().putAttributes("why", "because"))).fields())
        .containsExactly("attributes");
    assertThat(
            Refused.by(
                    () ->
                        network.post(repost.clone().setVisibility(Visibility.VISIBILITY_FOLLOWERS)))
                .fields())
        .containsExactly("visibility");
    assertThat(network.post(repost)).isPositive();
  }

  @Test
  void topIsRankedByVotesAndAffinity() {
    network.follow(ann, bob);
    network.follow(ann, carl);
    long liked = network.post(bob, "liked by all");
    long plain = network.post(carl, "plain");
    for (long user : List.of(bob, carl)) {
      network.statuses.like(
          StatusesLikeRequest.newBuilder().setUserId(user).setStatusId(liked).build());
    }
    Network.settle();

    var top =
        network.timelines.getTop(GetTopRequest.newBuilder().setUserId(ann).setMaxItems(2).build());

    assertThat(top.getRankedList())
        .extracting(ranked -> ranked.getStatus().getStatusId())
        .containsExactly(liked, plain);
    assertThat(top.getRanked(0).getScore())
        .isCloseTo(1 + Math.log(3), org.assertj.core.data.Offset.offset(0.01));
  }

  @Test
  void friendsOfFriendsAreSuggestedBySupport() {
    long dora = network.user("dora");
    network.follow(ann, bob);
    network.follow(ann, carl);
    network.follow(bob, dora);
    network.follow(carl, dora);
    network.follow(bob, carl);

    var suggested = network.graph.suggest(SuggestRequest.newBuilder().setUserId(ann).build());
    assertThat(suggested.getSuggestionsList()).hasSize(1);
    assertThat(suggested.getSuggestions(0).getUserId()).isEqualTo(dora);
    assertThat(suggested.getSuggestions(0).getSupport()).isEqualTo(2);
    var mutuals =
        network.graph.mutuals(
            MutualsRequest.newBuilder().setUserId(ann).setOtherId(dora).setMaxItems(1).build());
    assertThat(mutuals.getCount()).isEqualTo(2);
    assertThat(mutuals.getSampleUserIdsList()).containsExactly(carl);
  }

  private long group(GroupKind kind) {
    return network
        .groups
        .create(
            GroupsCreateRequest.newBuilder().setUserId(ann).setName("g").setGroupKind(kind).build())
        .getGroupId();
  }

  private long postTo(long group, long author) {
    return network
        .groups
        .post(
            GroupsPostRequest.newBuilder()
                .setGroupId(group)
                .setAuthorId(author)
                .setText("#in group")
                .build())
        .getStatusId();
  }

  @Test
  void privateGroupIsReadByItsMembers() {
    long group = group(GroupKind.GROUP_KIND_PRIVATE);
    var join = GroupsJoinRequest.newBuilder().setGroupId(group).setActorId(bob);
    assertThat(Refused.by(() -> network.groups.join(join.build())).reason())
        .isEqualTo("GROUP_NOT_ALLOWED");
    assertThat(network.groups.join(join.setActorId(ann).setUserId(bob).build()).getJoined())
        .isTrue();
    long status = postTo(group, bob);
    Network.settle();

    GroupsGetTimelineRequest.Builder read =
        GroupsGetTimelineRequest.newBuilder().setGroupId(group).setViewerId(bob);
    assertThat(network.groups.getTimeline(read.build()).getStatuses(0).getStatusId())
        .isEqualTo(status);
    assertThat(
            Refused.by(() -> network.groups.getTimeline(read.setViewerId(carl).build())).reason())
        .isEqualTo("GROUP_NOT_FOUND");
    assertThat(
            Refused.by(
                    () ->
                        network.statuses.get(
                            StatusesGetRequest.newBuilder()
                                .setStatusId(status)
                                .setViewerId(carl)
                                .build()))
                .reason())
        .isEqualTo("STATUS_NOT_FOUND");
    assertThat(Refused.by(() -> postTo(group, carl)).reason()).isEqualTo("GROUP_NOT_MEMBER");
    assertThat(network.home(bob)).isEmpty();

    network.delete(bob, status);
    Network.settle();
    assertThat(network.groups.getTimeline(read.setViewerId(bob).build()).getStatusesCount())
        .isZero();
    assertThat(
            Refused.by(
                    () ->
                        network.groups.leave(
                            GroupsLeaveRequest.newBuilder()
                                .setGroupId(group)
                                .setActorId(ann)
                                .build()))
                .reason())
        .isEqualTo("GROUP_NOT_ALLOWED");
    var end = GroupsDeleteRequest.newBuilder().setGroupId(group);
    assertThat(Refused.by(() -> network.groups.delete(end.setActorId(bob).build())).reason())
        .isEqualTo("GROUP_NOT_ALLOWED");
    assertThat(network.groups.delete(end.setActorId(ann).build()).getDeleted()).isTrue();
    assertThat(network.groups.delete(end.build()).getDeleted()).isFalse();
    Network.settle();
    assertThat(TestRedis.commands().keys("*{%g:" + group + "}*")).isEmpty();
  }

  @Test
  void nobodyIsPutIntoAGroupByWhomItBlocks() {
    long group = group(GroupKind.GROUP_KIND_PRIVATE);
    network.graph.block(BlockRequest.newBuilder().setUserId(bob).setOtherId(ann).build());

    assertThat(
            Refused.by(
                    () ->
                        network.groups.join(
                            GroupsJoinRequest.newBuilder()
                                .setGroupId(group)
                                .setActorId(ann)
                                .setUserId(bob)
                                .build()))
                .reason())
        .isEqualTo("USER_BLOCKED");
    assertThat(Network.raw(bob, "groups")).isEmpty();
  }

  @Test
  void announcementsAreMadeByWhoRunsTheGroup() {
    long group = group(GroupKind.GROUP_KIND_ANNOUNCEMENTS);
    network.groups.join(GroupsJoinRequest.newBuilder().setGroupId(group).setActorId(bob).build());
    assertThat(Refused.by(() -> postTo(group, bob)).reason()).isEqualTo("GROUP_NOT_ALLOWED");
    var role =
        GroupsSetRoleRequest.newBuilder()
            .setGroupId(group)
            .setActorId(ann)
            .setUserId(bob)
            .setRole(Role.ROLE_MODERATOR);
    assertThat(network.groups.setRole(role.build()).getChanged()).isTrue();
    assertThat(network.groups.setRole(role.build()).getChanged()).isFalse();
    assertThat(postTo(group, bob)).isPositive();
  }

  @Test
  void reportsAreMadeOnceAndClosedOnce() {
    long status = network.post(bob, "bad");
    var report =
        ReportRequest.newBuilder()
            .setReporterId(ann)
            .setStatusId(status)
            .setReportKind(ReportKind.REPORT_KIND_ABUSE)
            .build();
    var first = network.moderation.report(report);
    assertThat(first.getCreated()).isTrue();
    assertThat(network.moderation.report(report).getReportId()).isEqualTo(first.getReportId());
    var close =
        ResolveRequest.newBuilder().setReportId(first.getReportId()).setActor("mod").build();
    assertThat(network.moderation.resolve(close).getChanged()).isTrue();
    assertThat(network.moderation.resolve(close).getChanged()).isFalse();
    assertThat(
            Refused.by(() -> network.moderation.resolve(close.toBuilder().setReportId(9).build()))
                .reason())
        .isEqualTo("REPORT_NOT_FOUND");
    assertThat(network.moderation.report(report).getCreated()).isTrue();
  }

  @Test
  void whatTheReporterMayNotSeeIsAsIfItDidNotExist() {
    long secret =
        network.post(
            StatusesPostRequest.newBuilder()
                .setAuthorId(bob)
                .setText("for nobody")
                .setVisibility(Visibility.VISIBILITY_MENTIONED));
    long deleted = network.post(bob, "gone");
    network.delete(bob, deleted);
    Refused hidden = reportRefused(secret);
    Refused gone = reportRefused(deleted);
    assertThat(hidden.reason()).isEqualTo("STATUS_NOT_FOUND");
    assertThat(hidden.status().getMessage().replace("" + secret, "" + deleted))
        .isEqualTo(gone.status().getMessage());
  }

  private Refused reportRefused(long status) {
    var report =
        ReportRequest.newBuilder()
            .setReporterId(ann)
            .setStatusId(status)
            .setReportKind(ReportKind.REPORT_KIND_ABUSE)
            .build();
    return Refused.by(() -> network.moderation.report(report));
  }

  @Test
  void limitThatIsNotSetStaysAsItWas() {
    SetLimitsRequest posts =
        SetLimitsRequest.newBuilder().setUserId(bob).setPostsPerHour(1).build();
    network.moderation.setLimits(posts);
    assertThat(network.follow(bob, ann)).isTrue();

    network.moderation.setLimits(
        posts.toBuilder().clearPostsPerHour().setFollowsPerHour(1).build());
    network.post(bob, "1");
    Refused refused = Refused.by(() -> network.post(bob, "2"));
    assertThat(refused.status().getMessage()).startsWith("allowed are 1 posts within an hour");
    assertThat(
            Refused.by(
                    () ->
                        network.moderation.setLimits(posts.toBuilder().clearPostsPerHour().build()))
                .fields())
        .containsExactly("posts_per_hour");
  }

  @Test
  void limitsHoldForAnHour() {
    network.moderation.setLimits(
        SetLimitsRequest.newBuilder()
            .setUserId(bob)
            .setPostsPerHour(2)
            .setFollowsPerHour(1)
            .build());
    network.post(bob, "1");
    network.post(bob, "2");
    Refused refused = Refused.by(() -> network.post(bob, "3"));
    assertThat(refused.reason()).isEqualTo("USER_LIMIT_EXCEEDED");
    assertThat(refused.status().getMessage()).startsWith("allowed are 2 posts within an hour");
    assertThat(refused.detail(RetryInfo.class).orElseThrow().getRetryDelay().getSeconds())
        .isBetween(3_500L, 3_600L);
    assertThat(network.follow(bob, ann)).isTrue();
    assertThat(Refused.by(() -> network.follow(bob, carl)).reason())
        .isEqualTo("USER_LIMIT_EXCEEDED");
    assertThat(TestRedis.commands().pttl("quoin:default:social:{%u:" + bob + "}:quota:post"))
        .isBetween(3_500_000L, 3_600_000L);
  }

  @Test
  void deletedUserLeavesNothing() {
    network.follow(ann, bob);
    network.follow(bob, carl);
    long status = network.post(bob, "#bye @carl");
    long list =
        network
            .graph
            .createList(CreateListRequest.newBuilder().setUserId(bob).setName("l").build())
            .getListId();
    Network.settle();

    List<UsersDeleteResponse> progress = new java.util.ArrayList<>();
    network
        .users
        .delete(UsersDeleteRequest.newBuilder().setUserId(bob).build())
        .forEachRemaining(progress::add);
    Network.settle();

    UsersDeleteResponse last = progress.get(progress.size() - 1);
    assertThat(last.getCompleted()).isTrue();
    assertThat(last.getRemovedCount()).as("follower, followed user, status, list").isEqualTo(4);
    assertThat(network.home(ann)).isEmpty();
    assertThat(Network.raw(ann, "following")).isEmpty();
    assertThat(network.profile(carl).getFollowerCount()).isZero();
    assertThat(Network.raw(carl, "mentions")).isEmpty();
    assertThat(Refused.by(() -> network.profile(bob)).reason()).isEqualTo("USER_NOT_FOUND");
    assertThat(Refused.by(() -> get(status)).reason()).isEqualTo("STATUS_NOT_FOUND");
    assertThat(TestRedis.commands().keys("*{%u:" + bob + "}*")).isEmpty();
    assertThat(TestRedis.commands().keys("*{%l:" + list + "}*")).isEmpty();
    assertThat(network.user("bob")).as("the login is free").isPositive();
  }
}
