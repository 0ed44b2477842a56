// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** What every RPC whose requests have an id promises; of streams it sends one request. */
public final class RequestIdKit<Q extends Message, B extends Message.Builder, R extends Message> {
  private final MethodDescriptor<Q, R> method;
  private final Function<String, B> request;
  private final Consumer<B> change;
  private final Function<String, ?> state;

  private RequestIdKit(
      MethodDescriptor<Q, R> method,
      Function<String, B> request,
      Consumer<B> change,
      Function<String, ?> state) {
    this.method = method;
    this.request = request;
    this.change = change;
    this.state = state;
  }

  /**
   * The tests of one RPC, for a test factory.
   *
   * @param request makes a request without an id about a thing of that name, which is new
   * @param change makes it another request about the same thing
   * @param state what has become of the thing; differs after the request
   */
  public static <Q extends Message, B extends Message.Builder, R extends Message>
      Stream<DynamicTest> tests(
          MethodDescriptor<Q, R> method,
          Function<String, B> request,
          Consumer<B> change,
          Function<String, ?> state) {
    var kit = new RequestIdKit<>(method, request, change, state);
    String name = method.getBareMethodName() + ": ";
    return Stream.of(
        dynamicTest(name + "request sent again is answered as before", kit::isCarriedOutOnce),
        dynamicTest(name + "id of another request is refused", kit::idOfAnotherIsRefused),
        dynamicTest(name + "id is known for ten minutes", kit::idIsKnownForTenMinutes));
  }

  private void isCarriedOutOnce() throws Exception {
    B asked = withId("once");
    Object before = state.apply("once");
    List<R> first = send(TestServer.first(), asked);
    Object after = state.apply("once");
    assertThat(after).isNotEqualTo(before);

    assertThat(send(TestServer.second(), asked)).isEqualTo(first);
    assertThat(state.apply("once")).isEqualTo(after);
  }

  private void idOfAnotherIsRefused() throws Exception {
    B asked = withId("other");
    send(TestServer.first(), asked);
    Object after = state.apply("other");
    change.accept(asked);

    Refused refused = Refused.by(() -> send(TestServer.second(), asked));

    assertThat(refused.reason()).isEqualTo("REQUEST_ID_REUSED");
    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(state.apply("other")).isEqualTo(after);
  }

  private void idIsKnownForTenMinutes() throws Exception {
    B asked = withId("later");
    send(TestServer.first(), asked);
    List<String> keys = TestRedis.commands().keys("*" + asked.getField(id(asked)) + "*");
    assertThat(keys)
        .isNotEmpty()
        .allSatisfy(
            key -> assertThat(TestRedis.commands().pttl(key)).isBetween(540_000L, 600_000L));

    // As if they had passed.
    keys.forEach(TestRedis.commands()::del);
    change.accept(asked);
    Throwable failure = catchThrowable(() -> send(TestServer.second(), asked));

    // It is a new request now, for which there may be other reasons to refuse it.
    if (failure != null) {
      assertThat(Refused.of(failure).reason()).isNotEqualTo("REQUEST_ID_REUSED");
    }
  }

  private B withId(String name) {
    B asked = request.apply(name);
    asked.setField(id(asked), UUID.randomUUID().toString());
    return asked;
  }

  private static FieldDescriptor id(Message.Builder request) {
    FieldDescriptor id = request.getDescriptorForType().findFieldByName("request_id");
    return id == null ? request.getDescriptorForType().findFieldByName("client_message_id") : id;
  }

  @SuppressWarnings("unchecked")
  private List<R> send(TestServer server, B asked) throws Exception {
    Answers<R> answers = new Answers<>();
    var call = server.channel().newCall(method, CallOptions.DEFAULT);
    if (method.getType().clientSendsOneMessage()) {
      ClientCalls.asyncUnaryCall(call, (Q) asked.build(), answers);
    } else {
      StreamObserver<Q> requests = ClientCalls.asyncBidiStreamingCall(call, answers);
      requests.onNext((Q) asked.build());
      requests.onCompleted();
    }
    return answers.all();
  }

  private static final class Answers<R> implements StreamObserver<R> {
    private final List<R> answers = new CopyOnWriteArrayList<>();
    private final CompletableFuture<List<R>> end = new CompletableFuture<>();

    List<R> all() throws Exception {
      try {
        return end.get(20, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw (Exception) e.getCause();
      }
    }

    @Override
    public void onNext(R answer) {
      answers.add(answer);
    }

    @Override
    public void onError(Throwable failure) {
      end.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      end.complete(answers);
    }
  }
}
