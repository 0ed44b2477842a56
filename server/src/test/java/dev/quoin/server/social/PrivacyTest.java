// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.ApproveRequest;
import dev.quoin.social.v1.BlockRequest;
import dev.quoin.social.v1.DenyRequest;
import dev.quoin.social.v1.GetRelationshipRequest;
import dev.quoin.social.v1.GetRelationshipResponse;
import dev.quoin.social.v1.GetTagRequest;
import dev.quoin.social.v1.HideRequest;
import dev.quoin.social.v1.MentionCount;
import dev.quoin.social.v1.MuteRequest;
import dev.quoin.social.v1.RequestFollowRequest;
import dev.quoin.social.v1.StatusesFavoriteRequest;
import dev.quoin.social.v1.StatusesGetRequest;
import dev.quoin.social.v1.StatusesListFavoritesRequest;
import dev.quoin.social.v1.StatusesListMentionsRequest;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.StatusesTopMentionsRequest;
import dev.quoin.social.v1.StatusesUnfavoriteRequest;
import dev.quoin.social.v1.StatusesUnlikeRequest;
import dev.quoin.social.v1.SuspendRequest;
import dev.quoin.social.v1.UnblockRequest;
import dev.quoin.social.v1.UnmuteRequest;
import dev.quoin.social.v1.Visibility;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who sees what: private users, blocks, mutes, hidden statuses, suspended users. */
@Tag("redis")
final class PrivacyTest {
  private final Network network = Network.first();
  private long ann;
  private long bob;
  private long closed;

  @BeforeEach
  void clear() {
    TestRedis.clear();
    ann = network.user("ann");
    bob = network.user("bob");
    closed = network.privateUser("closed");
  }

  private GetRelationshipResponse between(long user, long other) {
    return network.graph.getRelationship(
        GetRelationshipRequest.newBuilder().setUserId(user).setOtherId(other).build());
  }

  private List<String> tagged(String tag, long viewer) {
    return Network.texts(
        network
            .timelines
            .getTag(GetTagRequest.newBuilder().setTag(tag).setViewerId(viewer).build())
            .getStatusesList());
  }

  private List<String> mentions(long user) {
    return Network.texts(
        network
            .statuses
            .listMentions(StatusesListMentionsRequest.newBuilder().setUserId(user).build())
            .getStatusesList());
  }

  private boolean sees(long viewer, long status) {
    try {
      network.statuses.get(
          StatusesGetRequest.newBuilder().setStatusId(status).setViewerId(viewer).build());
      return true;
    } catch (io.grpc.StatusRuntimeException e) {
      assertThat(Refused.of(e).reason()).isEqualTo("STATUS_NOT_FOUND");
      return false;
    }
  }

  @Test
  void privateUserIsFollowedByThoseItApproves() {
    assertThat(Refused.by(() -> network.follow(ann, closed)).reason()).isEqualTo("USER_PRIVATE");
    var asked =
        network.graph.requestFollow(
            RequestFollowRequest.newBuilder().setUserId(ann).setOtherId(closed).build());
    assertThat(asked.getRequested()).isTrue();
    assertThat(asked.getFollowed()).isFalse();
    assertThat(between(ann, closed).getRequested()).isTrue();
    long status = network.post(closed, "for #friends and @bob");
    Network.settle();
    assertThat(sees(ann, status)).isFalse();
    assertThat(network.home(ann)).isEmpty();

    ApproveRequest approval = ApproveRequest.newBuilder().setUserId(closed).setOtherId(ann).build();
    assertThat(network.graph.approve(approval).getApproved()).isTrue();
    assertThat(network.graph.approve(approval).getApproved()).isFalse();
    Network.settle();

    assertThat(between(ann, closed).getFollows()).isTrue();
    assertThat(between(ann, closed).getRequested()).isFalse();
    assertThat(network.home(ann)).containsExactly(status);
    assertThat(sees(ann, status)).isTrue();
    assertThat(network.posts(closed, ann)).containsExactly(status);
    // Nobody else sees it anywhere.
    assertThat(sees(bob, status)).isFalse();
    assertThat(network.posts(closed, bob)).isEmpty();
    assertThat(network.posts(closed, 0)).isEmpty();
    assertThat(tagged("friends", bob)).isEmpty();
    assertThat(mentions(bob)).isEmpty();
    network.statuses.favorite(
        StatusesFavoriteRequest.newBuilder().setUserId(ann).setStatusId(status).build());
    StatusesListFavoritesRequest.Builder favorites =
        StatusesListFavoritesRequest.newBuilder().setUserId(ann);
    assertThat(network.statuses.listFavorites(favorites.build()).getStatusesList()).isEmpty();
    assertThat(network.statuses.listFavorites(favorites.setViewerId(ann).build()).getStatusesList())
        .hasSize(1);
  }

  @Test
  void deniedRequestIsGone() {
    network.graph.requestFollow(
        RequestFollowRequest.newBuilder().setUserId(ann).setOtherId(closed).build());
    DenyRequest denial = DenyRequest.newBuilder().setUserId(closed).setOtherId(ann).build();

    assertThat(network.graph.deny(denial).getDenied()).isTrue();
    assertThat(network.graph.deny(denial).getDenied()).isFalse();
    assertThat(between(ann, closed).getRequested()).isFalse();
    assertThat(between(ann, closed).getFollows()).isFalse();
  }

  @Test
  void requestThatWasTakenBackIsNotApproved() {
    network.graph.requestFollow(
        RequestFollowRequest.newBuilder().setUserId(ann).setOtherId(closed).build());
    assertThat(network.unfollow(ann, closed)).isFalse();

    assertThat(Network.raw(closed, "requests")).isEmpty();
    assertThat(
            network
                .graph
                .approve(ApproveRequest.newBuilder().setUserId(closed).setOtherId(ann).build())
                .getApproved())
        .isFalse();
    assertThat(between(ann, closed).getFollows()).isFalse();
  }

  @Test
  void blockEndsBothEdgesAndWhatTheyBrought() {
    network.follow(ann, bob);
    network.follow(bob, ann);
    long status = network.post(ann, "from ann");
    network.post(bob, "from bob");
    Network.settle();
    assertThat(network.home(bob)).hasSize(2);

    BlockRequest block = BlockRequest.newBuilder().setUserId(ann).setOtherId(bob).build();
    assertThat(network.graph.block(block).getCreated()).isTrue();
    assertThat(network.graph.block(block).getCreated()).isFalse();
    network.post(bob, "and now @ann, what?");
    Network.settle();

    assertThat(network.home(ann)).containsExactly(status);
    assertThat(network.home(bob)).hasSize(2).doesNotContain(status);
    assertThat(sees(bob, status)).isFalse();
    assertThat(mentions(ann)).isEmpty();
    assertThat(Network.raw(ann, "mentions")).as("the notice is not even written").isEmpty();
    assertThat(network.profile(ann).getFollowerCount()).isZero();
    assertThat(network.profile(bob).getFollowerCount()).isZero();
    assertThat(between(bob, ann).getBlockedBy()).isTrue();
    assertThat(Refused.by(() -> network.follow(bob, ann)).reason()).isEqualTo("USER_BLOCKED");
    assertThat(Refused.by(() -> network.follow(ann, bob)).reason()).isEqualTo("USER_BLOCKED");

    UnblockRequest unblock = UnblockRequest.newBuilder().setUserId(ann).setOtherId(bob).build();
    assertThat(network.graph.unblock(unblock).getUnblocked()).isTrue();
    Network.settle();
    assertThat(network.follow(bob, ann)).isTrue();
    assertThat(network.home(bob)).contains(status);
  }

  @Test
  void mutedUserIsFollowedAndNotSeen() {
    network.follow(ann, bob);
    network.post(bob, "loud, @ann!");
    long own = network.post(ann, "own");
    Network.settle();

    network.graph.mute(MuteRequest.newBuilder().setUserId(ann).setOtherId(bob).build());
    assertThat(network.home(ann)).containsExactly(own);
    assertThat(mentions(ann)).isEmpty();
    assertThat(between(ann, bob).getMutes()).isTrue();
    assertThat(between(ann, bob).getFollows()).isTrue();

    network.graph.unmute(UnmuteRequest.newBuilder().setUserId(ann).setOtherId(bob).build());
    assertThat(network.home(ann)).hasSize(2);
    assertThat(mentions(ann)).hasSize(1);
  }

  @Test
  void visibilityIsForFollowersOrForThoseMentioned() {
    network.follow(ann, bob);
    long forFollowers =
        network.post(
            StatusesPostRequest.newBuilder()
                .setAuthorId(bob)
                .setText("#secret for friends")
                .setVisibility(Visibility.VISIBILITY_FOLLOWERS));
    long forCarl = network.user("carl");
    long mentioned =
        network.post(
            StatusesPostRequest.newBuilder()
                .setAuthorId(bob)
                .setText("#secret for @carl alone")
                .setVisibility(Visibility.VISIBILITY_MENTIONED));
    Network.settle();

    assertThat(network.home(ann)).containsExactly(forFollowers);
    assertThat(sees(ann, mentioned)).isFalse();
    assertThat(sees(forCarl, mentioned)).isTrue();
    assertThat(sees(forCarl, forFollowers)).isFalse();
    assertThat(sees(bob, mentioned)).isTrue();
    assertThat(mentions(forCarl)).containsExactly("#secret for @carl alone");
    assertThat(tagged("secret", ann)).isEmpty();
    assertThat(network.posts(bob, 0)).isEmpty();
    assertThat(network.posts(bob, ann)).containsExactly(forFollowers);
  }

  @Test
  void hiddenStatusIsSeenByItsAuthorOnly() {
    network.follow(ann, bob);
    long status = network.post(bob, "bad #words");
    Network.settle();
    HideRequest.Builder hide = HideRequest.newBuilder().setStatusId(status).setHidden(true);

    assertThat(network.moderation.hide(hide.build()).getChanged()).isTrue();
    assertThat(sees(ann, status)).isFalse();
    Network.settle();
    assertThat(network.moderation.hide(hide.build()).getChanged()).isFalse();

    assertThat(Network.raw(ann, "home")).isEmpty();
    assertThat(tagged("words", ann)).isEmpty();
    assertThat(network.home(bob)).containsExactly(status);
    assertThat(
            network
                .statuses
                .get(StatusesGetRequest.newBuilder().setStatusId(status).setViewerId(bob).build())
                .getStatus()
                .getHidden())
        .isTrue();

    assertThat(network.moderation.hide(hide.setHidden(false).build()).getChanged()).isTrue();
    Network.settle();
    assertThat(network.home(ann)).containsExactly(status);
    assertThat(tagged("words", ann)).containsExactly("bad #words");
  }

  @Test
  void suspendedUserDoesNothingAndIsNotShown() {
    network.follow(ann, bob);
    long status = network.post(bob, "before");
    Network.settle();
    SuspendRequest.Builder suspension =
        SuspendRequest.newBuilder().setUserId(bob).setSuspended(true);

    assertThat(network.moderation.suspend(suspension.build()).getChanged()).isTrue();

    assertThat(network.home(ann)).isEmpty();
    assertThat(sees(ann, status)).isFalse();
    assertThat(network.posts(bob, bob)).containsExactly(status);
    assertThat(network.profile(bob).getSuspended()).isTrue();
    assertThat(Refused.by(() -> network.post(bob, "x")).reason()).isEqualTo("USER_SUSPENDED");
    assertThat(Refused.by(() -> network.follow(bob, ann)).reason()).isEqualTo("USER_SUSPENDED");
    network.moderation.suspend(suspension.setSuspended(false).build());
    assertThat(network.home(ann)).containsExactly(status);
  }

  @Test
  void privateUserReachesThoseItMentionsAndAreItsFollowers() {
    network.graph.requestFollow(
        RequestFollowRequest.newBuilder().setUserId(ann).setOtherId(closed).build());
    network.graph.approve(ApproveRequest.newBuilder().setUserId(closed).setOtherId(ann).build());
    long status =
        network.post(
            StatusesPostRequest.newBuilder()
                .setAuthorId(closed)
                .setText("only for @ann and @bob")
                .setVisibility(Visibility.VISIBILITY_MENTIONED));
    Network.settle();

    assertThat(sees(ann, status)).isTrue();
    assertThat(sees(bob, status)).as("it does not follow").isFalse();
    assertThat(mentions(ann)).containsExactly("only for @ann and @bob");
    assertThat(mentions(bob)).isEmpty();
  }

  @Test
  void whoMentionsWhomIsSaidOfWhatAnybodySees() {
    network.post(bob, "hello @ann");
    network.post(closed, "hello @ann");
    network.post(
        StatusesPostRequest.newBuilder()
            .setAuthorId(ann)
            .setText("just between us, @bob")
            .setVisibility(Visibility.VISIBILITY_MENTIONED));
    Network.settle();

    assertThat(
            network
                .statuses
                .topMentions(StatusesTopMentionsRequest.getDefaultInstance())
                .getPairsList())
        .extracting(MentionCount::getAuthorId)
        .containsExactly(bob);
  }

  @Test
  void favoritesOfAPrivateUserAreForThoseWhoSeeItsStatuses() {
    long status = network.post(bob, "nice");
    network.statuses.favorite(
        StatusesFavoriteRequest.newBuilder().setUserId(closed).setStatusId(status).build());
    StatusesListFavoritesRequest.Builder favorites =
        StatusesListFavoritesRequest.newBuilder().setUserId(closed);

    assertThat(network.statuses.listFavorites(favorites.build()).getStatusesList()).isEmpty();
    assertThat(network.statuses.listFavorites(favorites.setViewerId(ann).build()).getStatusesList())
        .isEmpty();
    assertThat(
            network.statuses.listFavorites(favorites.setViewerId(closed).build()).getStatusesList())
        .hasSize(1);
  }

  @Test
  void whoMayNotSeeAStatusLearnsNothingByTakingALikeBack() {
    long status = network.post(closed, "for friends");

    assertThat(
            Refused.by(
                    () ->
                        network.statuses.unlike(
                            StatusesUnlikeRequest.newBuilder()
                                .setUserId(bob)
                                .setStatusId(status)
                                .build()))
                .reason())
        .isEqualTo("STATUS_NOT_FOUND");
    assertThat(
            Refused.by(
                    () ->
                        network.statuses.unfavorite(
                            StatusesUnfavoriteRequest.newBuilder()
                                .setUserId(bob)
                                .setStatusId(status)
                                .build()))
                .reason())
        .isEqualTo("STATUS_NOT_FOUND");
  }
}
