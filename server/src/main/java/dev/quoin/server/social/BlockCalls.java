// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.social.v1.ApproveRequest;
import dev.quoin.social.v1.ApproveResponse;
import dev.quoin.social.v1.BlockRequest;
import dev.quoin.social.v1.BlockResponse;
import dev.quoin.social.v1.DenyRequest;
import dev.quoin.social.v1.DenyResponse;
import dev.quoin.social.v1.MuteRequest;
import dev.quoin.social.v1.MuteResponse;
import dev.quoin.social.v1.RequestFollowRequest;
import dev.quoin.social.v1.RequestFollowResponse;
import dev.quoin.social.v1.UnblockRequest;
import dev.quoin.social.v1.UnblockResponse;
import dev.quoin.social.v1.UnmuteRequest;
import dev.quoin.social.v1.UnmuteResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The RPCs of Graph about requests to follow, blocks and mutes. */
final class BlockCalls {
  private final Social social;
  private final BlockStore blocks;

  BlockCalls(Social social) {
    this.social = social;
    this.blocks = social.blocks();
  }

  CompletionStage<RequestFollowResponse> requestFollow(RequestFollowRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Ref other = GraphService.other(scope, request.getUserId(), request.getOtherId());
    return social
        .values()
        .user(scope, other)
        .thenCompose(
            found -> {
              GraphService.checkFollowable(found);
              return found.isPrivate()
                  ? blocks.ask(scope, user, other)
                  : social
                      .graph()
                      .follow(scope, user, other.id(), social.mostFollowed())
                      .thenApply(followed -> true);
            })
        .thenApply(
            followed ->
                RequestFollowResponse.newBuilder()
                    .setFollowed(followed)
                    .setRequested(!followed)
                    .build());
  }

  CompletionStage<ApproveResponse> approve(ApproveRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Ref other = GraphService.other(scope, request.getUserId(), request.getOtherId());
    return social
        .values()
        .user(scope, user)
        .thenCompose(found -> blocks.hasAsked(scope, user, other))
        .thenCompose(
            asked ->
                asked
                    ? social
                        .graph()
                        .follow(scope, other, user.id(), social.mostFollowed())
                        .thenCompose(followed -> blocks.answer(scope, user, other))
                        .thenApply(answered -> true)
                    : CompletableFuture.completedFuture(false))
        .thenApply(approved -> ApproveResponse.newBuilder().setApproved(approved).build());
  }

  CompletionStage<DenyResponse> deny(DenyRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    return blocks
        .answer(scope, user, Ref.user(scope, request.getOtherId()))
        .thenApply(denied -> DenyResponse.newBuilder().setDenied(denied).build());
  }

  CompletionStage<BlockResponse> block(BlockRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Ref other = GraphService.other(scope, request.getUserId(), request.getOtherId());
    return social
        .values()
        .user(scope, other)
        .thenCompose(found -> blocks.block(scope, user, other))
        .thenApply(created -> BlockResponse.newBuilder().setCreated(created).build());
  }

  CompletionStage<UnblockResponse> unblock(UnblockRequest request, Call call) {
    RequestContext scope = call.scope();
    return blocks
        .unblock(scope, Ref.user(scope, request.getUserId()), Ref.user(scope, request.getOtherId()))
        .thenApply(done -> UnblockResponse.newBuilder().setUnblocked(done).build());
  }

  CompletionStage<MuteResponse> mute(MuteRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Ref other = GraphService.other(scope, request.getUserId(), request.getOtherId());
    return social
        .values()
        .user(scope, other)
        .thenCompose(found -> blocks.mute(scope, user, other.id(), true))
        .thenApply(created -> MuteResponse.newBuilder().setCreated(created).build());
  }

  CompletionStage<UnmuteResponse> unmute(UnmuteRequest request, Call call) {
    RequestContext scope = call.scope();
    return blocks
        .mute(
            scope, Ref.user(scope, request.getUserId()), Long.toString(request.getOtherId()), false)
        .thenApply(done -> UnmuteResponse.newBuilder().setUnmuted(done).build());
  }
}
