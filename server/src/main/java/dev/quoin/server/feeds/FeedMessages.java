// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Makes the responses of an RPC that streams statuses from the events that all of them share, each
 * in the field that has its type.
 *
 * @param <R> type of the responses
 */
final class FeedMessages<R extends Message> {
  private final R response;
  private final Map<Descriptor, FieldDescriptor> fields;

  private FeedMessages(R response) {
    this.response = response;
    this.fields =
        response.getDescriptorForType().getFields().stream()
            .collect(Collectors.toMap(FieldDescriptor::getMessageType, Function.identity()));
  }

  /** Events as a response has them. */
  static <R extends Message> FeedMessages<R> in(R response) {
    return new FeedMessages<>(response);
  }

  @SuppressWarnings("unchecked") // A builder builds what it was made by.
  R of(Message event) {
    FieldDescriptor field = fields.get(event.getDescriptorForType());
    return (R) response.newBuilderForType().setField(field, event).build();
  }
}
