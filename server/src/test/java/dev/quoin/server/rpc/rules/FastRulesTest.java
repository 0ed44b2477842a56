// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import build.buf.protovalidate.Validator;
import build.buf.protovalidate.ValidatorFactory;
import build.buf.protovalidate.exceptions.ValidationException;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.server.Services;
import dev.quoin.server.errors.InvalidRequest;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Proves that the short way lets nothing through that protovalidate refuses. */
final class FastRulesTest {
  /** Of the good messages; not all, for some rules are not read as finely as they could be. */
  private static final double TAKEN = 0.4;

  /**
   * Requests that always go the long way: they are rare, and their rules are not supported, or they
   * hold what contains itself, such as the fields of a document and the clauses of a query.
   */
  private static final Set<String> NOT_PLAIN =
      Set.of(
          "quoin.config.v1.SetMaintenanceRequest",
          "quoin.feeds.v1.SessionRequest",
          "quoin.locks.v1.AcquireAllRequest",
          "quoin.queues.v1.ReleaseRequest",
          "quoin.search.v1.CreateIndexRequest",
          "quoin.search.v1.UpdateIndexRequest",
          "quoin.social.v1.ReportRequest",
          "quoin.social.v1.StatusesBatchGetRequest",
          "quoin.social.v1.UsersBatchGetRequest",
          "quoin.social.v1.UsersChangeLoginRequest",
          "quoin.social.v1.UsersCheckLoginRequest",
          "quoin.social.v1.UsersCreateRequest",
          "quoin.social.v1.UsersGetRequest",
          "quoin.social.v1.UsersUpdateRequest");

  /** These go the long way only when they have clauses, weights or ranges. */
  private static final Set<String> MOSTLY_PLAIN =
      Set.of("quoin.search.v1.QueryRequest", "quoin.search.v1.QueryStreamRequest");

  private final Validator validator = ValidatorFactory.newBuilder().build();

  @TestFactory
  Stream<DynamicTest> noRequestIsFineThatProtovalidateRefuses() {
    return requests()
        .filter(request -> !NOT_PLAIN.contains(request.getDescriptorForType().getFullName()))
        .map(
            request ->
                DynamicTest.dynamicTest(
                    request.getDescriptorForType().getFullName(),
                    () -> assertThat(shareOfFine(request, 500)).isGreaterThan(taken(request))));
  }

  private static double taken(Message request) {
    return MOSTLY_PLAIN.contains(request.getDescriptorForType().getFullName()) ? 0 : TAKEN;
  }

  @Test
  void onlyRequestsNamedHereGoTheLongWay() {
    assertThat(
            requests()
                .filter(request -> !FastRules.of(request).isSupported())
                .map(request -> request.getDescriptorForType().getFullName()))
        .containsExactlyInAnyOrderElementsOf(NOT_PLAIN);
  }

  static Stream<Message> requests() {
    return Services.ALL.stream()
        .flatMap(service -> service.contract().getMethods().stream())
        .map(method -> (PrototypeMarshaller<?>) method.getRequestMarshaller())
        .map(marshaller -> (Message) marshaller.getMessagePrototype());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          type: TYPE_STRING | string { min_len: 2 max_len: 64 }
          type: TYPE_STRING proto3_optional: true oneof_index: 0 | string { min_len: 2 }
          type: TYPE_STRING | string { len: 20 }
          type: TYPE_STRING | string { min_bytes: 3 max_bytes: 127 }
          type: TYPE_STRING | string { pattern: "^[^\\\\x00-\\\\x1f\\\\x7f]*$" }
          type: TYPE_STRING | string { pattern: "^[^b]*$" }
          type: TYPE_STRING | string { pattern: "^[!-~\\\\n]+$" }
          type: TYPE_STRING | string { pattern: "^[a\\\\]\\\\t]+$" min_len: 2 }
          type: TYPE_STRING | string { const: "a" }
          type: TYPE_STRING | string { in: "a" in: "aa" in: "é" } ignore: IGNORE_IF_ZERO_VALUE
          type: TYPE_STRING | string { in: "a" in: "aa" const: "aa" }
          type: TYPE_STRING | string { max_len: 3 } required: true
          type: TYPE_STRING | string { min_len: 3 } ignore: IGNORE_IF_ZERO_VALUE
          type: TYPE_BYTES | bytes { min_len: 1 max_len: 64 }
          type: TYPE_INT32 | int32 { gte: 1 lt: 10 }
          type: TYPE_INT64 | int64 { gt: 0 lte: 1000 }
          type: TYPE_SINT32 | sint32 { gte: -1 lte: 1 }
          type: TYPE_SINT64 | sint64 { gt: -10 } ignore: IGNORE_IF_ZERO_VALUE
          type: TYPE_UINT32 | uint32 { gte: 1 lte: 2147483648 }
          type: TYPE_UINT64 | uint64 { gt: 10 lte: 9223372036854775808 }
          type: TYPE_DOUBLE | double { finite: true }
          type: TYPE_DOUBLE | double { gte: -1 lte: 1e100 }
          type: TYPE_DOUBLE | double { finite: true gte: -1.5 }
          type: TYPE_ENUM type_name: ".test.E" | enum { defined_only: true not_in: 0 }
          type: TYPE_ENUM type_name: ".test.E" | enum { not_in: 0 not_in: 7 }
          type: TYPE_BOOL | required: true
          type: TYPE_STRING label: LABEL_REPEATED | repeated { min_items: 1 max_items: 3 }
          type: TYPE_STRING label: LABEL_REPEATED | repeated { items { string { min_len: 1 max_bytes: 128 } } }
          type: TYPE_INT64 label: LABEL_REPEATED | repeated { min_items: 2 } ignore: IGNORE_IF_ZERO_VALUE
          type: TYPE_STRING label: LABEL_REPEATED | required: true
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" | duration { gte {} }
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" | duration { lte { seconds: 10 } }
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" | duration { gt {} lt { seconds: 86400 nanos: 1 } }
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" | duration { gte { seconds: -1 } } required: true
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" | required: true
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" |
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" label: LABEL_REPEATED |
          type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" |
          type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" label: LABEL_REPEATED |
          type: TYPE_MESSAGE type_name: ".test.Plain" | required: true
          type: TYPE_MESSAGE type_name: ".test.Plain" |
          type: TYPE_MESSAGE type_name: ".test.Plain" label: LABEL_REPEATED | repeated { max_items: 2 }
          """)
  void noValueIsFineThatProtovalidateRefuses(String field, String rules) throws Exception {
    Descriptor type = RuledType.ofField(field, rules == null ? "" : rules);
    assertThat(shareOfFine(DynamicMessage.getDefaultInstance(type), 300)).isGreaterThan(TAKEN);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          type: TYPE_INT32 | int32 { gt: 10 lt: 1 }
          type: TYPE_DOUBLE | double { gte: 10 lte: 1 }
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" | duration { gt { seconds: 10 } lt {} } required: true
          """)
  void boundsThatMeanOutsideAreLeftToProtovalidate(String field, String rules) throws Exception {
    Descriptor type = RuledType.ofField(field, rules);
    assertThat(shareOfFine(DynamicMessage.getDefaultInstance(type), 300)).isZero();
  }

  /** How many of the good ones, out of messages made at random, need not go the long way. */
  private double shareOfFine(Message prototype, int rounds) throws ValidationException {
    FastRules rules = FastRules.of(prototype);
    assertThat(rules.isSupported()).isTrue();
    RandomMessages random = new RandomMessages(42);
    int good = 0;
    int fine = 0;
    for (int round = 0; round < rounds; round++) {
      Message message = round == 0 ? prototype : random.like(prototype);
      boolean isFine = rules.isFine(message);
      boolean isGood = isGood(message);
      if (isFine && !isGood) {
        fail("fine for us, but not for others: " + message);
      }
      good += isGood ? 1 : 0;
      fine += isFine ? 1 : 0;
    }
    assertThat(good).isPositive();
    return (double) fine / good;
  }

  private boolean isGood(Message message) throws ValidationException {
    try {
      Times.check(message);
      return validator.validate(message).isSuccess();
    } catch (InvalidRequest e) {
      return false;
    }
  }

  @Test
  void ordinaryRequestsAreFine() {
    Duration lease = Durations.fromSeconds(10);
    Stream.of(
            AcquireRequest.newBuilder()
                .setName("orders/42 é 😀")
                .setLease(lease)
                .setWait(Durations.ZERO)
                .setLabel("host-1")
                .setRequestId("3f0c-77"),
            AcquireRequest.newBuilder().setName("orders/42"),
            RenewRequest.newBuilder().setName("a".repeat(512)).setToken("t").setLease(lease),
            ReleaseRequest.newBuilder().setName("orders/42").setToken("t"),
            GetRequest.newBuilder().setName("{orders}"),
            HoldRequest.newBuilder().setName("orders").setLease(Durations.fromMillis(100)))
        .map(Message.Builder::build)
        .forEach(request -> assertThat(isFine(request)).as("%s", request).isTrue());
  }

  @Test
  void malformedValuesAreLeftToProtovalidate() {
    Duration mixed = Duration.newBuilder().setSeconds(10).setNanos(-1).build();
    assertThat(isFine(AcquireRequest.newBuilder().setName("a").setLease(mixed).build())).isFalse();
    assertThat(isFine(GetRequest.newBuilder().setName("a\ud83d").build())).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          type: TYPE_STRING | cel { id: "x" expression: "this != 'x'" }
          type: TYPE_STRING | cel_expression: "this != 'x'"
          type: TYPE_STRING | string { email: true }
          type: TYPE_STRING | string { max_len: 3 prefix: "a" }
          type: TYPE_STRING | string { not_in: "a" }
          type: TYPE_STRING | string { min_len: 1 } ignore: IGNORE_ALWAYS
          type: TYPE_STRING | string { pattern: "[a-z]*" }
          type: TYPE_STRING | string { pattern: "^[a-z]*[0-9]*$" }
          type: TYPE_STRING | string { pattern: "^[[:alpha:]]*$" }
          type: TYPE_STRING | string { pattern: "^[\\\\pL]*$" }
          type: TYPE_STRING | string { pattern: "^[é]*$" }
          type: TYPE_STRING | string { pattern: "(?i)^[a-z]*$" }
          type: TYPE_STRING | string { pattern: "^[z-a]*$" }
          type: TYPE_STRING | string { max_len: 18446744073709551615 }
          type: TYPE_STRING | int32 { gt: 1 }
          type: TYPE_STRING label: LABEL_REPEATED | repeated { unique: true }
          type: TYPE_STRING label: LABEL_REPEATED | repeated { items { string { email: true } } }
          type: TYPE_STRING label: LABEL_REPEATED | repeated { items { required: true } }
          type: TYPE_INT64 label: LABEL_REPEATED | repeated { items { int64 { gt: 1 } } }
          type: TYPE_BYTES | bytes { prefix: "a" }
          type: TYPE_INT32 | int32 { in: 1 }
          type: TYPE_FIXED32 | fixed32 { gt: 1 }
          type: TYPE_DOUBLE | double { const: 1 }
          type: TYPE_BOOL | bool { const: true }
          type: TYPE_ENUM type_name: ".test.E" | enum { in: 1 }
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" | duration { in { seconds: 1 } }
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" | duration { gt { seconds: 1 nanos: -1 } }
          type: TYPE_MESSAGE type_name: ".google.protobuf.Duration" label: LABEL_REPEATED | required: true
          type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp" | required: true
          type: TYPE_MESSAGE type_name: ".google.protobuf.StringValue" | string { min_len: 1 }
          """)
  void aFieldWithOtherRulesIsUnsupported(String field, String rules) {
    Descriptor type = RuledType.ofField(field, rules == null ? "" : rules);
    assertThat(rulesOf(type).isSupported()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "type: TYPE_MESSAGE type_name: '.google.protobuf.Any'",
        "type: TYPE_MESSAGE type_name: '.test.Odd'",
        "type: TYPE_MESSAGE type_name: '.test.Odd' label: LABEL_REPEATED",
        "type: TYPE_MESSAGE type_name: '.test.M'",
        "type: TYPE_MESSAGE type_name: '.test.M' label: LABEL_REPEATED"
      })
  void aMessageWithOtherRulesIsLeftToProtovalidateWhereThereIsOne(String field) {
    Descriptor type = RuledType.ofField(field, "");
    FieldDescriptor of = type.getFields().get(0);
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    assertThat(rulesOf(type).isFine(message.build())).isTrue();
    Message inner = message.newBuilderForField(of).build();
    if (of.isRepeated()) {
      message.addRepeatedField(of, inner);
    } else {
      message.setField(of, inner);
    }
    assertThat(rulesOf(type).isFine(message.build())).isFalse();
  }

  @Test
  void whatJsonCanSayIsFine() {
    Descriptor type =
        RuledType.ofField("type: TYPE_MESSAGE type_name: '.google.protobuf.Struct'", "");
    DynamicMessage message =
        DynamicMessage.newBuilder(type)
            .setField(
                type.getFields().get(0),
                com.google.protobuf.Struct.newBuilder()
                    .putFields("a", com.google.protobuf.util.Values.of(Double.NaN))
                    .build())
            .build();
    assertThat(rulesOf(type).isFine(message)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "options { [buf.validate.message] { cel { id: 'x' expression: 'true' } } }",
        "options { [buf.validate.message] { oneof { fields: 'a' } } }",
        "oneof_decl { name: 'o' options { [buf.validate.oneof] { required: true } } }"
            + " field { name: 'a' number: 1 type: TYPE_BOOL label: LABEL_OPTIONAL oneof_index: 0 }",
        "nested_type { name: 'TagsEntry' options { map_entry: true }"
            + " field { name: 'key' number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }"
            + " field { name: 'value' number: 2 type: TYPE_STRING label: LABEL_OPTIONAL } }"
            + " field { name: 'tags' number: 1 type: TYPE_MESSAGE type_name: '.test.M.TagsEntry'"
            + " label: LABEL_REPEATED options { [buf.validate.field] { map { keys { string { email: true } } } } } }"
      })
  void aMessageWithOtherRulesIsUnsupported(String message) {
    assertThat(rulesOf(RuledType.of(message)).isSupported()).isFalse();
  }

  @Test
  void rulesOfTheFutureAreUnsupported() {
    UnknownFieldSet future =
        UnknownFieldSet.newBuilder()
            .addField(9999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    assertThat(rulesOf(RuledType.ofField("type: TYPE_STRING", "string {}")).isSupported()).isTrue();
    assertThat(rulesOf(RuledType.withUnknownRule(future, false)).isSupported()).isFalse();
    assertThat(rulesOf(RuledType.withUnknownRule(future, true)).isSupported()).isFalse();
  }

  private static FastRules rulesOf(Descriptor type) {
    return FastRules.of(DynamicMessage.getDefaultInstance(type));
  }

  private static boolean isFine(Message request) {
    return FastRules.of(request.getDefaultInstanceForType()).isFine(request);
  }
}
