// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.social.v1.Profile;
import dev.quoin.social.v1.ProfileField;
import dev.quoin.social.v1.UsersBatchGetRequest;
import dev.quoin.social.v1.UsersBatchGetResponse;
import dev.quoin.social.v1.UsersChangeLoginRequest;
import dev.quoin.social.v1.UsersChangeLoginResponse;
import dev.quoin.social.v1.UsersCheckLoginRequest;
import dev.quoin.social.v1.UsersCheckLoginResponse;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersCreateResponse;
import dev.quoin.social.v1.UsersDeleteRequest;
import dev.quoin.social.v1.UsersDeleteResponse;
import dev.quoin.social.v1.UsersGetRequest;
import dev.quoin.social.v1.UsersGetResponse;
import dev.quoin.social.v1.UsersGrpc;
import dev.quoin.social.v1.UsersListRequest;
import dev.quoin.social.v1.UsersListResponse;
import dev.quoin.social.v1.UsersUpdateRequest;
import dev.quoin.social.v1.UsersUpdateResponse;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.social.v1.Users}. */
public final class UsersService implements BindableService {
  private static final int PAGE = 30;

  private final Kernel kernel;
  private final Social social;

  public UsersService(Kernel kernel, Social social) {
    this.kernel = kernel;
    this.social = social;
    social.sweep();
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(UsersGrpc.getServiceDescriptor())
        .unary(UsersGrpc.getCreateMethod(), this::create)
        .unary(UsersGrpc.getGetMethod(), this::get)
        .unary(UsersGrpc.getBatchGetMethod(), this::batchGet)
        .unary(UsersGrpc.getListMethod(), this::list)
        .unary(UsersGrpc.getUpdateMethod(), this::update)
        .unary(UsersGrpc.getChangeLoginMethod(), this::changeLogin)
        .streaming(UsersGrpc.getDeleteMethod(), this::delete)
        .unary(UsersGrpc.getCheckLoginMethod(), this::checkLogin)
        .build();
  }

  private CompletionStage<UsersCreateResponse> create(UsersCreateRequest request, Call call) {
    Profile profile =
        Profile.newBuilder()
            .setLogin(request.getLogin())
            .setName(request.getName())
            .putAllAttributes(request.getAttributesMap())
            .setPrivate(request.getPrivate())
            .build();
    return social
        .users()
        .create(call.scope(), profile, Once.of(request.getRequestId(), request))
        .thenApply(id -> UsersCreateResponse.newBuilder().setUserId(id).build());
  }

  private CompletionStage<UsersGetResponse> get(UsersGetRequest request, Call call) {
    RequestContext scope = call.scope();
    CompletionStage<String> id =
        request.hasUserId()
            ? CompletableFuture.completedFuture(Long.toString(request.getUserId()))
            : social
                .logins()
                .byLogin(scope, List.of(request.getLogin()))
                .thenApply(
                    found -> {
                      if (found.get(0) == null || found.get(0).startsWith("?")) {
                        throw new ApiException(
                            ErrorReason.ERROR_REASON_USER_NOT_FOUND, "nobody has the login");
                      }
                      return found.get(0);
                    });
    return id.thenCompose(
            user ->
                social
                    .users()
                    .counted(scope, new Ref(scope.namespace(), Ref.USER, user), social.followers()))
        .thenApply(profile -> UsersGetResponse.newBuilder().setProfile(profile).build());
  }

  private CompletionStage<UsersBatchGetResponse> batchGet(UsersBatchGetRequest request, Call call) {
    List<String> ids = request.getUserIdsList().stream().map(id -> Long.toString(id)).toList();
    return social
        .values()
        .read(call.scope(), List.of(), ids)
        .thenApply(
            found -> {
              UsersBatchGetResponse.Builder response = UsersBatchGetResponse.newBuilder();
              for (String id : ids) {
                UserValue user = found.users().get(id);
                if (user != null) {
                  response.addProfiles(withoutCounts(user));
                }
              }
              return response.build();
            });
  }

  private CompletionStage<UsersListResponse> list(UsersListRequest request, Call call) {
    RequestContext scope = call.scope();
    return social
        .listed()
        .page(
            scope,
            Ref.USER,
            Defaults.orElse(request.getPageSize(), PAGE),
            request.getPageToken(),
            ids ->
                social
                    .values()
                    .read(scope, List.of(), ids)
                    .thenApply(found -> ids.stream().map(id -> found.users().get(id)).toList()))
        .thenApply(
            page ->
                UsersListResponse.newBuilder()
                    .addAllProfiles(page.rows().stream().map(UsersService::withoutCounts).toList())
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }

  private static Profile withoutCounts(UserValue user) {
    return user.message().toBuilder()
        .setFollowerCount(0)
        .setFollowingCount(0)
        .setStatusCount(0)
        .build();
  }

  private CompletionStage<UsersUpdateResponse> update(UsersUpdateRequest request, Call call) {
    if (request.getUpdateMaskList().contains(ProfileField.PROFILE_FIELD_NAME)
        && request.getName().isEmpty()) {
      throw InvalidRequest.of("name", "must be 1 to 512 bytes");
    }
    Ref user = Ref.user(call.scope(), request.getUserId());
    return social
        .users()
        .edit(call.scope(), user, before -> edited(before, request), social.users().change(user))
        .thenApply(
            after -> UsersUpdateResponse.newBuilder().setProfile(withoutCounts(after)).build());
  }

  private static Profile edited(Profile before, UsersUpdateRequest request) {
    Profile.Builder after = before.toBuilder();
    request
        .getUpdateMaskList()
        .forEach(
            field -> {
              switch (field) {
                case PROFILE_FIELD_NAME -> after.setName(request.getName());
                case PROFILE_FIELD_ATTRIBUTES ->
                    after.clearAttributes().putAllAttributes(request.getAttributesMap());
                case PROFILE_FIELD_PRIVATE -> after.setPrivate(request.getPrivate());
                default -> throw new IllegalStateException("the rules allow no " + field);
              }
            });
    return after.build();
  }

  private CompletionStage<UsersChangeLoginResponse> changeLogin(
      UsersChangeLoginRequest request, Call call) {
    return social
        .users()
        .changeLogin(call.scope(), Ref.user(call.scope(), request.getUserId()), request.getLogin())
        .thenApply(changed -> UsersChangeLoginResponse.getDefaultInstance());
  }

  private void delete(
      UsersDeleteRequest request, Call call, ResponseStream<UsersDeleteResponse> responses) {
    new UserDeletion(social, Ref.user(call.scope(), request.getUserId()), kernel.timer(), responses)
        .begin(call);
  }

  private CompletionStage<UsersCheckLoginResponse> checkLogin(
      UsersCheckLoginRequest request, Call call) {
    return social
        .logins()
        .isFree(call.scope(), request.getLogin())
        .thenApply(free -> UsersCheckLoginResponse.newBuilder().setAvailable(free).build());
  }
}
