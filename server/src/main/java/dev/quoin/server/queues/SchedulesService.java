// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.DeleteScheduleRequest;
import dev.quoin.queues.v1.DeleteScheduleResponse;
import dev.quoin.queues.v1.GetScheduleRequest;
import dev.quoin.queues.v1.GetScheduleResponse;
import dev.quoin.queues.v1.ListSchedulesRequest;
import dev.quoin.queues.v1.ListSchedulesResponse;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.PreviewScheduleRequest;
import dev.quoin.queues.v1.PreviewScheduleResponse;
import dev.quoin.queues.v1.PutScheduleRequest;
import dev.quoin.queues.v1.PutScheduleResponse;
import dev.quoin.queues.v1.SchedulesGrpc;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.maintainers.Maintainer;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Paging;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.queues.v1.Schedules}. */
public final class SchedulesService implements BindableService {
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final int LOOKED_AT_ONCE = 2_000;
  private static final int LARGEST_PAYLOAD = 4_096;
  private static final int PREVIEW = 10;
  private static final int PAGE = 50;

  private final Kernel kernel;
  private final ScheduleStore schedules;

  public SchedulesService(Kernel kernel) {
    this.kernel = kernel;
    Keyspace keyspace = kernel.keyspace("queues");
    String server = kernel.queues().server();
    this.schedules =
        new ScheduleStore(
            new QueueStore(kernel.scripts(), keyspace, server), ScheduleKeys.of(keyspace));
    Schedules running = new Schedules(schedules, kernel.timer());
    new Maintainer(
            kernel.scripts(),
            keyspace,
            kernel.meter(),
            "schedules",
            server,
            PERIOD,
            () -> schedules.due(PERIOD.toMillis(), LOOKED_AT_ONCE).thenCompose(running::lookAt))
        .start(kernel.timer());
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(SchedulesGrpc.getServiceDescriptor())
        .unary(SchedulesGrpc.getPutScheduleMethod(), this::put)
        .unary(SchedulesGrpc.getGetScheduleMethod(), this::get)
        .unary(SchedulesGrpc.getListSchedulesMethod(), this::list)
        .unary(SchedulesGrpc.getDeleteScheduleMethod(), this::delete)
        .unary(SchedulesGrpc.getPreviewScheduleMethod(), this::preview)
        .build();
  }

  private CompletionStage<PutScheduleResponse> put(PutScheduleRequest request, Call call) {
    Cron cron = Cron.of(request.getCron(), request.getTimeZone());
    checkTask(request.getTask());
    return schedules
        .put(call.scope(), request, cron)
        .thenApply(
            next -> {
              PutScheduleResponse.Builder response = PutScheduleResponse.newBuilder();
              if (next > 0) {
                response.setNextRunTime(Timestamps.fromMillis(next));
              }
              return response.build();
            });
  }

  private static void checkTask(NewTask task) {
    if (task.hasRunTime() || task.hasDelay()) {
      throw InvalidRequest.of(
          task.hasDelay() ? "task.delay" : "task.run_time", "must not be set: cron says when");
    }
    if (!task.getDedupKey().isEmpty() || task.hasDedupWindow()) {
      throw InvalidRequest.of(
          task.hasDedupWindow() ? "task.dedup_window" : "task.dedup_key",
          "must not be set: each run adds a task");
    }
    if (TaskRecord.content(task).size() > LARGEST_PAYLOAD) {
      throw InvalidRequest.of(
          task.hasPayloadText() ? "task.payload_text" : "task.payload",
          "must be at most 4,096 bytes");
    }
  }

  private CompletionStage<GetScheduleResponse> get(GetScheduleRequest request, Call call) {
    return schedules
        .get(call.scope(), ref(call, request.getQueue(), request.getName()))
        .thenApply(
            schedule -> GetScheduleResponse.newBuilder().setSchedule(schedule.view(true)).build());
  }

  private CompletionStage<ListSchedulesResponse> list(ListSchedulesRequest request, Call call) {
    Paging paging =
        Paging.of(
            call.scope(), request.getPageSize(), PAGE, request.getPageToken(), request.getQueue());
    return schedules
        .list(call.scope(), request.getQueue(), paging.position(), paging.size())
        .thenApply(
            page -> {
              ListSchedulesResponse.Builder response = ListSchedulesResponse.newBuilder();
              page.schedules().forEach(schedule -> response.addSchedules(schedule.view(false)));
              return response.setNextPageToken(paging.token(page.next())).build();
            });
  }

  private CompletionStage<DeleteScheduleResponse> delete(DeleteScheduleRequest request, Call call) {
    return schedules
        .delete(call.scope(), ref(call, request.getQueue(), request.getName()))
        .thenApply(deleted -> DeleteScheduleResponse.getDefaultInstance());
  }

  private static ScheduleRef ref(Call call, String queue, String name) {
    return new ScheduleRef(call.scope().namespace(), queue, name);
  }

  private CompletionStage<PreviewScheduleResponse> preview(
      PreviewScheduleRequest request, Call call) {
    Cron cron = Cron.of(request.getCron(), request.getTimeZone());
    if (!Timestamps.isValid(request.getAfterTime())) {
      throw InvalidRequest.of("after_time", "must be a time of the years 1 to 9999");
    }
    Instant time =
        request.hasAfterTime()
            ? Instant.ofEpochMilli(Timestamps.toMillis(request.getAfterTime()))
            : Instant.now();
    PreviewScheduleResponse.Builder response = PreviewScheduleResponse.newBuilder();
    int limit = Defaults.orElse(request.getMaxItems(), PREVIEW);
    while (response.getRunTimesCount() < limit) {
      Optional<Instant> run = cron.after(time);
      if (run.isEmpty()) {
        break;
      }
      time = run.get();
      response.addRunTimes(Timestamps.fromMillis(time.toEpochMilli()));
    }
    return CompletableFuture.completedFuture(response.build());
  }
}
