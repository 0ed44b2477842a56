// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.JoinRequest;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.logs.v1.ListCommonRequest;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.queues.v1.AckRequest;
import dev.quoin.queues.v1.EnqueueBatchRequest;
import dev.quoin.queues.v1.GetRequest;
import dev.quoin.queues.v1.ListRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.PurgeRequest;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.search.v1.Clause;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersGetRequest;
import dev.quoin.social.v1.UsersGrpc;
import io.grpc.Status.Code;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What callers can read in a refusal, of whatever service. */
@Tag("redis")
final class RefusalsTest {
  private static final QueuesGrpc.QueuesBlockingStub QUEUES =
      QueuesGrpc.newBlockingStub(TestServer.first().channel());

  @Test
  void refusalOfALockNamesTheLock() {
    Refused refused =
        Refused.by(
            () ->
                TestServer.first()
                    .locks()
                    .release(
                        ReleaseRequest.newBuilder()
                            .setName("orders/42")
                            .setToken("nobody's")
                            .build()));

    assertThat(refused.reason()).isEqualTo("LOCK_NOT_HELD");
    assertThat(refused.status().getMessage()).endsWith(" (lock \"orders/42\")");
    assertThat(metadata(refused)).containsEntry("name", "orders/42").doesNotContainKey("token");
  }

  @Test
  void refusalOfATaskNamesQueueAndTask() {
    Refused refused =
        Refused.by(
            () -> QUEUES.get(GetRequest.newBuilder().setQueue("mail").setTaskId("1-1").build()));

    assertThat(refused.reason()).isEqualTo("TASK_NOT_FOUND");
    assertThat(refused.status().getMessage()).endsWith(" (queue \"mail\", task \"1-1\")");
    assertThat(metadata(refused)).containsEntry("queue", "mail").containsEntry("task_id", "1-1");
  }

  @Test
  void refusalsOfSemaphoresAndChatsNameThem() {
    Refused semaphore =
        Refused.by(
            () ->
                SemaphoresGrpc.newBlockingStub(TestServer.first().channel())
                    .renew(
                        dev.quoin.semaphores.v1.RenewRequest.newBuilder()
                            .setName("gpu")
                            .setToken("nobody's")
                            .setLease(Duration.newBuilder().setSeconds(9))
                            .build()));
    Refused chat =
        Refused.by(
            () ->
                ChatGrpc.newBlockingStub(TestServer.first().channel())
                    .join(JoinRequest.newBuilder().setChatId("no-such").setUser("ann").build()));

    assertThat(semaphore.status().getMessage()).endsWith(" (semaphore \"gpu\")");
    assertThat(chat.status().getMessage()).endsWith(" (chat \"no-such\", user \"ann\")");
    assertThat(metadata(chat)).containsEntry("chat_id", "no-such").containsEntry("user", "ann");
  }

  @Test
  void hundredBadItemsAreAnAnswerThatAClientCanRead() {
    AckRequest.Builder request = AckRequest.newBuilder();
    IntStream.range(0, 100).forEach(i -> request.addDoneBuilder());

    Refused refused = Refused.by(() -> QUEUES.ack(request.build()));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).isNotEmpty().hasSizeLessThanOrEqualTo(10);
    assertThat(refused.status().getMessage()).matches("done\\[0].*; and \\d+ more");
  }

  @Test
  void aChoiceIsNamedByItsFields() {
    UsersGrpc.UsersBlockingStub users = UsersGrpc.newBlockingStub(TestServer.first().channel());
    Refused none = Refused.by(() -> users.get(UsersGetRequest.getDefaultInstance()));
    assertThat(none.fields()).containsExactly("user_id or login");

    var semaphores = SemaphoresGrpc.newBlockingStub(TestServer.first().channel());
    Refused neither =
        Refused.by(
            () ->
                semaphores.release(
                    dev.quoin.semaphores.v1.ReleaseRequest.newBuilder().setName("s").build()));
    assertThat(neither.fields()).containsExactly("token or acquire_request_id");

    SearchGrpc.SearchBlockingStub search = SearchGrpc.newBlockingStub(TestServer.first().channel());
    Refused nested =
        Refused.by(
            () ->
                search.query(
                    QueryRequest.newBuilder()
                        .setIndex("i")
                        .addClauses(
                            Clause.newBuilder()
                                .setAll(
                                    Clause.Clauses.newBuilder()
                                        .addClauses(Clause.getDefaultInstance())))
                        .build()));
    assertThat(nested.fields())
        .singleElement()
        .asString()
        .startsWith("clauses[0].all.clauses[0].words or prefixed or ");
  }

  @Test
  void enumsAreToldByWord() {
    Refused refused =
        Refused.by(
            () ->
                QUEUES.list(
                    ListRequest.newBuilder()
                        .setQueue("mail")
                        .setState(TaskState.TASK_STATE_UNSPECIFIED)
                        .build()));

    assertThat(refused.fields()).containsExactly("state");
    assertThat(description(refused))
        .startsWith("must be one of TASK_STATE_")
        .contains("TASK_STATE_DEAD")
        .doesNotContain("UNSPECIFIED", "[");
    Refused unknown =
        Refused.by(
            () ->
                LogsGrpc.newBlockingStub(TestServer.first().channel())
                    .listCommon(
                        ListCommonRequest.newBuilder().setName("x").setSeverityValue(77).build()));
    assertThat(description(unknown)).startsWith("must be one of SEVERITY_").doesNotContain("77");
  }

  @Test
  void aWrongNumberOfEnumsIsToldByNumber() {
    Refused none =
        Refused.by(() -> QUEUES.purge(PurgeRequest.newBuilder().setQueue("mail").build()));
    assertThat(none.fields()).containsExactly("states");
    assertThat(description(none)).contains("at least 1 item").doesNotContain("TASK_STATE_");
    PurgeRequest.Builder five = PurgeRequest.newBuilder().setQueue("mail");
    IntStream.range(0, 5).forEach(i -> five.addStates(TaskState.TASK_STATE_DEAD));
    Refused many = Refused.by(() -> QUEUES.purge(five.build()));
    assertThat(many.fields()).containsExactly("states");
    assertThat(description(many)).contains("no more than 4 item").doesNotContain("TASK_STATE_");
    Refused other =
        Refused.by(
            () ->
                QUEUES.purge(
                    PurgeRequest.newBuilder()
                        .setQueue("mail")
                        .addStates(TaskState.TASK_STATE_DEAD)
                        .addStates(TaskState.TASK_STATE_UNSPECIFIED)
                        .build()));
    assertThat(other.fields()).containsExactly("states[1]");
    assertThat(description(other)).isEqualTo("must be READY, DELAYED, DONE or DEAD");
  }

  @Test
  void malformedTimesInListsAreToldWithTheirIndex() {
    NewTask fine = NewTask.newBuilder().setKind("k").build();
    NewTask late =
        fine.toBuilder().setRunTime(Timestamp.newBuilder().setSeconds(253_402_300_800L)).build();
    Refused refused =
        Refused.by(
            () ->
                QUEUES.enqueueBatch(
                    EnqueueBatchRequest.newBuilder()
                        .setQueue("mail")
                        .addNewTasks(fine)
                        .addNewTasks(late)
                        .build()));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsExactly("new_tasks[1].run_time");
  }

  @Test
  void timesBeyondTheYear9999AreRefused() {
    Refused refused =
        Refused.by(
            () ->
                CountersGrpc.newBlockingStub(TestServer.first().channel())
                    .get(
                        dev.quoin.counters.v1.GetRequest.newBuilder()
                            .setName("c")
                            .setPrecision(Duration.newBuilder().setSeconds(1))
                            .setFrom(Timestamp.newBuilder().setSeconds(253_402_300_800L))
                            .build()));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsExactly("from");
  }

  @Test
  void charactersThatAreAllowedAreSaidInWords() {
    Refused refused =
        Refused.by(
            () ->
                UsersGrpc.newBlockingStub(TestServer.first().channel())
                    .create(
                        UsersCreateRequest.newBuilder().setLogin("a b").setName("Ann").build()));

    assertThat(refused.fields()).containsExactly("login");
    assertThat(description(refused)).isEqualTo("must be 1 to 64 letters, digits, '_', '-' and '.'");
  }

  @Test
  void longNamesAreCutInTheTextOnly() {
    String name = "n".repeat(512);
    Refused refused =
        Refused.by(
            () ->
                TestServer.first()
                    .locks()
                    .renew(
                        RenewRequest.newBuilder()
                            .setName(name)
                            .setToken("t")
                            .setLease(Duration.newBuilder().setSeconds(9))
                            .build()));

    assertThat(refused.status().getMessage()).contains("nnn…\"").hasSizeLessThan(200);
    assertThat(metadata(refused)).containsEntry("name", name);
  }

  private static Map<String, String> metadata(Refused refused) {
    return refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap();
  }

  private static String description(Refused refused) {
    return refused.detail(BadRequest.class).orElseThrow().getFieldViolations(0).getDescription();
  }
}
