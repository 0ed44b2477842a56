// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.waiting.Tokens;
import dev.quoin.social.v1.Profile;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/** Users and their logins. */
final class UserStore {
  private static final LuaScript CREATE = LuaScript.load("social/create_user");
  private static final LuaScript CONFIRM_USER = LuaScript.load("social/confirm_user");
  private static final LuaScript UPDATE = LuaScript.load("social/update_user");
  private static final LuaScript ONCE = LuaScript.load("social/once");
  private static final LuaScript COUNTS = LuaScript.load("social/counts");
  private static final long HOUR_MILLIS = 3_600_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Tickets tickets;
  private final Outbox outbox;
  private final Values values;
  private final Logins logins;
  private final Listed listed;

  UserStore(
      Scripts scripts,
      Keyspace keyspace,
      Tickets tickets,
      Outbox outbox,
      Values values,
      Logins logins,
      Listed listed) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.tickets = tickets;
    this.outbox = outbox;
    this.values = values;
    this.logins = logins;
    this.listed = listed;
  }

  /** Creates a user; answers the id, that of the first attempt when it is repeated. */
  CompletionStage<Long> create(RequestContext scope, Profile profile, Once once) {
    return tickets
        .next()
        .thenCompose(id -> logins.reserve(scope, profile.getLogin(), Long.toString(id), once))
        .thenCompose(
            user -> {
              Ref ref = new Ref(scope.namespace(), Ref.USER, user);
              long id = Long.parseLong(user);
              Profile stored =
                  profile.toBuilder()
                      .setUserId(id)
                      .setCreateTime(Timestamps.fromMillis(Tickets.millis(id)))
                      .clearPrivate()
                      .build();
              byte[] value = UserValue.fresh(profile.getPrivate(), stored.toByteString());
              return write(scope, ref, value, HOUR_MILLIS)
                  .thenCompose(created -> logins.confirm(scope, profile.getLogin(), user))
                  .thenCompose(confirmed -> listed.add(scope, ref))
                  .thenCompose(
                      noted ->
                          scripts.run(CONFIRM_USER, scope, UserKeys.of(keyspace, ref).keys("user")))
                  .thenApply(
                      reply -> {
                        if (!reply.flag()) {
                          throw ApiException.storeUnavailable("creating the user took too long");
                        }
                        return id;
                      });
            });
  }

  /** Writes a user, a list or a group; answers whether it is new. */
  CompletionStage<Boolean> write(RequestContext scope, Ref ref, byte[] value, long keepMillis) {
    return scripts
        .run(
            CREATE,
            scope,
            UserKeys.of(keyspace, ref).keys("user", "warm"),
            value,
            keepMillis,
            Deliveries.WARM_MILLIS)
        .thenApply(reply -> reply.flag());
  }

  /** The value a request of a user was first carried out with: this one, if it is the first. */
  CompletionStage<String> once(RequestContext scope, Ref user, Once once, String value) {
    return scripts
        .run(
            ONCE,
            scope,
            UserKeys.of(keyspace, user).keys("user", UserKeys.request(once.id())),
            once.digest(),
            value)
        .thenApply(reply -> reply.text());
  }

  /** A profile with its counts. */
  CompletionStage<Profile> counted(RequestContext scope, Ref user, Followers followers) {
    return scripts
        .run(
            COUNTS,
            scope,
            UserKeys.of(keyspace, user).keys("user", "followers", "following", "posts", "archived"))
        .thenCompose(
            reply -> {
              UserValue value = UserValue.parse(reply.bytes());
              if (value == null) {
                throw Values.noUser(user.id());
              }
              long first = reply.integer();
              Profile.Builder profile =
                  value.message().toBuilder()
                      .setFollowingCount(reply.integer())
                      .setStatusCount(reply.integer());
              CompletionStage<Long> count =
                  value.buckets() == 1
                      ? CompletableFuture.completedFuture(first)
                      : followers.count(scope, user, value.buckets());
              return count.thenApply(n -> profile.setFollowerCount(n).build());
            });
  }

  /** Changes a profile as it is when it is written. */
  CompletionStage<UserValue> edit(
      RequestContext scope, Ref user, UnaryOperator<Profile> edit, Change change) {
    return values
        .user(scope, user)
        .thenCompose(
            known -> {
              Profile before = known.message();
              Profile after = edit.apply(before);
              change.known = known.profile();
              change.profile = stored(after);
              change.isPrivate = after.getPrivate() ? "1" : "0";
              return change.tryRun(scope);
            })
        .thenCompose(
            done ->
                done == null
                    ? edit(scope, user, edit, change)
                    : CompletableFuture.completedFuture(done));
  }

  private static ByteString stored(Profile profile) {
    return profile.toBuilder().clearPrivate().clearSuspended().build().toByteString();
  }

  /** Gives a user another login; the old one is freed by its outbox. */
  CompletionStage<Void> changeLogin(RequestContext scope, Ref user, String login) {
    return values
        .user(scope, user)
        .thenCompose(
            known -> {
              String old = known.message().getLogin();
              UnaryOperator<Profile> edit = before -> before.toBuilder().setLogin(login).build();
              if (Logins.fold(old).equals(Logins.fold(login))) {
                return Outbox.done(edit(scope, user, edit, change(user)));
              }
              return Outbox.done(
                  logins
                      .reserve(scope, login, user.id(), Once.NONE)
                      .thenCompose(
                          done ->
                              edit(scope, user, edit, change(user).entry("n " + old + ' ' + login)))
                      // The outbox does that, too, but may come to it when the reservation has
                      // expired.
                      .thenCompose(done -> logins.settle(scope, login, user.id(), 1)));
            });
  }

  /** "n old new": the login was changed. */
  CompletionStage<?> loginChanged(Outbox.Task task) {
    Ref user = task.owner();
    return logins
        .settle(user.scope(), task.word(2), user.id(), 1)
        .thenCompose(
            done ->
                Logins.fold(task.word(1)).equals(Logins.fold(task.word(2)))
                    ? CompletableFuture.completedFuture(true)
                    : logins.release(user.scope(), task.word(1), user.id()));
  }

  /** From now on the user does not exist for anybody, and its outbox ends what it brought. */
  CompletionStage<Void> beginDeletion(RequestContext scope, Ref user) {
    String key = UserKeys.of(keyspace, user).key("user");
    return values
        .raw(scope, List.of(key))
        .thenCompose(
            found -> {
              UserValue known = UserValue.parseAny(found.get(0));
              if (known == null) {
                throw Values.noUser(user.id());
              }
              return known.state() == 'd'
                  ? outbox.enqueue(user, "x")
                  : Outbox.done(change(user).state('d').entry("x").run(scope));
            });
  }

  Change change(Ref user) {
    return new Change(user);
  }

  /** Parts of a user that get other values. */
  final class Change {
    private final Ref user;
    private ByteString known = ByteString.EMPTY;
    private ByteString profile = ByteString.EMPTY;
    private String state = "";
    private String isPrivate = "";
    private String merged = "";
    private String buckets = "";
    private String posts = "";
    private String follows = "";
    private String entry = "";

    private Change(Ref user) {
      this.user = user;
    }

    /** Another profile, of something that nobody else changes at the same time. */
    Change profile(ByteString value, boolean isPrivateNow) {
      profile = value;
      isPrivate = isPrivateNow ? "1" : "0";
      return this;
    }

    Change state(char value) {
      state = String.valueOf(value);
      return this;
    }

    Change merged(long millis) {
      merged = Long.toString(millis);
      return this;
    }

    Change buckets(int count) {
      buckets = Integer.toString(count);
      return this;
    }

    Change postsPerHour(int most) {
      posts = Integer.toString(most);
      return this;
    }

    Change followsPerHour(int most) {
      follows = Integer.toString(most);
      return this;
    }

    /** What the outbox is to do because of it. */
    Change entry(String text) {
      entry = text;
      return this;
    }

    /** Carries it out; answers the user after it. */
    CompletionStage<UserValue> run(RequestContext scope) {
      return tryRun(scope);
    }

    private CompletionStage<UserValue> tryRun(RequestContext scope) {
      String token = Tokens.next();
      CompletionStage<Long> noted =
          entry.isEmpty() ? CompletableFuture.completedFuture(0L) : tickets.note(user);
      return noted
          .thenCompose(
              done ->
                  scripts.run(
                      UPDATE,
                      scope,
                      UserKeys.of(keyspace, user).keys("user", "outbox", "worker"),
                      known.toByteArray(),
                      profile.toByteArray(),
                      state,
                      isPrivate,
                      merged,
                      buckets,
                      posts,
                      follows,
                      entry,
                      token,
                      Outbox.LEASE_MILLIS,
                      state.equals("d") ? Integer.MAX_VALUE : Outbox.MOST))
          .thenCompose(
              reply -> {
                boolean changed = reply.flag();
                boolean works = reply.flag();
                UserValue value = changed ? UserValue.parseAny(reply.bytes()) : null;
                return works
                    ? outbox.drainBriefly(user, token).thenApply(done -> value)
                    : CompletableFuture.completedFuture(value);
              });
    }
  }
}
