// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.errorservice;

import com.google.rpc.BadRequest;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.errors.v1.ErrorsGrpc;
import dev.quoin.errors.v1.ListReasonsRequest;
import dev.quoin.errors.v1.ListReasonsResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.errors.Reasons;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.rpc.Call;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.errors.v1.Errors}. */
public final class ErrorsService implements BindableService {
  private final Kernel kernel;

  public ErrorsService(Kernel kernel) {
    this.kernel = kernel;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(ErrorsGrpc.getServiceDescriptor())
        .unary(ErrorsGrpc.getListReasonsMethod(), this::listReasons)
        .build();
  }

  private CompletionStage<ListReasonsResponse> listReasons(ListReasonsRequest request, Call call) {
    ListReasonsResponse.Builder response = ListReasonsResponse.newBuilder();
    for (ErrorReason reason : Reasons.all()) {
      response
          .addRefusalsBuilder()
          .setReason(Reasons.name(reason))
          .setCode(Reasons.code(reason))
          .setDetails(ErrorMapper.details(example(reason), call.requestId()));
    }
    return CompletableFuture.completedFuture(response.build());
  }

  private static RuntimeException example(ErrorReason reason) {
    return reason == ErrorReason.ERROR_REASON_INVALID_REQUEST
        ? new InvalidRequest(
            BadRequest.newBuilder()
                .addFieldViolations(
                    BadRequest.FieldViolation.newBuilder()
                        .setField("name")
                        .setReason("string.min_len")
                        .setDescription("must be at least 1 characters"))
                .build())
        : new ApiException(reason, "");
  }
}
