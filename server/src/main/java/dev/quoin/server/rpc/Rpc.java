// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.errors.Statuses;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;

/**
 * Serves RPCs: decodes, checks the rules of the .proto file, calls the feature, answers. Services
 * bind their RPCs in a table; one that is not bound stops the start.
 */
public final class Rpc {
  private final FailureLog failureLog = new FailureLog();
  private final Validation validation;
  private final Drain drain;

  public Rpc(Validation validation, Drain drain) {
    this.validation = validation;
    this.drain = drain;
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
    void open(Q request, Call call, Sink<R> sink);
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
      return bind(method, (call, server) -> new UnaryCall<>(call, server, handler));
    }

    /** Binds an RPC with one request and a stream of responses. */
    public <Q extends Message, R> Table streaming(
        MethodDescriptor<Q, R> method, Streaming<Q, R> handler) {
      return bind(method, (call, server) -> new StreamingCall<>(call, server, handler));
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

    private <Q extends Message, R> Table bind(
        MethodDescriptor<Q, R> method,
        BiFunction<Call, ServerCall<Object, R>, RequestListener<Q, R>> opener) {
      MethodDescriptor<Object, R> lenient =
          method.toBuilder(
                  new LenientMarshaller(method.getRequestMarshaller()),
                  method.getResponseMarshaller())
              .build();
      ServerCallHandler<Object, R> handler =
          (server, headers) -> {
            // Two, so that a caller who sends too many requests is found out.
            server.request(2);
            return opener.apply(new Call(headers, drain), server);
          };
      bound.put(method.getFullMethodName(), ServerMethodDefinition.create(lenient, handler));
      return this;
    }
  }

  /** Hands on bytes that are no message of the type as the failure, so that it can be answered. */
  private record LenientMarshaller(Marshaller<?> strict) implements Marshaller<Object> {
    @Override
    public InputStream stream(Object value) {
      throw new UnsupportedOperationException("a server sends no requests");
    }

    @Override
    public Object parse(InputStream stream) {
      try {
        return strict.parse(stream);
      } catch (StatusRuntimeException e) {
        if (e.getCause() instanceof InvalidProtocolBufferException) {
          return InvalidRequest.of("", "the bytes sent are no message of the request's type");
        }
        throw e;
      }
    }
  }

  /** Collects the request and turns every failure into a status. */
  private abstract class RequestListener<Q extends Message, R> extends ServerCall.Listener<Object> {
    final Call call;
    final ServerCall<Object, R> server;
    private Object request;

    RequestListener(Call call, ServerCall<Object, R> server) {
      this.call = call;
      this.server = server;
    }

    abstract void serve(Q request);

    abstract void fail(Throwable failure);

    @Override
    public void onMessage(Object message) {
      request = request == null ? message : InvalidRequest.of("", "more than one request was sent");
    }

    @Override
    public void onHalfClose() {
      try {
        serve(checked());
      } catch (RuntimeException e) {
        fail(e);
      }
    }

    @Override
    public void onCancel() {
      call.cancel();
    }

    @Override
    public void onComplete() {
      call.end();
    }

    @SuppressWarnings("unchecked")
    private Q checked() {
      if (request == null) {
        throw InvalidRequest.of("", "no request was sent");
      }
      if (request instanceof InvalidRequest unreadable) {
        throw unreadable;
      }
      call.checkNamespace();
      validation.check((Message) request);
      return (Q) request;
    }

    void close(Throwable failure) {
      RuntimeException refusal = Statuses.refusal(failure);
      StatusRuntimeException status = Statuses.status(refusal, call.requestId());
      Metadata trailers = status.getTrailers();
      trailers.put(Call.REQUEST_ID, call.requestId());
      failureLog.add(
          server.getMethodDescriptor().getFullMethodName(), call.requestId(), refusal, status);
      server.close(status.getStatus(), trailers);
    }
  }

  private final class UnaryCall<Q extends Message, R> extends RequestListener<Q, R> {
    private final BiFunction<Q, Call, CompletionStage<R>> handler;

    UnaryCall(
        Call call, ServerCall<Object, R> server, BiFunction<Q, Call, CompletionStage<R>> handler) {
      super(call, server);
      this.handler = handler;
    }

    @Override
    void serve(Q request) {
      handler
          .apply(request, call)
          .whenComplete(
              (response, failure) -> {
                if (failure == null) {
                  server.sendHeaders(new Metadata());
                  server.sendMessage(response);
                  server.close(Status.OK, new Metadata());
                } else {
                  fail(failure);
                }
              });
    }

    @Override
    void fail(Throwable failure) {
      close(failure);
    }
  }

  private final class StreamingCall<Q extends Message, R> extends RequestListener<Q, R>
      implements Sink<R> {
    private final Streaming<Q, R> handler;
    private R newest;
    private boolean headersSent;
    private boolean closed;

    StreamingCall(Call call, ServerCall<Object, R> server, Streaming<Q, R> handler) {
      super(call, server);
      this.handler = handler;
    }

    @Override
    void serve(Q request) {
      handler.open(request, call, this);
    }

    @Override
    public void onCancel() {
      synchronized (this) {
        closed = true;
      }
      super.onCancel();
    }

    @Override
    public synchronized void onReady() {
      if (newest != null && !closed) {
        R message = newest;
        newest = null;
        write(message);
      }
    }

    @Override
    public synchronized void send(R message) {
      newest = null;
      if (!closed) {
        write(message);
      }
    }

    @Override
    public synchronized void conflate(R message) {
      if (closed) {
        return;
      }
      if (server.isReady()) {
        write(message);
      } else {
        newest = message;
      }
    }

    @Override
    public synchronized void complete() {
      if (!closed) {
        closed = true;
        sendHeaders();
        server.close(Status.OK, new Metadata());
      }
    }

    @Override
    public synchronized void fail(Throwable failure) {
      if (!closed) {
        closed = true;
        close(failure);
      }
    }

    private void write(R message) {
      sendHeaders();
      server.sendMessage(message);
    }

    private void sendHeaders() {
      if (!headersSent) {
        headersSent = true;
        server.sendHeaders(new Metadata());
      }
    }
  }
}
