// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.GetTagRequest;
import dev.quoin.social.v1.GroupKind;
import dev.quoin.social.v1.GroupsCreateRequest;
import dev.quoin.social.v1.GroupsListGroupsRequest;
import dev.quoin.social.v1.GroupsPostRequest;
import dev.quoin.social.v1.GroupsUpdateRequest;
import dev.quoin.social.v1.ListListsRequest;
import dev.quoin.social.v1.Location;
import dev.quoin.social.v1.ProfileField;
import dev.quoin.social.v1.ReportKind;
import dev.quoin.social.v1.ReportRequest;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.StatusesGetRequest;
import dev.quoin.social.v1.StatusesListTagRequest;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.UsersGetRequest;
import dev.quoin.social.v1.UsersUpdateRequest;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What nobody can mean is refused, and refusals name what they are about. */
@Tag("redis")
final class SocialRefusalsTest {
  private static final long NOBODY = 99;

  private final Network network = Network.first();
  private long ann;
  private long bob;

  @BeforeEach
  void clear() {
    TestRedis.clear();
    ann = network.user("ann");
    bob = network.user("bob");
  }

  @Test
  void nameOfAUserIsNotTakenAway() {
    Refused refused =
        Refused.by(
            () ->
                network.users.update(
                    UsersUpdateRequest.newBuilder()
                        .setUserId(ann)
                        .addUpdateMask(ProfileField.PROFILE_FIELD_NAME)
                        .build()));

    assertThat(refused.fields()).containsExactly("name");
    assertThat(network.profile(ann).getName()).isEqualTo("ann");
  }

  @Test
  void aUserThatDoesNotExistHasNoListsAndGroups() {
    ListListsRequest.Builder lists = ListListsRequest.newBuilder();
    GroupsListGroupsRequest.Builder groups = GroupsListGroupsRequest.newBuilder();
    assertThat(network.graph.listLists(lists.setUserId(ann).build()).getListsList()).isEmpty();
    assertThat(network.groups.listGroups(groups.setUserId(ann).build()).getGroupsList()).isEmpty();

    Refused list = Refused.by(() -> network.graph.listLists(lists.setUserId(NOBODY).build()));
    Refused group = Refused.by(() -> network.groups.listGroups(groups.setUserId(NOBODY).build()));

    assertThat(list.reason()).isEqualTo("USER_NOT_FOUND");
    assertThat(group.reason()).isEqualTo("USER_NOT_FOUND");
  }

  @Test
  void whoRenamesAPrivateGroupDoesNotOpenIt() {
    long group =
        network
            .groups
            .create(
                GroupsCreateRequest.newBuilder()
                    .setUserId(ann)
                    .setName("ours")
                    .setGroupKind(GroupKind.GROUP_KIND_PRIVATE)
                    .build())
            .getGroupId();
    long status =
        network
            .groups
            .post(
                GroupsPostRequest.newBuilder()
                    .setAuthorId(ann)
                    .setGroupId(group)
                    .setText("among us")
                    .build())
            .getStatusId();

    Refused refused =
        Refused.by(
            () ->
                network.groups.update(
                    GroupsUpdateRequest.newBuilder()
                        .setActorId(ann)
                        .setGroupId(group)
                        .setName("still ours")
                        .build()));

    assertThat(refused.fields()).containsExactly("group_kind");
    assertThat(
            Refused.by(
                    () ->
                        network.statuses.get(
                            StatusesGetRequest.newBuilder()
                                .setStatusId(status)
                                .setViewerId(bob)
                                .build()))
                .reason())
        .isEqualTo("STATUS_NOT_FOUND");
  }

  @Test
  void placeWithoutLatitudeOrLongitudeIsNoPlace() {
    StatusesPostRequest.Builder request =
        StatusesPostRequest.newBuilder().setAuthorId(ann).setText("here");

    assertThat(
            Refused.by(() -> network.post(request.setLocation(Location.getDefaultInstance())))
                .fields())
        .containsExactly("location");
    assertThat(
            Refused.by(
                    () -> network.post(request.setLocation(Location.newBuilder().setLatitude(1))))
                .fields())
        .containsExactly("location");
  }

  @ParameterizedTest
  @ValueSource(strings = {"#", "##a", "a b", "!", "123", "a-b"})
  void tagThatNoTextCanHaveIsRefused(String tag) {
    assertThat(
            Refused.by(
                    () ->
                        network.statuses.listTag(
                            StatusesListTagRequest.newBuilder().setTag(tag).build()))
                .fields())
        .containsExactly("tag");
    assertThat(
            Refused.by(
                    () -> network.timelines.getTag(GetTagRequest.newBuilder().setTag(tag).build()))
                .fields())
        .containsExactly("tag");
  }

  @ParameterizedTest
  @ValueSource(strings = {"#Größe", "GRÖSSE", "＃größe"})
  void tagIsFoundWithItsSignAndInAnyCase(String tag) {
    long status = network.post(ann, "what a #größe");
    Network.settle();

    assertThat(
            network
                .timelines
                .getTag(GetTagRequest.newBuilder().setTag(tag).build())
                .getStatusesList())
        .extracting(Status::getStatusId)
        .containsExactly(status);
  }

  @Test
  void refusalNamesTheUserWhoIsNotThere() {
    assertThat(message(Refused.by(() -> network.follow(ann, NOBODY))))
        .startsWith("there is no user 99 (");
    Refused report =
        Refused.by(
            () ->
                network.moderation.report(
                    ReportRequest.newBuilder()
                        .setReporterId(NOBODY)
                        .setUserId(ann)
                        .setReportKind(ReportKind.REPORT_KIND_SPAM)
                        .build()));
    assertThat(message(report)).startsWith("there is no user 99 (reporter \"99\", user ");
    assertThat(metadata(report)).containsEntry("reporter_id", "99");

    Refused update =
        Refused.by(
            () ->
                network.users.update(
                    UsersUpdateRequest.newBuilder()
                        .setUserId(NOBODY)
                        .addUpdateMask(ProfileField.PROFILE_FIELD_NAME)
                        .setName("ann")
                        .build()));
    assertThat(message(update)).isEqualTo("there is no user 99 (user \"99\")");
  }

  @Test
  void refusalOfALoginHasNoIdOfAUser() {
    Refused refused =
        Refused.by(() -> network.users.get(UsersGetRequest.newBuilder().setLogin("zoe").build()));

    assertThat(message(refused)).isEqualTo("nobody has the login (login \"zoe\")");
    assertThat(metadata(refused)).containsEntry("login", "zoe").doesNotContainKey("user_id");
  }

  @Test
  void refusalOfAReplyNamesTheStatusThatIsNotThere() {
    Refused refused =
        Refused.by(
            () ->
                network.post(
                    StatusesPostRequest.newBuilder()
                        .setAuthorId(ann)
                        .setText("yes")
                        .setInReplyTo(NOBODY)));

    assertThat(message(refused)).contains("in_reply_to \"99\"");
    assertThat(metadata(refused)).containsEntry("in_reply_to", "99");
  }

  private static String message(Refused refused) {
    return refused.status().getMessage();
  }

  private static Map<String, String> metadata(Refused refused) {
    return refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap();
  }
}
