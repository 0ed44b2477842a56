// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.SerializationFormat;
import com.linecorp.armeria.common.grpc.GrpcSerializationFormats;
import com.linecorp.armeria.common.logging.RequestLogProperty;
import com.linecorp.armeria.server.Route;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.grpc.GrpcService;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.RequestMarshaller;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.ByteArrayInputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Hands what comes by JSON or gRPC-Web to the services of gRPC, which cannot tell it from other
 * calls. Armeria could serve them, too, but would take no request that the server reads itself, and
 * would read every JSON twice. To its pages it looks as if it did.
 */
final class WebServices implements GrpcService {
  private static final int LONG_JSON = 16 * 1024;

  private final List<ServerServiceDefinition> services;
  private final Map<Route, ServerMethodDefinition<?, ?>> routes = new LinkedHashMap<>();
  private final Peers peers;
  private final OpenCalls open;
  private final Errors errors;
  private final Bodies bodies;

  WebServices(
      List<ServerServiceDefinition> services,
      Peers peers,
      OpenCalls open,
      Errors errors,
      Bodies bodies) {
    this.services = services;
    this.peers = peers;
    this.open = open;
    this.errors = errors;
    this.bodies = bodies;
    for (ServerServiceDefinition service : services) {
      for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
        routes.put(Route.builder().exact(path(method)).build(), method);
      }
    }
  }

  /** The one way to write it: a proxy that lets some through must not be led astray by another. */
  private static String path(ServerMethodDefinition<?, ?> method) {
    return '/' + method.getMethodDescriptor().getFullMethodName();
  }

  @Override
  public HttpResponse serve(ServiceRequestContext http, HttpRequest request) {
    http.setAdditionalResponseHeader(HttpHeaderNames.CACHE_CONTROL, "no-store");
    ServerMethodDefinition<?, ?> method = routes.get(http.config().mappedRoute());
    if (!http.rawPath().equals(path(method))) {
      return Errors.nothingHere().toHttpResponse();
    }
    Form form = Form.of(request.contentType());
    AggregatedHttpResponse refusal = refusal(http, method.getMethodDescriptor().getType(), form);
    if (refusal != null) {
      return refusal.toHttpResponse();
    }
    @SuppressWarnings("unchecked") // What a call is made of is what its method takes and gives.
    ServerMethodDefinition<Object, Object> served = (ServerMethodDefinition<Object, Object>) method;
    WebCall call =
        new WebCall(served.getMethodDescriptor(), peers.connection(http), form, http.eventLoop());
    if (!open.begin(call.response())) {
      http.setAdditionalResponseHeader(HttpHeaderNames.CONNECTION, "close");
      return Replies.of(ErrorMapper.status(ApiException.shuttingDown(), "")).toHttpResponse();
    }
    begin(http, request, served, form, call);
    endWithConnection(http, call);
    return call.response();
  }

  private static AggregatedHttpResponse refusal(
      ServiceRequestContext http, MethodType type, Form form) {
    if (http.method() != HttpMethod.POST) {
      http.setAdditionalResponseHeader(HttpHeaderNames.ALLOW, HttpMethod.POST.name());
      return Replies.of(HttpStatus.METHOD_NOT_ALLOWED, "call an RPC by POST");
    }
    if (form == null) {
      return Replies.of(
          HttpStatus.UNSUPPORTED_MEDIA_TYPE,
          "the content-type must be application/json or one of application/grpc-web");
    }
    if (type == MethodType.SERVER_STREAMING && !form.isWeb()) {
      return Replies.of(
          HttpStatus.NOT_IMPLEMENTED,
          "this RPC answers with a stream: call it by gRPC-Web, such as application/grpc-web+json,"
              + " or by gRPC");
    }
    return type == MethodType.UNARY || type == MethodType.SERVER_STREAMING
        ? null
        : Replies.of(
            HttpStatus.NOT_IMPLEMENTED,
            "this RPC takes a stream of requests, which browsers cannot send: call it by gRPC");
  }

  private void begin(
      ServiceRequestContext http,
      HttpRequest request,
      ServerMethodDefinition<Object, Object> method,
      Form form,
      WebCall call) {
    try {
      Deadline deadline = Timeouts.deadline(request.headers().get(Timeouts.HEADER));
      call.serveWith(open(http, method, call, Headers.of(request.headers()), deadline));
    } catch (RuntimeException e) {
      breakOff(call, e);
    }
    // Read to its end even when it was refused, so that the connection can be used again.
    bodies
        .read(request, http.eventLoop())
        .whenComplete(
            (body, failure) -> {
              if (failure == null) {
                receive(http, call, form, method.getMethodDescriptor(), body);
              } else {
                if (!http.sessionProtocol().isMultiplex()) {
                  http.setAdditionalResponseHeader(HttpHeaderNames.CONNECTION, "close");
                }
                breakOff(call, failure);
              }
            });
  }

  private static void endWithConnection(ServiceRequestContext http, WebCall call) {
    if (http.sessionProtocol().isMultiplex()) {
      return;
    }
    ChannelFuture end =
        http.log().ensureAvailable(RequestLogProperty.SESSION).channel().closeFuture();
    ChannelFutureListener gone = closed -> call.breakOff();
    end.addListener(gone);
    call.response().whenComplete().whenComplete((sent, failure) -> end.removeListener(gone));
  }

  /** Lets the service decide whether the call may be made, which it does by the headers. */
  private static ServerCall.Listener<Object> open(
      ServiceRequestContext http,
      ServerMethodDefinition<Object, Object> method,
      WebCall call,
      Metadata headers,
      Deadline deadline) {
    if (deadline == null) {
      return method.getServerCallHandler().startCall(call, headers);
    }
    ScheduledFuture<?> alarm =
        http.eventLoop()
            .schedule(
                () ->
                    call.breakOff(
                        Status.DEADLINE_EXCEEDED.withDescription(
                            "the time that the caller gave is over"),
                        new Metadata()),
                Math.max(0, deadline.timeRemaining(TimeUnit.NANOSECONDS)),
                TimeUnit.NANOSECONDS);
    call.response().whenComplete().whenComplete((sent, failure) -> alarm.cancel(false));
    // It is looked at when the call begins.
    try (Context.CancellableContext context =
        Context.current().withDeadline(deadline, http.eventLoop())) {
      Context before = context.attach();
      try {
        return method.getServerCallHandler().startCall(call, headers);
      } finally {
        context.detach(before);
      }
    }
  }

  /** Reading a long JSON takes so long that others on the event loop would have to wait for it. */
  private void receive(
      ServiceRequestContext http,
      WebCall call,
      Form form,
      MethodDescriptor<Object, Object> method,
      byte[] body) {
    RequestMarshaller requests = (RequestMarshaller) method.getRequestMarshaller();
    try {
      if (!form.hasJsonMessages() || body.length <= LONG_JSON) {
        call.receive(read(form, requests, body));
        return;
      }
      bodies.keep(body);
      CompletableFuture.supplyAsync(() -> read(form, requests, body), http.blockingTaskExecutor())
          .whenComplete((request, failure) -> bodies.release(body))
          .whenCompleteAsync(
              (request, failure) -> {
                if (failure == null) {
                  call.receive(request);
                } else {
                  breakOff(call, failure);
                }
              },
              http.eventLoop());
    } catch (RuntimeException e) {
      breakOff(call, e);
    }
  }

  /** The request, or the failure it is. */
  private static Object read(Form form, RequestMarshaller requests, byte[] body) {
    try {
      byte[] message = form.isWeb() ? Frames.message(body, form == Form.WEB_TEXT) : body;
      if (message.length > requests.most()) {
        return requests.tooLarge();
      }
      return form.hasJsonMessages()
          ? JsonMessages.read(requests, message)
          : requests.parse(new ByteArrayInputStream(message));
    } catch (InvalidRequest e) {
      return e;
    }
  }

  private void breakOff(WebCall call, Throwable failure) {
    if (call.isClosed()) {
      return;
    }
    StatusRuntimeException status = errors.status(failure);
    Metadata trailers = status.getTrailers();
    call.breakOff(status.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  @Override
  public Set<Route> routes() {
    return routes.keySet();
  }

  @Override
  public boolean isFramed() {
    return false;
  }

  @Override
  public List<ServerServiceDefinition> services() {
    return services;
  }

  @Override
  public Map<Route, ServerMethodDefinition<?, ?>> methodsByRoute() {
    return routes;
  }

  @Override
  public Set<SerializationFormat> supportedSerializationFormats() {
    return Set.of(GrpcSerializationFormats.JSON);
  }
}
