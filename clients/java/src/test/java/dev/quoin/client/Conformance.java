// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.quoin.client.InvalidRequestException.FieldViolation;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.errors.v1.ErrorReasonOuterClass;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Carries out the steps of one case of clients/conformance; its README says what they mean. */
final class Conformance implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().preservingProtoFieldNames().alwaysPrintFieldsWithNoPresence();

  private final Channel channel;
  private final String service;
  private final Map<String, JsonNode> variables = new HashMap<>();
  private final Map<String, OpenCall> named = new HashMap<>();
  private final List<OpenCall> opened = new ArrayList<>();

  Conformance(Channel channel, String service) {
    this.channel = channel;
    this.service = service;
  }

  void run(JsonNode step) throws Exception {
    if (!step.has("times")) {
      runOnce(step);
      return;
    }
    int times = step.get("times").asInt();
    for (int i = 1; i <= times; i++) {
      runOnce(JSON.readTree(step.toString().replace("#", String.valueOf(i))));
    }
  }

  private void runOnce(JsonNode step) throws Exception {
    if (step.has("end")) {
      named.get(step.get("end").asText()).cancel();
      return;
    }
    OpenCall call = step.has("from") ? named.get(step.get("from").asText()) : open(step);
    if (step.has("from") && step.has("with")) {
      call.send(request(call.method(), step));
    }
    opened.add(call);
    if (step.has("as")) {
      named.put(step.get("as").asText(), call);
    }
    for (JsonNode expected : step.path("receives")) {
      match(expected, next(call, expected.has("heartbeat")), "receives");
    }
    boolean awaited = !step.has("as") && !step.has("receives");
    if (step.has("fails")) {
      refused(step, call.failure());
    } else if (step.has("then") || (awaited && call.isUnary())) {
      match(step.path("then"), json(call.next()), "then");
    }
    if (step.path("ends").asBoolean()) {
      assertThat(call.failure()).as("the end of the stream").isNull();
    }
  }

  @Override
  public void close() {
    opened.forEach(OpenCall::cancel);
  }

  private OpenCall open(JsonNode step) throws Exception {
    MethodDescriptor<Message, Message> method = method(step.get("call").asText());
    return new OpenCall(channel, method, request(method, step), step.has("as"));
  }

  private Message request(MethodDescriptor<Message, Message> method, JsonNode step)
      throws Exception {
    Message.Builder request =
        ((Message)
                ((MethodDescriptor.PrototypeMarshaller<?>) method.getRequestMarshaller())
                    .getMessagePrototype())
            .newBuilderForType();
    JsonFormat.parser().merge(filledIn(step.path("with")).toString(), request);
    return request.build();
  }

  @SuppressWarnings("unchecked")
  private MethodDescriptor<Message, Message> method(String call) throws Exception {
    String fullName = call.contains("/") ? call : service + "/" + call;
    String owner = fullName.substring(0, fullName.indexOf('/'));
    ServiceDescriptor descriptor =
        (ServiceDescriptor)
            Class.forName("dev." + owner + "Grpc").getMethod("getServiceDescriptor").invoke(null);
    return (MethodDescriptor<Message, Message>)
        descriptor.getMethods().stream()
            .filter(method -> method.getFullMethodName().equals(fullName))
            .findFirst()
            .orElseThrow(() -> new AssertionError("there is no " + fullName));
  }

  private JsonNode next(OpenCall call, boolean heartbeats) throws Exception {
    JsonNode message = json(call.next());
    while (!heartbeats && message.has("heartbeat")) {
      message = json(call.next());
    }
    return message;
  }

  /** The request with variables replaced by their values. */
  private JsonNode filledIn(JsonNode node) {
    if (isVariable(node)) {
      return variables.get(node.asText());
    }
    if (node.isObject()) {
      var filled = JSON.createObjectNode();
      node.properties().forEach(p -> filled.set(p.getKey(), filledIn(p.getValue())));
      return filled;
    }
    if (node.isArray()) {
      var filled = JSON.createArrayNode();
      node.forEach(element -> filled.add(filledIn(element)));
      return filled;
    }
    return node.isMissingNode() ? JSON.createObjectNode() : node;
  }

  private void match(JsonNode expected, JsonNode actual, String path) {
    if (expected.isObject()) {
      assertThat(actual.isObject()).as(path + " is set").isTrue();
      expected
          .properties()
          .forEach(p -> match(p.getValue(), actual.path(p.getKey()), path + "." + p.getKey()));
    } else if (expected.isArray()) {
      assertThat(actual.size()).as(path + " has as many elements").isEqualTo(expected.size());
      Iterator<JsonNode> elements = actual.elements();
      expected.forEach(element -> match(element, elements.next(), path + "[]"));
    } else if (expected.isNull()) {
      assertThat(actual.isMissingNode()).as(path + " is not set: " + actual).isTrue();
    } else if (expected.asText().equals("$any")) {
      assertThat(actual.asText()).as(path).isNotIn("", "0", "false");
    } else if (isVariable(expected)) {
      JsonNode known = variables.putIfAbsent(expected.asText(), actual);
      assertThat(actual).as(path).isEqualTo(known == null ? actual : known);
    } else if (expected.asText().startsWith(">$")) {
      JsonNode bound = variables.get(expected.asText().substring(1));
      assertThat(new BigDecimal(actual.asText()))
          .as(path)
          .isGreaterThan(new BigDecimal(bound.asText()));
    } else if (!expected.isMissingNode()) {
      assertThat(actual).as(path).isEqualTo(expected);
    }
  }

  private static void refused(JsonNode step, Throwable thrown) {
    assertThat(thrown).as("the failure").isNotNull();
    QuoinException failure = QuoinException.from(thrown);
    ErrorReason reason = ErrorReason.valueOf("ERROR_REASON_" + step.get("fails").asText());
    assertThat(failure.reason()).as(failure.toString()).isEqualTo(reason);
    assertThat(failure.code().value())
        .isEqualTo(
            reason
                .getValueDescriptor()
                .getOptions()
                .getExtension(ErrorReasonOuterClass.code)
                .getNumber());
    if (step.has("fields")) {
      assertThat(((InvalidRequestException) failure).violations())
          .extracting(FieldViolation::field)
          .containsExactlyInAnyOrder(JSON.convertValue(step.get("fields"), String[].class));
    }
  }

  private static boolean isVariable(JsonNode node) {
    return node instanceof TextNode && node.asText().startsWith("$");
  }

  private static JsonNode json(Message message) throws Exception {
    try {
      return JSON.readTree(PRINTER.print(message));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("cannot be written as JSON: " + message, e);
    }
  }
}
