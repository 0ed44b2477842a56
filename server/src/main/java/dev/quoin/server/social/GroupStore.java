// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Timestamps;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.social.Followers.Edge;
import dev.quoin.social.v1.Group;
import dev.quoin.social.v1.GroupKind;
import dev.quoin.social.v1.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Groups and who is in them. A group notes its members; each user has an index of its groups. */
final class GroupStore {
  private static final LuaScript CHANGE = LuaScript.load("social/group");
  private static final LuaScript ACCESS = LuaScript.load("social/group_access");
  private static final int MOST_MEMBERS = 100_000;
  private static final int MOST_ROLES = 100;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Social social;

  GroupStore(Scripts scripts, Keyspace keyspace, Social social) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.social = social;
  }

  /**
   * A group as a user finds it.
   *
   * @param role 1 for a member or somebody else, 2 for a moderator, 3 for an owner
   */
  record Access(Group group, boolean isMember, int role) {
    boolean isReadable() {
      return isMember || group.getGroupKind() != GroupKind.GROUP_KIND_PRIVATE;
    }

    boolean mayPost() {
      return isMember && (role > 1 || group.getGroupKind() != GroupKind.GROUP_KIND_ANNOUNCEMENTS);
    }
  }

  CompletionStage<Long> create(RequestContext scope, Ref owner, Group draft, long id) {
    return social
        .values()
        .user(scope, owner)
        .thenCompose(
            exists -> {
              Ref ref = Ref.group(scope, id);
              Group group =
                  draft.toBuilder()
                      .setGroupId(id)
                      .setCreateTime(Timestamps.fromMillis(Tickets.millis(id)))
                      .build();
              boolean isPrivate = group.getGroupKind() == GroupKind.GROUP_KIND_PRIVATE;
              return index(scope, owner, ref, true)
                  .thenCompose(indexed -> social.listed().add(scope, ref))
                  .thenCompose(
                      listed ->
                          social
                              .users()
                              .write(
                                  scope, ref, UserValue.fresh(isPrivate, group.toByteString()), 0))
                  .thenCompose(written -> change(scope, ref, "join", owner, owner, Role.ROLE_OWNER))
                  .thenApply(joined -> id);
            });
  }

  private CompletionStage<Boolean> index(RequestContext scope, Ref user, Ref group, boolean in) {
    return social.blocks().set(scope, user, "groups", group.id(), in);
  }

  private CompletionStage<Boolean> change(
      RequestContext scope, Ref group, String verb, Ref actor, Ref user, Role role) {
    return changed(scope, group, verb, actor, user, role).thenApply(Changed::done);
  }

  private record Changed(boolean done, long members) {}

  private CompletionStage<Changed> changed(
      RequestContext scope, Ref group, String verb, Ref actor, Ref user, Role role) {
    return scripts
        .run(
            CHANGE,
            scope,
            UserKeys.of(keyspace, group).keys("user", "following", "roles"),
            verb,
            actor.id(),
            user.id(),
            role.getNumber(),
            MOST_MEMBERS,
            MOST_ROLES)
        .thenApply(reply -> new Changed(reply.flag(), reply.integer()));
  }

  /** Makes a user a member. It is indexed before, so that no membership is forgotten. */
  CompletionStage<Boolean> join(RequestContext scope, Ref group, Ref actor, Ref user) {
    return social
        .values()
        .user(scope, user)
        .thenCompose(exists -> checkNotCut(scope, actor, user))
        .thenCompose(checked -> index(scope, user, group, true))
        .thenCompose(
            isNew ->
                change(scope, group, "join", actor, user, Role.ROLE_MEMBER)
                    .whenComplete(
                        (joined, failure) -> {
                          if (failure != null && isNew && !ErrorMapper.isStoreAway(failure)) {
                            index(scope.detached(), user, group, false);
                          }
                        }));
  }

  /** Nobody is put into a group by somebody it blocks. */
  private CompletionStage<Void> checkNotCut(RequestContext scope, Ref actor, Ref user) {
    if (actor.equals(user)) {
      return CompletableFuture.completedFuture(null);
    }
    return social
        .graph()
        .relations(scope, user, List.of(actor.id()))
        .thenAccept(
            relations -> {
              if (relations.get(0).isCut()) {
                throw GraphStore.blocked();
              }
            });
  }

  CompletionStage<Boolean> leave(RequestContext scope, Ref group, Ref actor, Ref user) {
    return change(scope, group, "leave", actor, user, Role.ROLE_MEMBER)
        .thenCompose(left -> index(scope, user, group, false).thenApply(done -> left));
  }

  CompletionStage<Boolean> setRole(
      RequestContext scope, Ref group, Ref actor, Ref user, Role role) {
    return change(scope, group, "role", actor, user, role);
  }

  /** A group as a user finds it; fails when there is none. */
  CompletionStage<Access> access(RequestContext scope, Ref group, String user) {
    return look(scope, group, user)
        .thenApply(
            access -> {
              if (access == null) {
                throw noGroup(group.id());
              }
              return access;
            });
  }

  /** As {@link #access}, of a group that the user may read. */
  CompletionStage<Access> readable(RequestContext scope, Ref group, String user) {
    return access(scope, group, user)
        .thenApply(
            access -> {
              if (!access.isReadable()) {
                throw noGroup(group.id());
              }
              return access;
            });
  }

  private CompletionStage<Access> look(RequestContext scope, Ref group, String user) {
    return scripts
        .run(ACCESS, scope, UserKeys.of(keyspace, group).keys("user", "following", "roles"), user)
        .thenApply(
            reply -> {
              UserValue value = UserValue.parse(reply.bytes());
              long members = reply.integer();
              return value == null
                  ? null
                  : new Access(message(value, members), reply.flag(), reply.count());
            });
  }

  private static Group message(UserValue value, long members) {
    try {
      return Group.parseFrom(value.profile()).toBuilder().setMemberCount(members).build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored group cannot be read", e);
    }
  }

  /** Which of some groups a user may read. */
  CompletionStage<Set<String>> readable(
      RequestContext scope, String viewer, Collection<String> groups) {
    if (groups.isEmpty()) {
      return CompletableFuture.completedFuture(Set.of());
    }
    List<String> ids = List.copyOf(groups);
    return Futures.each(
            ids.stream()
                .map(id -> look(scope, new Ref(scope.namespace(), Ref.GROUP, id), viewer))
                .toList())
        .thenApply(
            found -> {
              Set<String> readable = new HashSet<>();
              for (int i = 0; i < ids.size(); i++) {
                if (found.get(i) != null && found.get(i).isReadable()) {
                  readable.add(ids.get(i));
                }
              }
              return readable;
            });
  }

  CompletionStage<Group> update(RequestContext scope, Ref group, Ref actor, Group changes) {
    return owned(scope, group, actor)
        .thenCompose(
            access -> {
              Group after =
                  access.group().toBuilder()
                      .setName(changes.getName())
                      .clearAttributes()
                      .putAllAttributes(changes.getAttributesMap())
                      .setGroupKind(changes.getGroupKind())
                      .build();
              ByteString stored = after.toBuilder().clearMemberCount().build().toByteString();
              return social
                  .users()
                  .change(group)
                  .profile(stored, after.getGroupKind() == GroupKind.GROUP_KIND_PRIVATE)
                  .run(scope)
                  .thenApply(done -> after);
            });
  }

  private CompletionStage<Access> owned(RequestContext scope, Ref group, Ref actor) {
    return access(scope, group, actor.id())
        .thenApply(
            access -> {
              if (access.role() < Role.ROLE_OWNER_VALUE) {
                throw notAllowed(group.id(), "only owners may do that");
              }
              return access;
            });
  }

  /** Deletes a group; answers whether it was there. */
  CompletionStage<Boolean> delete(RequestContext scope, Ref group, Ref actor) {
    return look(scope, group, actor.id())
        .thenCompose(
            access ->
                access == null
                    ? CompletableFuture.completedFuture(false)
                    : owned(scope, group, actor)
                        .thenCompose(
                            owned -> social.users().change(group).state('d').entry("x").run(scope))
                        .thenApply(done -> true));
  }

  /** Takes a user who is being deleted out of a group, which ends with its last member. */
  CompletionStage<?> forget(Ref user, String group) {
    Ref left = new Ref(user.namespace(), Ref.GROUP, group);
    return changed(user.scope(), left, "end", user, user, Role.ROLE_MEMBER)
        .thenCompose(
            done ->
                done.members() == 0
                    ? Outbox.done(
                        social.users().change(left).state('d').entry("x").run(user.scope()))
                    : CompletableFuture.completedFuture(null));
  }

  /** The groups of a user it is really in, of a page of its index; others are taken out of that. */
  CompletionStage<List<Group>> groups(RequestContext scope, Ref user, List<Edge> index) {
    return Futures.each(
            index.stream()
                .map(
                    edge ->
                        look(scope, new Ref(scope.namespace(), Ref.GROUP, edge.id()), user.id()))
                .toList())
        .thenApply(
            found -> {
              List<Edge> missing = new ArrayList<>();
              for (int i = 0; i < index.size(); i++) {
                if (found.get(i) == null || !found.get(i).isMember()) {
                  missing.add(index.get(i));
                }
              }
              social.blocks().tidy(scope, user, "groups", missing);
              return found.stream()
                  .filter(access -> access != null && access.isMember())
                  .map(Access::group)
                  .toList();
            });
  }

  /** Groups in the order of their ids, null for those that are not there. */
  CompletionStage<List<Group>> all(RequestContext scope, List<String> ids) {
    return Futures.each(
        ids.stream()
            .map(
                id ->
                    look(scope, new Ref(scope.namespace(), Ref.GROUP, id), "0")
                        .thenApply(access -> access == null ? null : access.group()))
            .toList());
  }

  /** What members may do, those without a role left out. */
  CompletionStage<Map<String, Role>> roles(RequestContext scope, Ref group) {
    String key = UserKeys.of(keyspace, group).key("roles");
    return scripts
        .redis()
        .call(scope, commands -> commands.zrangeWithScores(key, 0, MOST_ROLES), late -> {})
        .thenApply(
            found -> {
              Map<String, Role> roles = new java.util.HashMap<>();
              found.forEach(
                  one ->
                      roles.put(new String(one.getValue()), Role.forNumber((int) one.getScore())));
              return roles;
            });
  }

  private static ApiException noGroup(String id) {
    return new ApiException(
        ErrorReason.ERROR_REASON_GROUP_NOT_FOUND,
        "there is no such group, or it may not be read",
        Map.of("group_id", id),
        null);
  }

  static ApiException notAllowed(String id, String text) {
    return new ApiException(
        ErrorReason.ERROR_REASON_GROUP_NOT_ALLOWED, text, Map.of("group_id", id), null);
  }

  static ApiException notMember(String id) {
    return new ApiException(
        ErrorReason.ERROR_REASON_GROUP_NOT_MEMBER,
        "the user is no member of the group",
        Map.of("group_id", id),
        null);
  }
}
