// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static dev.quoin.server.queues.Queue.failed;
import static dev.quoin.server.queues.Queue.seconds;
import static dev.quoin.server.queues.Queue.task;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.LeaseResponse;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.ReleaseRequest;
import dev.quoin.queues.v1.ReleaseResponse;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A Lease whose caller went away without its outcome. Leases are a minute long, so that none ends
 * by itself.
 */
@Tag("redis")
final class GivenUpLeaseTest {
  private final Queue queue = Queue.fresh();
  private final Queue other = Queue.fresh();

  private List<String> addThree() {
    return queue.addAll(IntStream.range(0, 3).mapToObj(i -> task("" + i)));
  }

  private List<LeasedTask> lease(LeaseRequest.Builder request) {
    return queue.stub().lease(request.build()).getTasksList();
  }

  private static ReleaseResponse release(Queue... queues) {
    ReleaseRequest.Builder request = ReleaseRequest.newBuilder().setLeaseRequestId("r-1");
    for (Queue one : queues) {
      request.addQueues(one.name());
    }
    return queues[0].elsewhere().stub().release(request.build());
  }

  private void assertAreAsBefore(List<String> ids) {
    List<LeasedTask> tasks = queue.lease(10);
    assertThat(tasks).extracting(LeasedTask::getTaskId).containsExactlyElementsOf(ids);
    assertThat(tasks).extracting(LeasedTask::getAttempt).containsOnly(1);
  }

  @Test
  void whatTheRequestLeasedGoesBackToItsPlaceWithoutAnAttempt() {
    List<String> ids = addThree();
    LeasedTask lost = lease(queue.request(2).setRequestId("r-1")).get(0);

    assertThat(release(queue).getReleasedCount()).isEqualTo(2);

    ReleaseResponse repeated = release(queue);
    assertThat(repeated.hasReleasedCount()).isTrue();
    assertThat(repeated.getReleasedCount()).isZero();
    assertThat(queue.ack(lost).getOk()).isFalse();
    assertAreAsBefore(ids);
  }

  @Test
  void whoWaitsGetsWhatIsGivenBack() throws Exception {
    queue.add("work");
    lease(queue.request(1).setRequestId("r-1"));
    ListenableFuture<LeaseResponse> next =
        future(TestServer.second(), queue.request(1).setWait(seconds(60)));
    awaitWaiter();

    release(queue);

    List<LeasedTask> tasks = next.get(10, TimeUnit.SECONDS).getTasksList();
    assertThat(tasks).extracting(LeasedTask::getAttempt).containsExactly(1);
  }

  @Test
  void requestThatArrivesLaterLeasesNothing() {
    List<String> ids = addThree();
    ReleaseResponse unknown = release(queue);
    assertThat(unknown.hasReleasedCount()).isTrue();
    assertThat(unknown.getReleasedCount()).isZero();

    LeaseRequest.Builder late = queue.request(2).setRequestId("r-1");
    Refused refused = Refused.by(() -> lease(late));
    assertThat(refused.reason()).isEqualTo("TASK_NOT_LEASED");
    assertThat(refused.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(Refused.by(() -> lease(late.setWait(seconds(60)))).reason())
        .isEqualTo("TASK_NOT_LEASED");

    assertThat(queue.stats().getReadyCount()).isEqualTo(3);
    assertThat(TestRedis.commands().pttl(queue.key("lease:r-1"))).isBetween(590_000L, 600_000L);
    assertAreAsBefore(ids);
  }

  @Test
  void requestThatStillWaitsLeasesNothingAndTheTaskGoesToTheNextOne() throws Exception {
    ListenableFuture<LeaseResponse> waiting =
        future(TestServer.first(), queue.request(1).setRequestId("r-1").setWait(seconds(60)));
    awaitWaiter();

    assertThat(release(queue).getReleasedCount()).isZero();
    ListenableFuture<LeaseResponse> next =
        future(TestServer.first(), queue.request(1).setWait(seconds(60)));
    String id = queue.add("work");

    // Sooner than those who wait look by themselves.
    assertThat(next.get(4, TimeUnit.SECONDS).getTasksList())
        .extracting(LeasedTask::getTaskId)
        .containsExactly(id);
    queue.add("more");
    assertThat(refusal(waiting).reason()).isEqualTo("TASK_NOT_LEASED");
    assertThat(queue.stats().getReadyCount()).isEqualTo(1);
  }

  @Test
  void hundredRequestsGivenUpWhileTheyAreCarriedOutLeaseNothing() {
    List<String> ids = addThree();
    for (int i = 0; i < 100; i++) {
      LeaseRequest.Builder request = queue.request(3).setRequestId("r-" + i);
      if (i % 2 == 0) {
        request.setWait(seconds(60));
      }
      ListenableFuture<LeaseResponse> leasing = future(TestServer.first(), request);
      if (i % 3 == 0) {
        leasing.cancel(true);
      }
      queue
          .elsewhere()
          .stub()
          .release(
              ReleaseRequest.newBuilder()
                  .addQueues(queue.name())
                  .setLeaseRequestId("r-" + i)
                  .build());
    }
    Eventually.until("all are back", () -> queue.stats().getReadyCount() == 3);
    assertAreAsBefore(ids);
  }

  @Test
  void severalQueuesAreGivenBackTogether() {
    List<String> ids = addThree();
    other.add("other");
    LeaseRequest.Builder request = queue.request(10).addQueues(other.name()).setRequestId("r-1");
    assertThat(lease(request)).hasSize(4);

    assertThat(release(queue, other).getReleasedCount()).isEqualTo(4);

    assertAreAsBefore(ids);
    assertThat(other.leaseOne().getAttempt()).isEqualTo(1);
    assertThat(Refused.by(() -> lease(request)).reason()).isEqualTo("TASK_NOT_LEASED");
  }

  @Test
  void whatBelongsToOthersIsLeftAlone() {
    String mine = queue.add("mine");
    lease(queue.request(1).setRequestId("r-1"));
    queue.add("anonymous");
    LeasedTask anonymous = queue.leaseOne();
    queue.add("another's");
    LeasedTask another = lease(queue.request(1).setRequestId("r-2")).get(0);
    Metadata elsewhere = new Metadata();
    elsewhere.put(Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER), "other");
    Queue ofOther =
        new Queue(
            queue.name(),
            QueuesGrpc.newBlockingStub(TestServer.first().channel())
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(elsewhere)));
    ReleaseRequest request =
        ReleaseRequest.newBuilder().addQueues(queue.name()).setLeaseRequestId("r-1").build();

    assertThat(ofOther.stub().release(request).getReleasedCount()).isZero();
    assertThat(queue.stats().getLeasedCount()).isEqualTo(3);
    assertThat(release(queue).getReleasedCount()).isEqualTo(1);

    assertThat(queue.get(mine).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    assertThat(queue.ack(anonymous).getOk()).isTrue();
    assertThat(queue.ack(another).getOk()).isTrue();
  }

  @Test
  void whatHasEndedOrIsLeasedAnewIsLeftAlone() {
    addThree();
    List<LeasedTask> tasks = lease(queue.request(3).setRequestId("r-1"));
    queue.ack(tasks.get(0));
    queue.nack(failed(tasks.get(1), "busy").setRetryAfter(seconds(600)));
    queue.expire(tasks.get(2).getTaskId());
    LeasedTask again = queue.leaseOne();
    assertThat(again.getAttempt()).isEqualTo(2);

    assertThat(release(queue).getReleasedCount()).isZero();

    assertThat(queue.get(tasks.get(0).getTaskId()).getState()).isEqualTo(TaskState.TASK_STATE_DONE);
    assertThat(queue.get(tasks.get(1).getTaskId()).getState())
        .isEqualTo(TaskState.TASK_STATE_DELAYED);
    assertThat(queue.ack(again).getOk()).isTrue();
  }

  @Test
  void whatAWorkCallHasTakenOverStaysWithIt() {
    queue.add("work");
    LeasedTask task = lease(queue.request(1).setRequestId("r-1")).get(0);
    Working.open(
        queue.stub().getChannel(),
        Working.at(queue, 0).addHeldTasks(Queue.progress(task, "")).setLease(seconds(60)));

    assertThat(release(queue).getReleasedCount()).isZero();

    assertThat(queue.ack(task).getOk()).isTrue();
    Working.cancelAll();
  }

  @Test
  void repeatedRequestGetsWhatIsStillLeasedForIt() {
    addThree();
    LeaseRequest.Builder request = queue.request(2).setRequestId("r-1");
    List<LeasedTask> first = lease(request);
    assertThat(queue.elsewhere().stub().lease(request.build()).getTasksList()).isEqualTo(first);

    queue.ack(first.get(0));
    assertThat(lease(request)).containsExactly(first.get(1));

    queue.ack(first.get(1));
    assertThat(lease(request)).extracting(Queue::payload).containsExactly("2");
    assertThat(release(queue).getReleasedCount()).isEqualTo(1);
  }

  @Test
  void whatWasAnsweredTwiceIsGivenBackByReleaseAndNotByACancelledCall() {
    queue.add("work");
    LeaseRequest.Builder request = queue.request(1).setRequestId("r-1");
    List<LeasedTask> first = lease(request);
    for (int i = 0; i < 20; i++) {
      future(TestServer.second(), request).cancel(true);
    }
    assertThat(queue.elsewhere().stub().lease(request.build()).getTasksList()).isEqualTo(first);
    assertThat(queue.extend(first.get(0), "halfway").getOk()).isTrue();

    assertThat(release(queue).getReleasedCount()).isEqualTo(1);
    assertThat(queue.leaseOne().getAttempt()).isEqualTo(1);
  }

  @Test
  void longPayloadsAndLimitsComeAgain() {
    String payload = "x".repeat(100_000);
    queue.add(task(payload).setTimeout(seconds(30)).setFairnessKey("ann"));
    LeaseRequest.Builder request = queue.request(1).setRequestId("r-1");
    List<LeasedTask> first = lease(request);
    assertThat(first.get(0).hasTimeoutTime()).isTrue();
    assertThat(lease(request)).isEqualTo(first).extracting(Queue::payload).containsOnly(payload);
  }

  @Test
  void whatIsRememberedEndsWithTheLease() {
    queue.add("work");
    lease(queue.request(1).setRequestId("r-1"));
    assertThat(TestRedis.commands().pttl(queue.key("lease:r-1"))).isBetween(50_000L, 60_000L);
    queue.add("work");
    lease(queue.request(1).setRequestId("r-2").setLease(seconds(86_400)));
    assertThat(TestRedis.commands().pttl(queue.key("lease:r-2"))).isBetween(590_000L, 600_000L);
    lease(queue.request(1).setRequestId("r-3"));
    assertThat(TestRedis.commands().exists(queue.key("lease:r-3"))).isZero();
  }

  @Test
  void queuesAndRequestAreNamed() {
    ReleaseRequest.Builder request = ReleaseRequest.newBuilder();
    assertThat(refusedFields(request)).containsExactlyInAnyOrder("queues", "lease_request_id");
    request.addQueues("a").addQueues("a").setLeaseRequestId("two words");
    assertThat(refusedFields(request)).containsExactlyInAnyOrder("queues", "lease_request_id");
  }

  private List<String> refusedFields(ReleaseRequest.Builder request) {
    return Refused.by(() -> queue.stub().release(request.build())).fields();
  }

  private void awaitWaiter() {
    Eventually.until("it waits", () -> TestRedis.commands().exists(queue.key("waiters")) == 1);
  }

  private static ListenableFuture<LeaseResponse> future(
      TestServer server, LeaseRequest.Builder request) {
    return QueuesGrpc.newFutureStub(server.channel()).lease(request.build());
  }

  private static Refused refusal(ListenableFuture<?> call) {
    return Refused.by(
        () -> {
          try {
            call.get(20, TimeUnit.SECONDS);
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }
}
