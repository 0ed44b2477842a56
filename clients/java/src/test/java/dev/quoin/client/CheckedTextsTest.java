// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.MoreExecutors;
import dev.quoin.client.InvalidRequestException.FieldViolation;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Half a surrogate pair is nothing that can be sent: it would arrive as another character. */
class CheckedTextsTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String HALF = "\ud83d";
  private static final String OTHER_HALF = "\ude00";

  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());

  @AfterEach
  void close() {
    quoin.close();
  }

  private static void refused(String field, ThrowingCallable call) {
    assertThatThrownBy(call).satisfies(thrown -> assertRefusal(field, thrown));
  }

  private static void assertRefusal(String field, Throwable thrown) {
    QuoinException failure = QuoinException.from(thrown);
    assertThat(failure).isInstanceOf(InvalidRequestException.class);
    assertThat(((InvalidRequestException) failure).violations())
        .extracting(FieldViolation::field)
        .containsExactly(field);
  }

  @Test
  void aTextThatCannotBeSentIsRefusedWhereverItStands() {
    refused("name", () -> quoin.locks().tryAcquire(HALF, LONG));
    refused("name", () -> quoin.locks().get(r -> r.setName("a" + OTHER_HALF + HALF)));
    refused("names[1]", () -> quoin.locks().acquireAll(r -> r.addNames("a").addNames(HALF)));
    NewTask task = NewTask.newBuilder().setKind("k").setPayloadText("a" + HALF).build();
    refused("task.payload_text", () -> quoin.queues().enqueue(r -> r.setQueue("q").setTask(task)));
    refused(
        "new_tasks[1].payload_text",
        () ->
            quoin
                .queues()
                .enqueueBatch(
                    r ->
                        r.setQueue("q")
                            .addNewTasks(NewTask.newBuilder().setKind("k"))
                            .addNewTasks(task)));
    refused(
        "value.fields",
        () ->
            quoin
                .config()
                .set(
                    r ->
                        r.setType("t")
                            .setComponent("c")
                            .setValue(Structs.of(Map.of("a", List.of(HALF))))));
    refused(
        "fields", () -> quoin.logs().write(r -> r.setName("l").setText("t").putFields(HALF, "")));
    var stub = LocksGrpc.newBlockingStub(quoin.channel());
    refused("name", () -> stub.acquire(AcquireRequest.newBuilder().setName(HALF).build()));
  }

  @Test
  void streamsRefuseItToo() {
    try (Responses<HoldResponse> responses = quoin.locks().hold(r -> r.setName(HALF))) {
      refused("name", responses::hasNext);
    }
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    StreamObserver<WorkRequest> worker =
        QueuesGrpc.newStub(quoin.channel())
            .withExecutor(MoreExecutors.directExecutor())
            .work(
                new StreamObserver<>() {
                  @Override
                  public void onNext(WorkResponse response) {}

                  @Override
                  public void onError(Throwable failure) {
                    end.complete(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    worker.onNext(
        WorkRequest.newBuilder().setOpen(WorkRequest.Open.newBuilder().addQueues(HALF)).build());
    worker.onNext(WorkRequest.newBuilder().setCredits(1).build());
    worker.onCompleted();
    assertRefusal("open.queues[0]", Eventually.get(end));
  }

  @Test
  void aTextOfWholeCharactersIsSentAsItIs() {
    String name = HALF + OTHER_HALF + "\uffff\ufffd";
    assertThat(quoin.locks().tryAcquire(name, LONG)).isPresent();
    assertThat(quoin.locks().get(r -> r.setName(name)).getHeld()).isTrue();
  }

  @Test
  void whatIsCollectedHasNamesThatCanBeSent() {
    try (CounterRecorder recorder = quoin.counters().recorder()) {
      assertThatThrownBy(() -> recorder.increment(HALF))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("name");
    }
  }

  @Test
  void textsForPeopleAreSentThoughACharacterIsBroken() {
    assertThat(Texts.cut("a" + HALF + "b", 100)).isEqualTo("a?b");
    assertThat(Texts.cut("ab" + HALF + OTHER_HALF, 5)).isEqualTo("ab");
    assertThat(Texts.cut("ab" + HALF + OTHER_HALF, 6)).isEqualTo("ab" + HALF + OTHER_HALF);
    assertThat(Texts.cut("äöü", 3)).isEqualTo("ä");
  }
}
