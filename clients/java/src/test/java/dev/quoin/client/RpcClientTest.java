// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.server.Services;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is generated: one client for each service, with the RPCs as they are. */
class RpcClientTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final Duration LONG = Duration.ofMinutes(10);

  private final String namespace = SharedServer.freshNamespace();
  private final Quoin quoin = SERVER.client(namespace);

  @AfterEach
  void close() {
    quoin.close();
  }

  @Test
  void everyServiceHasItsClientAndEveryRpcWithOneRequestItsMethod() throws Exception {
    for (Services.Entry entry : Services.ALL) {
      ServiceDescriptor service = entry.contract();
      String name = service.getName().substring(service.getName().lastIndexOf('.') + 1);
      Object client = Quoin.class.getMethod(lower(name)).invoke(quoin);
      List<String> methods =
          Arrays.stream(client.getClass().getMethods()).map(Method::getName).toList();
      for (MethodDescriptor<?, ?> rpc : service.getMethods()) {
        if (rpc.getType().clientSendsOneMessage()) {
          assertThat(methods).as(service.getName()).contains(lower(rpc.getBareMethodName()));
        }
      }
    }
  }

  @Test
  void requestsAreFilledInWhereTheyAreSent() {
    AcquireResponse granted = quoin.locks().acquire(r -> r.setName("report").setLabel("me"));

    assertThat(granted.getAcquired()).isTrue();
    assertThat(Eventually.get(quoin.locks().getAsync(r -> r.setName("report"))).getLabel())
        .isEqualTo("me");
  }

  @Test
  void refusalsAreTyped() {
    assertThatThrownBy(() -> quoin.locks().get(r -> r.setName("")))
        .isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> quoin.semaphores().get(r -> r.setName("none")))
        .extracting(thrown -> ((QuoinException) thrown).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_SEMAPHORE_NOT_FOUND);
    try (Responses<HoldResponse> responses = quoin.locks().hold(r -> r.setName(""))) {
      assertThatThrownBy(responses::hasNext).isInstanceOf(InvalidRequestException.class);
    }
  }

  @Test
  void responsesAreReadUntilTheCallIsClosed() {
    try (Responses<HoldResponse> responses = quoin.locks().hold(r -> r.setName("report"))) {
      assertThat(responses.next().hasGranted()).isTrue();
      assertThat(quoin.locks().get(r -> r.setName("report")).getHeld()).isTrue();
    }
    Eventually.until("it is free", () -> !quoin.locks().get(r -> r.setName("report")).getHeld());
  }

  @Test
  void anotherDeadlineIsThatOfTheCall() {
    quoin.locks().tryAcquire("report", LONG).orElseThrow();

    // Too short for the server to answer in time that it was in vain.
    assertThatThrownBy(
            () ->
                quoin
                    .locks()
                    .withDeadline(Duration.ofMillis(1))
                    .acquire(r -> r.setName("report").setWait(Times.duration(LONG))))
        .isInstanceOfSatisfying(
            QuoinException.class,
            e -> assertThat(e.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
  }

  @Test
  void callsBeyondWhatAConnectionMayHaveGetAnotherOne() {
    try (TestServer server = new TestServer(Map.of("max-calls-per-connection", "5"));
        Quoin small = Quoin.builder().address(server.address()).callsPerConnection(5).build()) {
      List<CompletableFuture<LeaseHandle>> held = new ArrayList<>();
      for (int i = 0; i < 23; i++) {
        held.add(small.locks().holdAsync("lock " + i, LockOptions.lease(LONG)));
      }

      held.forEach(lock -> assertThat(Eventually.get(lock).isHeld()).isTrue());
      assertThat(small.locks().get(r -> r.setName("lock 22")).getHeld()).isTrue();
    }
  }

  private static String lower(String name) {
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }
}
