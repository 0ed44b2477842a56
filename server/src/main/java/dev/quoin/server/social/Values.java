// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads users and statuses, many with one command. */
final class Values {
  private static final int BYTES_OF_A_VALUE = 16;
  private static final double FIRST_GUESS = 1_024;
  private static final double LEARNED = 32;

  private final Scripts scripts;
  private final Keyspace keyspace;

  /** How long a value is, as a moving average. That writes of it may meet does no harm. */
  private volatile double usualBytes = FIRST_GUESS;

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
            (int) (keys.size() * usualBytes),
            commands -> commands.mget(keys.toArray(String[]::new)))
        .thenApply(
            found -> {
              List<byte[]> values =
                  found.stream().map(value -> value.getValueOrElse((byte[]) null)).toList();
              learn(values);
              return values;
            });
  }

  /** Takes what was read into account for how long the next replies will be. */
  private void learn(List<byte[]> values) {
    long bytes = 0;
    for (byte[] value : values) {
      bytes += BYTES_OF_A_VALUE + (value == null ? 0 : value.length);
    }
    usualBytes += (bytes / (double) values.size() - usualBytes) / LEARNED;
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

  static ApiException noUser(String id) {
    return new ApiException(
        ErrorReason.ERROR_REASON_USER_NOT_FOUND,
        "there is no user " + id,
        Map.of("user_id", id),
        null);
  }
}
