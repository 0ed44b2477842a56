// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.protovalidate.Config;
import build.buf.protovalidate.ValidationResult;
import build.buf.protovalidate.Validator;
import build.buf.protovalidate.ValidatorFactory;
import build.buf.protovalidate.Violation;
import build.buf.protovalidate.exceptions.ValidationException;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import dev.quoin.rules.v1.RulesProto;
import dev.quoin.server.errors.InvalidRequest;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServiceDescriptor;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The rules that stand in the .proto files, compiled once at start.
 *
 * <p>Protovalidate judges, but it takes longer than all the rest of a call. So it is asked only
 * when {@link FastRules} cannot tell that a request is fine.
 */
public final class Validation {
  /** Telling what is wrong with each of more messages and items would take milliseconds. */
  private static final int MANY = 200;

  private final Validator validator = ValidatorFactory.newBuilder().build();
  private final Validator first =
      ValidatorFactory.newBuilder()
          .withConfig(Config.newBuilder().setFailFast(true).build())
          .build();
  private final Map<Descriptor, FastRules> rules = new ConcurrentHashMap<>();

  /** Compiles the rules of all requests of a service; a faulty rule is found here. */
  public void compile(ServiceDescriptor service) {
    for (MethodDescriptor<?, ?> method : service.getMethods()) {
      var marshaller = (PrototypeMarshaller<?>) method.getRequestMarshaller();
      Message prototype = (Message) marshaller.getMessagePrototype();
      try {
        validator.validate(prototype);
        rulesOf(prototype);
      } catch (ValidationException e) {
        throw new IllegalStateException(
            "a rule for " + method.getFullMethodName() + " is faulty", e);
      }
    }
  }

  /**
   * Throws {@link InvalidRequest} with every broken rule; with one when a list is too long, or the
   * request has many items.
   */
  public void check(Message request) {
    if (rulesOf(request).isFine(request)) {
      return;
    }
    checkSize(request);
    boolean isLarge = Counts.check(request) > MANY;
    Times.check(request);
    ValidationResult result;
    try {
      result = (isLarge ? first : validator).validate(request);
    } catch (ValidationException e) {
      throw new IllegalStateException(
          "cannot check " + request.getDescriptorForType().getFullName(), e);
    }
    if (!result.isSuccess()) {
      BadRequest.Builder broken = BadRequest.newBuilder();
      for (Violation violation : result.getViolations()) {
        build.buf.validate.Violation found = violation.toProto();
        broken
            .addFieldViolationsBuilder()
            .setField(FieldPaths.of(request, found))
            .setReason(found.getRuleId())
            .setDescription(
                EnumWords.words(violation)
                    .or(() -> PatternWords.words(violation))
                    .orElseGet(found::getMessage));
      }
      throw new InvalidRequest(broken.build());
    }
  }

  /** Protovalidate takes a second for some megabytes, and others wait for that. */
  private static void checkSize(Message request) {
    int most = request.getDescriptorForType().getOptions().getExtension(RulesProto.mostBytes);
    if (most > 0 && request.getSerializedSize() > most) {
      throw InvalidRequest.of(
          "request",
          "must have at most %,d bytes, not %,d".formatted(most, request.getSerializedSize()));
    }
  }

  private FastRules rulesOf(Message request) {
    Descriptor type = request.getDescriptorForType();
    FastRules known = rules.get(type);
    return known != null
        ? known
        : rules.computeIfAbsent(type, t -> FastRules.of(request.getDefaultInstanceForType()));
  }
}
