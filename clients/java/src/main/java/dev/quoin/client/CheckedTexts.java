// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Refuses requests with a text that UTF-8 cannot write, as a server would, could it see them:
 * protobuf writes question marks in its place, and a name would become another name.
 */
final class CheckedTexts implements ClientInterceptor {
  /** The fields of a type in which there can be texts. */
  private static final Map<Descriptor, List<FieldDescriptor>> FIELDS = new ConcurrentHashMap<>();

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new CheckedCall<>(next.newCall(method, options));
  }

  private static final class CheckedCall<Q, R> extends SimpleForwardingClientCall<Q, R> {
    private volatile StatusRuntimeException refusal;

    CheckedCall(ClientCall<Q, R> call) {
      super(call);
    }

    @Override
    public void start(Listener<R> listener, Metadata headers) {
      super.start(
          new SimpleForwardingClientCallListener<>(listener) {
            @Override
            public void onClose(Status status, Metadata trailers) {
              StatusRuntimeException why = refusal;
              if (why == null) {
                super.onClose(status, trailers);
              } else {
                super.onClose(why.getStatus(), why.getTrailers());
              }
            }
          },
          headers);
    }

    @Override
    public void sendMessage(Q request) {
      if (refusal != null) {
        return;
      }
      String field = request instanceof Message message ? badField(message) : null;
      if (field == null) {
        super.sendMessage(request);
      } else {
        refusal =
            Failure.invalid(field, "must not have half a surrogate pair, which is no character");
        cancel("a request cannot be sent", refusal);
      }
    }

    @Override
    public void halfClose() {
      if (refusal == null) {
        super.halfClose();
      }
    }
  }

  /** The path of a field with a text that cannot be sent; null when there is none. */
  private static String badField(Message message) {
    for (FieldDescriptor field : fields(message.getDescriptorForType())) {
      String path = field.isRepeated() ? badItem(message, field) : badValue(message, field);
      if (path != null) {
        return path;
      }
    }
    return null;
  }

  private static String badItem(Message message, FieldDescriptor field) {
    int count = message.getRepeatedFieldCount(field);
    for (int i = 0; i < count; i++) {
      String path = bad(message.getRepeatedField(field, i));
      if (path != null) {
        return field.isMapField() ? field.getName() : field.getName() + "[" + i + "]" + path;
      }
    }
    return null;
  }

  private static String badValue(Message message, FieldDescriptor field) {
    boolean isEmpty =
        field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !message.hasField(field);
    String path = isEmpty ? null : bad(message.getField(field));
    return path == null ? null : field.getName() + path;
  }

  /** What is to be added to the path of a value that cannot be sent; null when it can be. */
  private static String bad(Object value) {
    if (value instanceof Message message) {
      String path = badField(message);
      return path == null ? null : "." + path;
    }
    return Texts.isWellFormed((String) value) ? null : "";
  }

  private static List<FieldDescriptor> fields(Descriptor type) {
    List<FieldDescriptor> known = FIELDS.get(type);
    return known != null
        ? known
        : FIELDS.computeIfAbsent(
            type,
            one -> one.getFields().stream().filter(f -> hasText(f, new HashSet<>())).toList());
  }

  private static boolean hasText(FieldDescriptor field, Set<Descriptor> seen) {
    return switch (field.getJavaType()) {
      case STRING -> true;
      case MESSAGE ->
          !field.getMessageType().equals(Any.getDescriptor())
              && seen.add(field.getMessageType())
              && field.getMessageType().getFields().stream().anyMatch(f -> hasText(f, seen));
      default -> false;
    };
  }
}
