// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;

/** Makes calls with one request and one response as JSON over HTTP; all others go another way. */
final class JsonChannel extends Channel {
  private static final JsonFormat.TypeRegistry TYPES =
      JsonFormat.TypeRegistry.newBuilder()
          .add(ErrorInfo.getDescriptor())
          .add(BadRequest.getDescriptor())
          .add(RetryInfo.getDescriptor())
          .add(QuotaFailure.getDescriptor())
          .add(RequestInfo.getDescriptor())
          .build();
  private static final int OK = 200;

  private final HttpClient client = HttpClient.newHttpClient();
  private final String address;
  private final String namespace;
  private final String token;
  private final Channel others;

  /**
   * @param token null for none
   */
  JsonChannel(String address, String namespace, String token, Channel others) {
    this.address = address;
    this.namespace = namespace;
    this.token = token;
    this.others = others;
  }

  @Override
  public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
    return method.getType() == MethodType.UNARY
        ? new JsonCall<>(method)
        : others.newCall(method, options);
  }

  @Override
  public String authority() {
    return others.authority();
  }

  private final class JsonCall<Q, R> extends ClientCall<Q, R> {
    private final MethodDescriptor<Q, R> method;
    private Listener<R> listener;
    private String body;
    private CompletableFuture<HttpResponse<String>> answer;

    JsonCall(MethodDescriptor<Q, R> method) {
      this.method = method;
    }

    @Override
    public void start(Listener<R> known, Metadata headers) {
      listener = known;
    }

    @Override
    public void request(int count) {
      // There is one response, which is told when it comes.
    }

    @Override
    public void sendMessage(Q request) {
      try {
        body = JsonFormat.printer().print((Message) request);
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalArgumentException(e);
      }
    }

    @Override
    public void halfClose() {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(address + '/' + method.getFullMethodName()))
              .header("content-type", "application/json")
              .header("quoin-namespace", namespace)
              .POST(BodyPublishers.ofString(body));
      if (token != null) {
        request.header("authorization", "Bearer " + token);
      }
      answer = client.sendAsync(request.build(), BodyHandlers.ofString());
      answer.whenComplete(this::finish);
    }

    @Override
    public void cancel(String message, Throwable cause) {
      if (answer != null) {
        answer.cancel(true);
      }
    }

    private void finish(HttpResponse<String> given, Throwable failure) {
      if (failure != null) {
        listener.onClose(Status.CANCELLED.withCause(failure), new Metadata());
        return;
      }
      try {
        if (given.statusCode() == OK) {
          R response = response(given.body());
          listener.onHeaders(new Metadata());
          listener.onMessage(response);
          listener.onClose(Status.OK, new Metadata());
        } else {
          StatusRuntimeException refusal = refusal(given.body());
          listener.onClose(refusal.getStatus(), refusal.getTrailers());
        }
      } catch (InvalidProtocolBufferException e) {
        listener.onClose(
            Status.INTERNAL.withDescription("is not the JSON of proto3: " + given.body()),
            new Metadata());
      }
    }

    @SuppressWarnings("unchecked")
    private R response(String json) throws InvalidProtocolBufferException {
      PrototypeMarshaller<R> marshaller = (PrototypeMarshaller<R>) method.getResponseMarshaller();
      Message.Builder response = ((Message) marshaller.getMessagePrototype()).newBuilderForType();
      JsonFormat.parser().merge(json, response);
      return (R) response.build();
    }

    private static StatusRuntimeException refusal(String json)
        throws InvalidProtocolBufferException {
      com.google.rpc.Status.Builder refusal = com.google.rpc.Status.newBuilder();
      JsonFormat.parser().usingTypeRegistry(TYPES).merge(json, refusal);
      return StatusProto.toStatusRuntimeException(refusal.build());
    }
  }
}
