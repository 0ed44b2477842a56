// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.AbstractHttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.ServerServiceDefinition;
import io.grpc.protobuf.ProtoServiceDescriptorSupplier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The description of the RPCs, made when somebody asks for it first. */
final class OpenApiPage extends AbstractHttpService {
  private final List<ServiceDescriptor> services;
  private CompletableFuture<HttpData> document;

  OpenApiPage(List<ServerServiceDefinition> services) {
    this.services =
        services.stream()
            .map(service -> service.getServiceDescriptor().getSchemaDescriptor())
            .map(schema -> ((ProtoServiceDescriptorSupplier) schema).getServiceDescriptor())
            .toList();
  }

  @Override
  protected HttpResponse doGet(ServiceRequestContext http, HttpRequest request) {
    return HttpResponse.of(document(http).thenApply(OpenApiPage::answer));
  }

  @Override
  protected HttpResponse doHead(ServiceRequestContext http, HttpRequest request) {
    return doGet(http, request);
  }

  private synchronized CompletableFuture<HttpData> document(ServiceRequestContext http) {
    if (document == null) {
      document = CompletableFuture.supplyAsync(this::make, http.blockingTaskExecutor());
    }
    return document;
  }

  private HttpData make() {
    try {
      String version = OpenApiPage.class.getPackage().getImplementationVersion();
      return HttpData.wrap(
          OpenApi.document(services, Comments.read(), version == null ? "development" : version));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HttpResponse answer(HttpData document) {
    return HttpResponse.of(
        ResponseHeaders.builder(HttpStatus.OK)
            .contentType(MediaType.JSON_UTF_8)
            .set(HttpHeaderNames.CACHE_CONTROL, "no-cache")
            .build(),
        document);
  }
}
