// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import build.buf.protovalidate.Validator;
import build.buf.protovalidate.ValidatorFactory;
import build.buf.validate.ValidateProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest.FieldViolation;
import dev.quoin.search.v1.Clause;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Lists that are too long are refused as such, whatever is in them. */
final class CountsTest {
  private final Validation validation = new Validation();
  private final Validator validator = ValidatorFactory.newBuilder().build();

  /** A field of a message with a list of empty items, one more than it may have. */
  private record TooMany(Message message, FieldDescriptor field, int most) {}

  /** One for each list that a request of the contract bounds. */
  private static List<TooMany> all() {
    List<TooMany> all = new ArrayList<>();
    FastRulesTest.requests()
        .forEach(
            request -> {
              for (FieldDescriptor field : request.getDescriptorForType().getFields()) {
                int most = most(field);
                if (most > 0) {
                  all.add(new TooMany(filled(request, field, most + 1), field, most));
                }
              }
            });
    return all;
  }

  /** 0 where there is none. */
  private static int most(FieldDescriptor field) {
    var rules = field.getOptions().getExtension(ValidateProto.field);
    return (int)
        (field.isMapField() ? rules.getMap().getMaxPairs() : rules.getRepeated().getMaxItems());
  }

  private static Message filled(Message prototype, FieldDescriptor field, int count) {
    Message.Builder message = prototype.newBuilderForType();
    for (int i = 0; i < count; i++) {
      message.addRepeatedField(field, item(message, field, i));
    }
    return message.build();
  }

  private static Object item(Message.Builder message, FieldDescriptor field, int index) {
    if (field.isMapField()) {
      Message.Builder entry = message.newBuilderForField(field);
      Descriptor type = field.getMessageType();
      FieldDescriptor key = type.findFieldByName("key");
      entry.setField(
          key, key.getJavaType() == FieldDescriptor.JavaType.STRING ? "" + index : index);
      FieldDescriptor value = type.findFieldByName("value");
      return entry.setField(value, nothing(entry, value)).build();
    }
    return nothing(message, field);
  }

  private static Object nothing(Message.Builder message, FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> message.newBuilderForField(field).getDefaultInstanceForType();
      case ENUM -> field.getEnumType().getValues().get(0);
      case STRING -> "";
      case BYTE_STRING -> com.google.protobuf.ByteString.EMPTY;
      case INT -> 0;
      case LONG -> 0L;
      case DOUBLE -> 0.0;
      case FLOAT -> 0f;
      case BOOLEAN -> false;
    };
  }

  private List<FieldViolation> violations(Message message) {
    InvalidRequest failure =
        catchThrowableOfType(InvalidRequest.class, () -> validation.check(message));
    assertThat(failure).as("%s", message.getDescriptorForType().getFullName()).isNotNull();
    return failure.violations().getFieldViolationsList();
  }

  /** And protovalidate, which would tell of each item as well, says the same of the list. */
  @Test
  void listThatIsTooLongIsTheOneThingThatIsWrong() throws Exception {
    List<TooMany> all = all();
    assertThat(all).hasSizeGreaterThan(40);
    for (TooMany each : all) {
      List<FieldViolation> told = violations(each.message());

      assertThat(told).hasSize(1);
      assertThat(told.get(0).getField()).isEqualTo(each.field().getName());
      assertThat(validator.validate(each.message()).getViolations())
          .filteredOn(v -> v.toProto().getRuleId().matches("repeated.max_items|map.max_pairs"))
          .extracting(v -> v.toProto().getMessage())
          .containsExactly(told.get(0).getDescription());
    }
  }

  @Test
  void itemsOfLongListsAreNotAllToldOf() {
    TooMany some =
        all().stream()
            .filter(each -> each.most() >= 1000 && !each.field().isMapField())
            .filter(each -> toldOf(each, 10) > 1)
            .findFirst()
            .orElseThrow();

    assertThat(toldOf(some, 10)).isGreaterThanOrEqualTo(10);
    assertThat(toldOf(some, 1000)).isEqualTo(1);
  }

  private int toldOf(TooMany list, int items) {
    try {
      validation.check(filled(list.message(), list.field(), items));
      return 0;
    } catch (InvalidRequest e) {
      return e.violations().getFieldViolationsCount();
    }
  }

  @Test
  void listsWithinOthersAreBounded() {
    QueryRequest request =
        QueryRequest.newBuilder()
            .setIndex("a")
            .addClauses(Clause.newBuilder().setAny(clauses(1)))
            .addClauses(Clause.newBuilder().setAny(clauses(10_000)))
            .build();

    assertThat(violations(request))
        .extracting(FieldViolation::getField)
        .containsExactly("clauses[1].any.clauses");
  }

  private static Clause.Clauses clauses(int count) {
    return Clause.Clauses.newBuilder()
        .addAllClauses(Collections.nCopies(count, Clause.getDefaultInstance()))
        .build();
  }
}
