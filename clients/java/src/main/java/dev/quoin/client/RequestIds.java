// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Gives every unary request that has none the id by which a server knows it again, so that it can
 * be repeated without being carried out twice.
 */
final class RequestIds implements ClientInterceptor {
  private final Map<MethodDescriptor<?, ?>, Optional<FieldDescriptor>> fields =
      new ConcurrentHashMap<>();

  /** The field for such an id: {@code request_id} or {@code client_message_id}. */
  static Optional<FieldDescriptor> field(MethodDescriptor<?, ?> method) {
    if (method.getType() != MethodDescriptor.MethodType.UNARY
        || !(method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier schema)) {
      return Optional.empty();
    }
    var request = schema.getMethodDescriptor().getInputType();
    return Stream.of("request_id", "client_message_id")
        .map(request::findFieldByName)
        .filter(field -> field != null && field.getType() == FieldDescriptor.Type.STRING)
        .findFirst();
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    ClientCall<Q, R> call = next.newCall(method, options);
    FieldDescriptor id = fields.computeIfAbsent(method, RequestIds::field).orElse(null);
    if (id == null) {
      return call;
    }
    return new SimpleForwardingClientCall<>(call) {
      @Override
      public void sendMessage(Q request) {
        super.sendMessage(withId(request, id));
      }
    };
  }

  @SuppressWarnings("unchecked")
  private static <Q> Q withId(Q request, FieldDescriptor id) {
    Message message = (Message) request;
    return ((String) message.getField(id)).isEmpty()
        ? (Q) message.toBuilder().setField(id, UUID.randomUUID().toString()).build()
        : request;
  }
}
