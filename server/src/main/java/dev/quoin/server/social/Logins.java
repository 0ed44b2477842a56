// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Once;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Who has which login. */
final class Logins {
  private static final LuaScript RESERVE = LuaScript.load("social/reserve");
  private static final LuaScript CONFIRM_LOGIN = LuaScript.load("social/confirm_login");

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Values values;

  Logins(Scripts scripts, Keyspace keyspace, Values values) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.values = values;
  }

  private record Reserved(boolean done, String owner, boolean isPending) {}

  /** A login as it is compared: in normal form NFKC, with folded case. */
  static String fold(String login) {
    return TextAnalyzer.fold(login);
  }

  /** Reserves a login for a user, or for the one it was reserved for by the same request before. */
  CompletionStage<String> reserve(RequestContext scope, String login, String user, Once once) {
    return tryReserve(scope, login, user, once)
        .thenCompose(
            reserved ->
                reserved.done() || reserved.isPending()
                    ? CompletableFuture.completedFuture(reserved)
                    : exists(scope, reserved.owner())
                        .thenCompose(
                            exists ->
                                exists
                                    ? CompletableFuture.completedFuture(reserved)
                                    // Its creation ended half-way.
                                    : release(scope, login, reserved.owner())
                                        .thenCompose(done -> tryReserve(scope, login, user, once))))
        .thenApply(
            reserved -> {
              if (!reserved.done()) {
                throw new ApiException(
                    ErrorReason.ERROR_REASON_USER_LOGIN_TAKEN,
                    "another user has the login",
                    Map.of("login", login),
                    null);
              }
              return reserved.owner();
            });
  }

  private CompletionStage<Reserved> tryReserve(
      RequestContext scope, String login, String user, Once once) {
    String entity = WorkKeys.login(keyspace, scope.namespace(), fold(login));
    return scripts
        .run(
            RESERVE,
            scope,
            new String[] {entity + "login", entity + UserKeys.request(once.id())},
            once.digest(),
            user)
        .thenApply(reply -> new Reserved(reply.flag(), reply.text(), reply.flag()));
  }

  private CompletionStage<Boolean> exists(RequestContext scope, String user) {
    String key = UserKeys.of(keyspace, new Ref(scope.namespace(), Ref.USER, user)).key("user");
    return values
        .raw(scope, List.of(key))
        .thenApply(found -> UserValue.parseAny(found.get(0)) != null);
  }

  CompletionStage<Void> confirm(RequestContext scope, String login, String user) {
    return settle(scope, login, user, 1)
        .thenAccept(
            done -> {
              if (!done) {
                throw ApiException.storeUnavailable("reserving the login took too long");
              }
            });
  }

  CompletionStage<Boolean> release(RequestContext scope, String login, String user) {
    return settle(scope, login, user, 0);
  }

  CompletionStage<Boolean> settle(RequestContext scope, String login, String user, int give) {
    String key = WorkKeys.login(keyspace, scope.namespace(), fold(login)) + "login";
    return scripts
        .run(CONFIRM_LOGIN, scope, new String[] {key}, user, give)
        .thenApply(reply -> reply.flag());
  }

  /** Ids of the users that have some logins, null for those that nobody has. */
  CompletionStage<List<String>> byLogin(RequestContext scope, List<String> logins) {
    return values
        .raw(
            scope,
            logins.stream()
                .map(l -> WorkKeys.login(keyspace, scope.namespace(), fold(l)) + "login")
                .toList())
        .thenApply(
            found ->
                found.stream()
                    .map(id -> id == null ? null : new String(id, StandardCharsets.US_ASCII))
                    .toList());
  }

  /** Whether nobody has a login. */
  CompletionStage<Boolean> isFree(RequestContext scope, String login) {
    return byLogin(scope, List.of(login))
        .thenCompose(
            found ->
                found.get(0) == null
                    ? CompletableFuture.completedFuture(true)
                    : found.get(0).startsWith("?")
                        ? CompletableFuture.completedFuture(false)
                        : exists(scope, found.get(0)).thenApply(exists -> !exists));
  }
}
