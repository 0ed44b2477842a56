// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.AckRequest;
import dev.quoin.queues.v1.AckResponse;
import dev.quoin.queues.v1.CancelRequest;
import dev.quoin.queues.v1.CancelResponse;
import dev.quoin.queues.v1.ConfigureRequest;
import dev.quoin.queues.v1.ConfigureResponse;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.EnqueueBatchRequest;
import dev.quoin.queues.v1.EnqueueBatchResponse;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.EnqueueResponse;
import dev.quoin.queues.v1.ExtendRequest;
import dev.quoin.queues.v1.ExtendResponse;
import dev.quoin.queues.v1.Failed;
import dev.quoin.queues.v1.GetRequest;
import dev.quoin.queues.v1.GetResponse;
import dev.quoin.queues.v1.GetStatsRequest;
import dev.quoin.queues.v1.GetStatsResponse;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.LeaseResponse;
import dev.quoin.queues.v1.ListDeadRequest;
import dev.quoin.queues.v1.ListDeadResponse;
import dev.quoin.queues.v1.ListQueuesRequest;
import dev.quoin.queues.v1.ListQueuesResponse;
import dev.quoin.queues.v1.ListRequest;
import dev.quoin.queues.v1.ListResponse;
import dev.quoin.queues.v1.NackRequest;
import dev.quoin.queues.v1.NackResponse;
import dev.quoin.queues.v1.PauseRequest;
import dev.quoin.queues.v1.PauseResponse;
import dev.quoin.queues.v1.Progress;
import dev.quoin.queues.v1.PurgeRequest;
import dev.quoin.queues.v1.PurgeResponse;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.RedriveRequest;
import dev.quoin.queues.v1.RedriveResponse;
import dev.quoin.queues.v1.ReleaseRequest;
import dev.quoin.queues.v1.ReleaseResponse;
import dev.quoin.queues.v1.RescheduleRequest;
import dev.quoin.queues.v1.RescheduleResponse;
import dev.quoin.queues.v1.ResumeRequest;
import dev.quoin.queues.v1.ResumeResponse;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.queues.v1.WaitRequest;
import dev.quoin.queues.v1.WaitResponse;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.watch.WatchSettings;
import dev.quoin.server.watch.Watches;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.queues.v1.Queues}. */
public final class QueuesService implements BindableService {
  private static final long DEFAULT_LEASE_MILLIS = 30_000;
  private static final int PAGE = 50;
  private static final int NAMES = 100;
  private static final int SAID_AHEAD = 256;
  private static final Set<TaskState> PURGED =
      Set.of(
          TaskState.TASK_STATE_READY,
          TaskState.TASK_STATE_DELAYED,
          TaskState.TASK_STATE_DONE,
          TaskState.TASK_STATE_DEAD);

  private final Kernel kernel;
  private final QueueStore queues;
  private final EnqueueBatcher joined;
  private final SettleStore settles;
  private final TaskStore tasks;
  private final QueueAdmin admin;
  private final DeadLetters deadLetters;
  private final QueueWatches watches;
  private final Watches<TaskStatus> watchedTasks;

  public QueuesService(Kernel kernel) {
    this.kernel = kernel;
    this.queues =
        new QueueStore(kernel.scripts(), kernel.keyspace("queues"), kernel.queues().server());
    this.joined = new EnqueueBatcher(queues);
    this.settles = new SettleStore(queues);
    this.tasks = new TaskStore(queues);
    this.admin = new QueueAdmin(queues);
    this.deadLetters = new DeadLetters(tasks, admin);
    this.watches = new QueueWatches(queues);
    new QueueGauges(kernel, queues);
    this.watchedTasks =
        new Watches<>(kernel.scripts().redis().pubSub(), kernel.timer(), WatchSettings.USUAL);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(QueuesGrpc.getServiceDescriptor())
        .unary(QueuesGrpc.getEnqueueMethod(), this::enqueue)
        .unary(QueuesGrpc.getEnqueueBatchMethod(), this::enqueueBatch)
        .unary(QueuesGrpc.getLeaseMethod(), this::lease)
        .unary(QueuesGrpc.getReleaseMethod(), this::release)
        .unary(QueuesGrpc.getAckMethod(), this::ack)
        .unary(QueuesGrpc.getNackMethod(), this::nack)
        .unary(QueuesGrpc.getExtendMethod(), this::extend)
        .receiving(QueuesGrpc.getWorkMethod(), SAID_AHEAD, this::work)
        .unary(QueuesGrpc.getGetMethod(), this::get)
        .streaming(QueuesGrpc.getWaitMethod(), this::follow)
        .unary(QueuesGrpc.getCancelMethod(), this::cancel)
        .unary(QueuesGrpc.getRescheduleMethod(), this::reschedule)
        .unary(QueuesGrpc.getGetStatsMethod(), this::stats)
        .unary(QueuesGrpc.getListMethod(), this::list)
        .unary(QueuesGrpc.getListDeadMethod(), this::listDead)
        .unary(QueuesGrpc.getRedriveMethod(), this::redrive)
        .unary(QueuesGrpc.getPurgeMethod(), this::purge)
        .unary(QueuesGrpc.getPauseMethod(), this::pause)
        .unary(QueuesGrpc.getResumeMethod(), this::resume)
        .unary(QueuesGrpc.getConfigureMethod(), this::configure)
        .unary(QueuesGrpc.getListQueuesMethod(), this::listQueues)
        .build();
  }

  private CompletionStage<EnqueueResponse> enqueue(EnqueueRequest request, Call call) {
    return joined.enqueue(call, EnqueueCommand.of(request));
  }

  private CompletionStage<EnqueueBatchResponse> enqueueBatch(
      EnqueueBatchRequest request, Call call) {
    return queues
        .enqueue(call.scope(), EnqueueCommand.of(request))
        .thenApply(added -> EnqueueBatchResponse.newBuilder().addAllResults(added).build());
  }

  private CompletionStage<LeaseResponse> lease(LeaseRequest request, Call call) {
    Order order =
        Order.of("", request.getQueuesList(), request.getPreference(), request.getWeightsList());
    long lease = Defaults.millis(request.hasLease(), request.getLease(), DEFAULT_LEASE_MILLIS);
    long wait = Durations.toMillis(request.getWait());
    Terms terms = new Terms(lease, Once.of(request.getRequestId(), request));
    LeaseCall leasing =
        new LeaseCall(
            queues, watches, call, order, Defaults.orElse(request.getMaxItems(), 1), terms);
    return (wait == 0 ? leasing.atOnce() : leasing.within(wait)).thenApply(QueuesService::leased);
  }

  private static LeaseResponse leased(List<Lease> leases) {
    LeaseResponse.Builder response = LeaseResponse.newBuilder();
    leases.forEach(lease -> response.addTasks(lease.task()));
    return response.build();
  }

  private CompletionStage<ReleaseResponse> release(ReleaseRequest request, Call call) {
    String id = request.getLeaseRequestId();
    return PerQueue.run(
            request.getQueuesList(),
            queue -> queue,
            one -> queues.release(call.scope(), one.get(0), id).thenApply(List::of))
        .thenApply(QueuesService::released);
  }

  private static ReleaseResponse released(List<Integer> perQueue) {
    int all = perQueue.stream().mapToInt(Integer::intValue).sum();
    return ReleaseResponse.newBuilder().setReleasedCount(all).build();
  }

  private CompletionStage<AckResponse> ack(AckRequest request, Call call) {
    return PerQueue.run(
            request.getDoneList(), Done::getQueue, some -> settles.ack(call.scope(), some))
        .thenApply(outcomes -> AckResponse.newBuilder().addAllOutcomes(outcomes).build());
  }

  private CompletionStage<NackResponse> nack(NackRequest request, Call call) {
    return PerQueue.run(
            request.getFailedList(), Failed::getQueue, some -> settles.nack(call.scope(), some))
        .thenApply(outcomes -> NackResponse.newBuilder().addAllOutcomes(outcomes).build());
  }

  private CompletionStage<ExtendResponse> extend(ExtendRequest request, Call call) {
    long lease = Defaults.millis(request.hasLease(), request.getLease(), DEFAULT_LEASE_MILLIS);
    return PerQueue.run(
            request.getProgressList(),
            Progress::getQueue,
            some -> settles.extend(call.scope(), some, lease, ""))
        .thenApply(outcomes -> ExtendResponse.newBuilder().addAllOutcomes(outcomes).build());
  }

  private RequestStreamHandler<WorkRequest> work(
      Call call, ResponseStream<WorkResponse> responses) {
    return new WorkCall(queues, settles, watches, call, responses);
  }

  private CompletionStage<GetResponse> get(GetRequest request, Call call) {
    return tasks
        .get(call.scope(), request.getQueue(), request.getTaskId(), 0, true)
        .thenApply(task -> GetResponse.newBuilder().setStatus(task).build());
  }

  private void follow(WaitRequest request, Call call, ResponseStream<WaitResponse> responses) {
    WatchedTask task =
        new WatchedTask(tasks, call.scope().detached(), request.getQueue(), request.getTaskId());
    watchedTasks.open(task, new TaskReader(), call, responses);
  }

  private CompletionStage<CancelResponse> cancel(CancelRequest request, Call call) {
    return tasks
        .cancel(call.scope(), request.getQueue(), request.getTaskId())
        .thenApply(state -> CancelResponse.newBuilder().setState(state).build());
  }

  private CompletionStage<RescheduleResponse> reschedule(RescheduleRequest request, Call call) {
    String start =
        Start.of(
            "", request.hasDelay(), request.getDelay(), request.hasRunTime(), request.getRunTime());
    return tasks
        .reschedule(
            call.scope(), request.getQueue(), request.getTaskId(), start.isEmpty() ? "+0" : start)
        .thenApply(
            time ->
                RescheduleResponse.newBuilder().setRunTime(Timestamps.fromMillis(time)).build());
  }

  private CompletionStage<GetStatsResponse> stats(GetStatsRequest request, Call call) {
    return admin.stats(call.scope(), request.getQueue());
  }

  private CompletionStage<ListResponse> list(ListRequest request, Call call) {
    Paging paging =
        Paging.of(
            call.scope(),
            request.getPageSize(),
            PAGE,
            request.getPageToken(),
            request.getQueue(),
            request.getStateValue());
    return tasks
        .list(
            call.scope(), request.getQueue(), request.getState(), paging.position(), paging.size())
        .thenApply(
            page -> {
              ListResponse.Builder response = ListResponse.newBuilder();
              List<TaskStore.Listed> listed = page.listed();
              listed.forEach(one -> one.task().ifPresent(response::addStatuses));
              if (page.more()) {
                String last = listed.get(listed.size() - 1).position();
                response.setNextPageToken(paging.token(last));
              }
              return response.build();
            });
  }

  private CompletionStage<ListDeadResponse> listDead(ListDeadRequest request, Call call) {
    return deadLetters.list(call.scope(), request, PAGE);
  }

  private CompletionStage<RedriveResponse> redrive(RedriveRequest request, Call call) {
    return deadLetters.redrive(call.scope(), request);
  }

  private CompletionStage<PurgeResponse> purge(PurgeRequest request, Call call) {
    for (int i = 0; i < request.getStatesCount(); i++) {
      if (!PURGED.contains(request.getStates(i))) {
        throw InvalidRequest.of("states[" + i + "]", "must be READY, DELAYED, DONE or DEAD");
      }
    }
    return admin.purge(call.scope(), request.getQueue(), request.getStatesList());
  }

  private CompletionStage<PauseResponse> pause(PauseRequest request, Call call) {
    return admin
        .pause(call.scope(), request.getQueue())
        .thenApply(isNew -> PauseResponse.newBuilder().setNewQueue(isNew).build());
  }

  private CompletionStage<ResumeResponse> resume(ResumeRequest request, Call call) {
    return admin
        .resume(call.scope(), request.getQueue())
        .thenApply(was -> ResumeResponse.newBuilder().setWasPaused(was).build());
  }

  private CompletionStage<ConfigureResponse> configure(ConfigureRequest request, Call call) {
    return admin
        .configure(call.scope(), request)
        .thenApply(isNew -> ConfigureResponse.newBuilder().setNewQueue(isNew).build());
  }

  private CompletionStage<ListQueuesResponse> listQueues(ListQueuesRequest request, Call call) {
    return queues
        .names()
        .list(
            call.scope(),
            request.getPrefix(),
            Defaults.orElse(request.getPageSize(), NAMES),
            request.getPageToken())
        .thenApply(
            page ->
                ListQueuesResponse.newBuilder()
                    .addAllQueues(page.names())
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }
}
