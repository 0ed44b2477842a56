// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.social.Followers.Edge;
import dev.quoin.social.v1.StreamFollowersResponse;
import java.util.List;

/** Streams the followers of a user bucket by bucket, a page whenever the reader is ready. */
final class FollowerStream {
  private static final int PAGE = 500;

  private final Social social;
  private final Ref user;
  private final ResponseStream<StreamFollowersResponse> responses;
  private RequestContext scope;
  private int buckets;
  private int bucket;
  private Edge last;
  private boolean reading = true;

  FollowerStream(Social social, Ref user, ResponseStream<StreamFollowersResponse> responses) {
    this.social = social;
    this.user = user;
    this.responses = responses;
  }

  void begin(Call call) {
    scope = call.scope();
    responses.onReady(this::next);
    social
        .values()
        .user(scope, user)
        .whenComplete(
            (found, failure) -> {
              if (failure != null) {
                responses.fail(failure);
                return;
              }
              synchronized (this) {
                buckets = found.buckets();
                reading = false;
              }
              next();
            });
  }

  private void next() {
    synchronized (this) {
      if (reading || !responses.isReady()) {
        return;
      }
      reading = true;
    }
    social
        .followers()
        .page(scope, user, bucket, Followers.USERS, last, PAGE, false)
        .whenComplete(this::take);
  }

  private void take(List<Edge> edges, Throwable failure) {
    if (failure != null) {
      responses.fail(failure);
      return;
    }
    if (!edges.isEmpty()) {
      responses.send(
          StreamFollowersResponse.newBuilder().addAllEdges(GraphService.messages(edges)).build());
    }
    synchronized (this) {
      boolean isEnd = edges.size() < PAGE;
      last = isEnd ? null : edges.get(edges.size() - 1);
      bucket += isEnd ? 1 : 0;
      if (bucket == buckets) {
        responses.complete();
        return;
      }
      reading = false;
    }
    next();
  }
}
