// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;

/**
 * Fields of messages by name: the contract gives the same thing the same name and type in every
 * service, so one piece of code serves all of them.
 */
final class Fields {
  private Fields() {}

  /** An empty request of a method. */
  static Message.Builder request(MethodDescriptor<?, ?> method) {
    return ((Message)
            ((PrototypeMarshaller<?>) method.getRequestMarshaller()).getMessagePrototype())
        .newBuilderForType();
  }

  static Object get(Message message, String name) {
    return message.getField(field(message, name));
  }

  /** What a response of a stream says: the one of its {@code oneof} that is set. */
  static Object event(Message response) {
    FieldDescriptor said =
        response.getOneofFieldDescriptor(response.getDescriptorForType().getOneofs().get(0));
    return said == null ? response : response.getField(said);
  }

  static Message.Builder set(Message.Builder message, String name, Object value) {
    return message.setField(message.getDescriptorForType().findFieldByName(name), value);
  }

  /** Copies the fields that are set. */
  static Message.Builder copy(Message from, Message.Builder to) {
    from.getAllFields().forEach((field, value) -> set(to, field.getName(), value));
    return to;
  }

  private static FieldDescriptor field(Message message, String name) {
    return message.getDescriptorForType().findFieldByName(name);
  }
}
