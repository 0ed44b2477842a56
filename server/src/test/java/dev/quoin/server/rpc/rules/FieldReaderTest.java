// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What generated methods read is what the descriptor says, for every field of every request. */
final class FieldReaderTest {
  private static final int ROUNDS = 30;

  @ParameterizedTest
  @MethodSource("dev.quoin.server.rpc.rules.FastRulesTest#requests")
  void readsGeneratedMessages(Message prototype) {
    assertReads(prototype);
  }

  @ParameterizedTest
  @MethodSource("dev.quoin.server.rpc.rules.FastRulesTest#requests")
  void readsMessagesOfTypesMadeAtRunTime(Message prototype) {
    assertReads(DynamicMessage.getDefaultInstance(prototype.getDescriptorForType()));
  }

  private static void assertReads(Message prototype) {
    RandomMessages random = new RandomMessages(7);
    for (FieldDescriptor field : prototype.getDescriptorForType().getFields()) {
      FieldReader reader = FieldReader.of(field, prototype.getClass());
      for (int round = 0; round < ROUNDS; round++) {
        Message message = round == 0 ? prototype : random.like(prototype);
        assertThat(reader.get(message)).as("%s", field).isEqualTo(expected(message, field));
        if (!field.isRepeated()) {
          assertThat(reader.isSet(message)).as("%s", field).isEqualTo(message.hasField(field));
        }
      }
    }
  }

  private static Object expected(Message message, FieldDescriptor field) {
    Object value = message.getField(field);
    return value instanceof EnumValueDescriptor constant ? constant.getNumber() : value;
  }
}
