// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Timestamps;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.social.Followers.Edge;
import dev.quoin.social.v1.NamedList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Lists of users. A list follows users as a user does, and has the same timeline. */
final class ListStore {
  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Social social;

  ListStore(Scripts scripts, Keyspace keyspace, Social social) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.social = social;
  }

  /** Creates a list. It is indexed before, so that none is forgotten. */
  CompletionStage<Long> create(RequestContext scope, Ref owner, String name, long id) {
    NamedList list =
        NamedList.newBuilder()
            .setListId(id)
            .setOwnerId(Long.parseLong(owner.id()))
            .setName(name)
            .setCreateTime(Timestamps.fromMillis(Tickets.millis(id)))
            .build();
    Ref ref = Ref.list(scope, id);
    return social
        .blocks()
        .set(scope, owner, "lists", ref.id(), true)
        .thenCompose(
            indexed ->
                social.users().write(scope, ref, UserValue.fresh(false, list.toByteString()), 0))
        .thenApply(written -> id);
  }

  CompletionStage<NamedList> owned(RequestContext scope, Ref owner, Ref list) {
    return find(scope, list)
        .thenApply(
            found -> {
              if (found == null || !owner.id().equals(Long.toString(found.getOwnerId()))) {
                throw noList(list.id());
              }
              return found;
            });
  }

  /** A list; fails when there is none. */
  CompletionStage<NamedList> get(RequestContext scope, Ref list) {
    return find(scope, list)
        .thenApply(
            found -> {
              if (found == null) {
                throw noList(list.id());
              }
              return found;
            });
  }

  private CompletionStage<NamedList> find(RequestContext scope, Ref list) {
    String members = UserKeys.of(keyspace, list).key("following");
    return social
        .values()
        .find(scope, list)
        .thenCombine(
            scripts.redis().call(scope, commands -> commands.zcard(members), late -> {}),
            (value, count) -> value == null ? null : message(value, count));
  }

  private static NamedList message(UserValue value, long members) {
    try {
      return NamedList.parseFrom(value.profile()).toBuilder().setMemberCount(members).build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored list cannot be read", e);
    }
  }

  /** The lists of a page of the index that exist. */
  CompletionStage<List<NamedList>> lists(RequestContext scope, Ref owner, List<Edge> index) {
    return Futures.each(
            index.stream()
                .map(edge -> find(scope, new Ref(scope.namespace(), Ref.LIST, edge.id())))
                .toList())
        .thenApply(
            found -> {
              List<Edge> missing = new ArrayList<>();
              for (int i = 0; i < index.size(); i++) {
                if (found.get(i) == null) {
                  missing.add(index.get(i));
                }
              }
              social.blocks().tidy(scope, owner, "lists", missing);
              return found.stream().filter(Objects::nonNull).toList();
            });
  }

  /** Deletes a list; answers whether it was there. */
  CompletionStage<Boolean> delete(RequestContext scope, Ref owner, Ref list) {
    return find(scope, list)
        .thenCompose(
            found -> {
              if (found == null) {
                return CompletableFuture.completedFuture(false);
              }
              return owned(scope, owner, list)
                  .thenCompose(mine -> end(scope, list))
                  .thenCompose(
                      done -> social.blocks().set(scope, owner, "lists", list.id(), false));
            });
  }

  CompletionStage<?> end(RequestContext scope, Ref list) {
    return social.users().change(list).state('d').entry("x").run(scope);
  }

  private static ApiException noList(String id) {
    return new ApiException(
        ErrorReason.ERROR_REASON_LIST_NOT_FOUND,
        "there is no such list, or it is somebody else's",
        Map.of("list_id", id),
        null);
  }
}
