// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import dev.quoin.server.Services;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.rules.Validation;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Of the requests to every RPC some keep the rules and, where there are any, some break them. */
final class RequestGeneratorTest {
  private static final int REQUESTS = 150;
  private static final Validation RULES = new Validation();

  static Stream<MethodDescriptor<?, ?>> methods() {
    return Services.ALL.stream().flatMap(service -> service.contract().getMethods().stream());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void requestsKeepAndBreakTheRules(MethodDescriptor<?, ?> method) {
    Random random = new Random(1);
    RequestGenerator generator = new RequestGenerator(random, new Harvest(random));
    var marshaller = (PrototypeMarshaller<?>) method.getRequestMarshaller();
    Message prototype = (Message) marshaller.getMessagePrototype();
    int good = 0;
    for (int i = 0; i < REQUESTS; i++) {
      good += isGood(generator.next(prototype)) ? 1 : 0;
    }

    assertThat(good).isPositive();
    if (!prototype.getDescriptorForType().getFields().isEmpty()) {
      assertThat(good).isLessThan(REQUESTS);
    }
  }

  private static boolean isGood(Message request) {
    try {
      RULES.check(request);
      return true;
    } catch (InvalidRequest e) {
      return false;
    }
  }
}
