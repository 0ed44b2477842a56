// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.social.v1.UsersDeleteResponse;
import io.netty.util.Timer;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A stream that shows how far the deletion of a user is, whoever carries it out. */
final class UserDeletion {
  private static final long PAUSE_MILLIS = 200;

  private final Social social;
  private final Ref user;
  private final Timer timer;
  private final ResponseStream<UsersDeleteResponse> responses;
  private Call call;
  private long removed;

  UserDeletion(
      Social social, Ref user, Timer timer, ResponseStream<UsersDeleteResponse> responses) {
    this.social = social;
    this.user = user;
    this.timer = timer;
    this.responses = responses;
  }

  void begin(Call of) {
    call = of;
    call.onDrain(() -> fail(ApiException.shuttingDown()));
    social.endings().show(user);
    social
        .users()
        .beginDeletion(call.scope(), user)
        .whenComplete(
            (begun, failure) -> {
              if (failure == null) {
                look();
              } else {
                fail(failure);
              }
            });
  }

  private void look() {
    UserKeys keys = UserKeys.of(social.keyspace(), user);
    social
        .values()
        .raw(user.scope(), List.of(keys.key("user"), keys.key("progress")))
        .whenComplete(
            (found, failure) -> {
              if (failure != null) {
                fail(failure);
                return;
              }
              boolean completed = found.get(0) == null;
              long noted = found.get(1) == null ? 0 : UserEnd.removed(new String(found.get(1)));
              removed = Math.max(removed, Math.max(noted, social.endings().shown(user)));
              responses.conflate(
                  UsersDeleteResponse.newBuilder()
                      .setRemovedCount(removed)
                      .setCompleted(completed)
                      .build());
              if (completed) {
                social.endings().hide(user);
                responses.complete();
              } else if (call.isCancelled()) {
                social.endings().hide(user);
              } else {
                timer.newTimeout(t -> look(), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
              }
            });
  }

  private void fail(Throwable failure) {
    social.endings().hide(user);
    responses.fail(failure);
  }
}
