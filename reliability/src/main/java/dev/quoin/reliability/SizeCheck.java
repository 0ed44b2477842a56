// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import com.google.rpc.BadRequest;
import dev.quoin.reliability.RawCalls.End;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Sends every RPC too much: each text, list and number of its own, and the whole request. */
final class SizeCheck {
  private static final String NAMESPACE = "sizes";
  private static final int MOST_BYTES = 4 << 20;
  private static final long MILLIS = 20_000;

  /** A field that no request has. */
  private static final int UNKNOWN_FIELD = 18_000;

  private final RawCalls calls;
  private final Findings findings;
  private final RequestGenerator generator;

  SizeCheck(RawCalls calls, Random random, Findings findings) {
    this.calls = calls;
    this.findings = findings;
    generator = new RequestGenerator(random, new Harvest(random));
  }

  void run() {
    for (MethodDescriptor<?, ?> rpc : IsolationCommand.rpcs()) {
      Message request = generator.good(RawCalls.prototype(rpc.getRequestMarshaller()));
      for (FieldDescriptor field : request.getDescriptorForType().getFields()) {
        Object tooMuch = tooMuch(request, field);
        if (tooMuch != null) {
          expectNamed(rpc, request.toBuilder().setField(field, tooMuch).build(), field);
        }
      }
      End end = calls.call(rpc, padded(request, MOST_BYTES), NAMESPACE, MILLIS, true);
      findings.count("requests that are too large");
      if (end.status().getCode() != Code.RESOURCE_EXHAUSTED) {
        findings.broken(
            "%s with more than 4 MiB ends with %s", rpc.getFullMethodName(), end.status());
      }
    }
  }

  /** A request with so many bytes more, which say nothing. */
  static byte[] padded(Message request, int bytes) {
    ByteString padding = ByteString.copyFrom(new byte[bytes]);
    UnknownFieldSet.Field field =
        UnknownFieldSet.Field.newBuilder().addLengthDelimited(padding).build();
    UnknownFieldSet unknown = UnknownFieldSet.newBuilder().addField(UNKNOWN_FIELD, field).build();
    return request.toBuilder().setUnknownFields(unknown).build().toByteArray();
  }

  /** One more than a field may hold; null when that has no rule, or is not to be sent. */
  private static Object tooMuch(Message request, FieldDescriptor field) {
    double max = Bounds.of(field).max();
    if (max > 1 << 20 || field.isMapField()) {
      return null;
    }
    if (field.isRepeated()) {
      boolean isText = field.getJavaType() == JavaType.STRING;
      List<Object> items = new ArrayList<>();
      for (int i = 0; i <= max; i++) {
        items.add(
            field.getJavaType() == JavaType.MESSAGE
                ? request.toBuilder().newBuilderForField(field).build()
                : isText ? "i" + i : field.getDefaultValue());
      }
      return isText || field.getJavaType() == JavaType.MESSAGE ? items : null;
    }
    return switch (field.getJavaType()) {
      case STRING -> "a".repeat((int) max + 1);
      case BYTE_STRING -> ByteString.copyFrom(new byte[(int) max + 1]);
      case INT -> (int) max + 1;
      case LONG -> (long) max + 1;
      default -> null;
    };
  }

  private void expectNamed(MethodDescriptor<?, ?> rpc, Message request, FieldDescriptor field) {
    End end = calls.call(rpc, request.toByteArray(), NAMESPACE, MILLIS, true);
    findings.count("fields with too much");
    if (end.status().getCode() != Code.INVALID_ARGUMENT || !names(end, field)) {
      findings.broken(
          "%s with too much in %s ends with %s",
          rpc.getFullMethodName(), field.getName(), end.status());
    }
  }

  private static boolean names(End end, FieldDescriptor field) {
    return StatusProto.fromStatusAndTrailers(end.status(), end.trailers()).getDetailsList().stream()
        .filter(detail -> detail.is(BadRequest.class))
        .flatMap(
            detail -> {
              try {
                return detail.unpack(BadRequest.class).getFieldViolationsList().stream();
              } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException(e);
              }
            })
        .anyMatch(violation -> violation.getField().split("[.\\[]")[0].equals(field.getName()));
  }
}
