// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Message;
import dev.quoin.server.access.Access;
import dev.quoin.server.access.Caller;
import dev.quoin.server.access.RpcMethod;
import dev.quoin.server.quotas.Quotas;
import dev.quoin.server.redis.Seal;
import dev.quoin.server.rpc.rules.Validation;
import dev.quoin.server.telemetry.CallFigures;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * Serves RPCs: decodes, checks the rules of the .proto file, calls the feature, answers. Services
 * bind their RPCs in a table; one that is not bound stops the start.
 */
public final class Rpc {
  private final CallSupport support;
  private final CallRecorder recorder;
  private final Access access;
  private final Quotas quotas;
  private final Drain drain;
  private final Seal seal;
  private final int mostRequestBytes;

  /**
   * @param recorder measures calls
   * @param access knows who may call
   * @param quotas know how much they may call
   * @param seal seals page tokens
   * @param mostRequestBytes bytes a request may have, once it is decompressed
   * @param unread bounds what callers have not read
   * @param namespaces hears of the namespace of every request that keeps its rules
   */
  public Rpc(
      CallRecorder recorder,
      Access access,
      Quotas quotas,
      Validation validation,
      Drain drain,
      Seal seal,
      int mostRequestBytes,
      UnreadResponses unread,
      Consumer<String> namespaces) {
    this.support = new CallSupport(validation, new FailureLog(), unread, namespaces);
    this.recorder = recorder;
    this.access = access;
    this.quotas = quotas;
    this.drain = drain;
    this.seal = seal;
    this.mostRequestBytes = mostRequestBytes;
  }

  /** What the services have done since the start, by their full names. */
  public Map<String, CallFigures> figures() {
    return recorder.figures();
  }

  /** Begins the table of a service. */
  public Table service(ServiceDescriptor descriptor) {
    return new Table(descriptor);
  }

  /** Serves a server-streaming RPC. */
  public interface Streaming<Q, R> {
    /**
     * Begins the stream. When the caller goes away {@link Call#onCancel} tells; it is the only end
     * of the stream that the feature does not bring about itself.
     */
    void open(Q request, Call call, ResponseStream<R> responses);
  }

  /** Serves an RPC whose caller sends a stream of requests. */
  public interface Receiving<Q, R> {
    /** Begins the call. An RPC with one response sends it and completes. */
    RequestStreamHandler<Q> open(Call call, ResponseStream<R> responses);
  }

  /** The RPCs of one service and what serves them. */
  public final class Table {
    private final ServiceDescriptor descriptor;
    private final Map<String, ServerMethodDefinition<?, ?>> bound = new LinkedHashMap<>();

    private Table(ServiceDescriptor descriptor) {
      this.descriptor = descriptor;
    }

    /** Binds an RPC with one request and one response. */
    public <Q extends Message, R> Table unary(
        MethodDescriptor<Q, R> method, BiFunction<Q, Call, CompletionStage<R>> handler) {
      return bindOne(method, (call, server) -> new UnaryCall<>(call, server, support, handler));
    }

    /** Binds an RPC with one request and a stream of responses. */
    public <Q extends Message, R> Table streaming(
        MethodDescriptor<Q, R> method, Streaming<Q, R> handler) {
      return bindOne(method, (call, server) -> new StreamingCall<>(call, server, support, handler));
    }

    /**
     * Binds an RPC with a stream of requests and one response or a stream of them.
     *
     * @param ahead how many requests of a call may be in the works at once; the caller is held back
     *     beyond that
     */
    public <Q extends Message, R> Table receiving(
        MethodDescriptor<Q, R> method, int ahead, Receiving<Q, R> handler) {
      return bind(
          method, ahead, (call, server) -> new ReceivingCall<>(call, server, support, handler));
    }

    /** The service; throws when an RPC of it is not bound. */
    public ServerServiceDefinition build() {
      ServiceDescriptor.Builder served =
          ServiceDescriptor.newBuilder(descriptor.getName())
              .setSchemaDescriptor(descriptor.getSchemaDescriptor());
      for (MethodDescriptor<?, ?> method : descriptor.getMethods()) {
        if (!bound.containsKey(method.getFullMethodName())) {
          throw new IllegalStateException("nothing is bound to " + method.getFullMethodName());
        }
        served.addMethod(bound.get(method.getFullMethodName()).getMethodDescriptor());
      }
      ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(served.build());
      bound.values().forEach(service::addMethod);
      return service.build();
    }

    private <Q extends Message, R> Table bindOne(
        MethodDescriptor<Q, R> method,
        BiFunction<Call, ServerCall<Object, R>, AbstractCall<R>> opener) {
      // Two, so that a caller who sends too many requests is found out.
      return bind(method, 2, opener);
    }

    private <Q extends Message, R> Table bind(
        MethodDescriptor<Q, R> method,
        int requests,
        BiFunction<Call, ServerCall<Object, R>, AbstractCall<R>> opener) {
      MethodDescriptor<Object, R> lenient =
          method.toBuilder(
                  RequestMarshaller.of(method.getRequestMarshaller(), mostRequestBytes),
                  method.getResponseMarshaller())
              .build();
      RpcMethod named = access.method(method.getFullMethodName());
      CallRecorder.OfMethod recorded = recorder.of(method);
      Seal ofMethod = seal.within(method.getFullMethodName());
      ServerCallHandler<Object, R> handler =
          (server, headers) -> {
            Call call = new Call(headers, drain, ofMethod, recorded);
            CompletableFuture<Caller> admitted =
                call.admit(new Admission(access, quotas, named, headers, server.getAttributes()));
            if (admitted.isDone()) {
              return begin(call, server, admitted, requests, opener);
            }
            DeferredListener<Object> deferred = new DeferredListener<>(call::cancel);
            admitted.whenComplete(
                (caller, refusal) ->
                    deferred.become(() -> begin(call, server, admitted, requests, opener)));
            return deferred;
          };
      bound.put(method.getFullMethodName(), ServerMethodDefinition.create(lenient, handler));
      return this;
    }

    private <R> ServerCall.Listener<Object> begin(
        Call call,
        ServerCall<Object, R> server,
        CompletableFuture<Caller> admitted,
        int requests,
        BiFunction<Call, ServerCall<Object, R>, AbstractCall<R>> opener) {
      try {
        call.begin(admitted.getNow(null));
        server.request(requests);
        AbstractCall<R> opened = opener.apply(call, server);
        boolean isStream = server.getMethodDescriptor().getType() != MethodType.UNARY;
        call.admission().opened(opened, isStream);
        return opened;
      } catch (RuntimeException refusal) {
        // Nobody else hears of the end of a call that nobody serves.
        call.end();
        Refusals.close(server, call, support.failures(), refusal);
        return new ServerCall.Listener<>() {};
      }
    }
  }
}
