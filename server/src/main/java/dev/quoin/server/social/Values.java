// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.ReplySize;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import io.lettuce.core.KeyValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/** Reads users and statuses, many with one command. */
final class Values {
  private static final int BYTES_OF_A_VALUE = 16;

  /** Fewer than eight values are short together most of the time. */
  private static final int FEW_DOUBLINGS = 4;

  private final Scripts scripts;
  private final Keyspace keyspace;

  /**
   * How long replies are, by the number of values: each stands for up to twice as many. A mean of
   * all would take a page of long statuses for short once many users had been read.
   */
  private final ReplySize.ByKey[] replies =
      IntStream.rangeClosed(0, Integer.SIZE)
          .mapToObj(doublings -> new ReplySize.ByKey(doublings >= FEW_DOUBLINGS))
          .toArray(ReplySize.ByKey[]::new);

  Values(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /**
   * What was read, by id.
   *
   * @param statuses deleted ones are among them
   * @param users those that exist
   */
  record Found(Map<String, StatusValue> statuses, Map<String, UserValue> users) {}

  CompletionStage<Found> read(
      RequestContext scope, Collection<String> statuses, Collection<String> users) {
    List<String> statusIds = List.copyOf(statuses);
    List<String> userIds = List.copyOf(users);
    List<String> keys = new ArrayList<>();
    for (String id : statusIds) {
      keys.add(StatusKeys.of(keyspace, scope.namespace(), id).key("status"));
    }
    for (String id : userIds) {
      keys.add(UserKeys.of(keyspace, new Ref(scope.namespace(), Ref.USER, id)).key("user"));
    }
    return raw(scope, keys)
        .thenApply(
            values -> {
              Map<String, StatusValue> foundStatuses = new HashMap<>();
              Map<String, UserValue> foundUsers = new HashMap<>();
              for (int i = 0; i < statusIds.size(); i++) {
                StatusValue status = StatusValue.parse(values.get(i));
                if (status != null) {
                  foundStatuses.put(statusIds.get(i), status);
                }
              }
              for (int i = 0; i < userIds.size(); i++) {
                UserValue user = UserValue.parse(values.get(statusIds.size() + i));
                if (user != null) {
                  foundUsers.put(userIds.get(i), user);
                }
              }
              return new Found(foundStatuses, foundUsers);
            });
  }

  /** The values of keys in their order, null for those that do not exist. */
  CompletionStage<List<byte[]>> raw(RequestContext scope, List<String> keys) {
    if (keys.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    return scripts
        .redis()
        .read(
            scope,
            reply(keys),
            commands -> commands.mget(keys.toArray(String[]::new)),
            Values::bytes)
        .thenApply(
            found -> found.stream().map(value -> value.getValueOrElse((byte[]) null)).toList());
  }

  /** What is known of the length of the reply to a read of some keys. */
  ReplySize reply(List<String> keys) {
    return replies[Integer.SIZE - Integer.numberOfLeadingZeros(keys.size())].of(keys.get(0));
  }

  private static long bytes(List<KeyValue<String, byte[]>> found) {
    return found.stream()
        .mapToLong(value -> BYTES_OF_A_VALUE + (value.hasValue() ? value.getValue().length : 0))
        .sum();
  }

  /** A user, a list or a group; null when there is none. */
  CompletionStage<UserValue> find(RequestContext scope, Ref ref) {
    return raw(scope, List.of(UserKeys.of(keyspace, ref).key("user")))
        .thenApply(values -> UserValue.parse(values.get(0)));
  }

  /** A user that has to exist. */
  CompletionStage<UserValue> user(RequestContext scope, Ref ref) {
    return find(scope, ref)
        .thenApply(
            user -> {
              if (user == null) {
                throw noUser(ref.id());
              }
              return user;
            });
  }

  /** What a user has, or the refusal when it is nothing because there is no such user. */
  <T> CompletionStage<List<T>> ofUser(RequestContext scope, Ref user, List<T> things) {
    return things.isEmpty()
        ? user(scope, user).thenApply(found -> things)
        : CompletableFuture.completedFuture(things);
  }

  static ApiException noUser(String id) {
    return new ApiException(
        ErrorReason.ERROR_REASON_USER_NOT_FOUND,
        "there is no user " + id,
        Map.of("user_id", id),
        null);
  }
}
