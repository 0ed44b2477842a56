// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Once;
import dev.quoin.stats.v1.GetRequest;
import dev.quoin.stats.v1.GetResponse;
import dev.quoin.stats.v1.ListRequest;
import dev.quoin.stats.v1.ListResponse;
import dev.quoin.stats.v1.ListSlowestRequest;
import dev.quoin.stats.v1.ListSlowestResponse;
import dev.quoin.stats.v1.RecordRequest;
import dev.quoin.stats.v1.RecordResponse;
import dev.quoin.stats.v1.StatsGrpc;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.stats.v1.Stats}. */
public final class StatsService implements BindableService {
  private static final int HOUR_SECONDS = 3_600;
  private static final int DEFAULT_PAGE_SIZE = 100;
  private static final int DEFAULT_LIMIT = 10;

  /** How many requests of a batch may be in the works at once. */
  private static final int AHEAD = 16;

  private final Kernel kernel;
  private final StatsStore stats;
  private final Anomalies anomalies;

  /**
   * @param log where anomalies are written beside being told to those who watch
   */
  public StatsService(Kernel kernel, AnomalyLog log) {
    this.kernel = kernel;
    this.stats = new StatsStore(kernel.scripts(), kernel.keyspace("stats"));
    this.anomalies = new Anomalies(stats, log, kernel.scripts().redis(), kernel.timer());
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(StatsGrpc.getServiceDescriptor())
        .unary(StatsGrpc.getRecordMethod(), this::record)
        .receiving(
            StatsGrpc.getRecordBatchMethod(),
            AHEAD,
            (call, responses) -> new RecordBatch(stats, anomalies, call, responses))
        .unary(StatsGrpc.getGetMethod(), this::get)
        .unary(StatsGrpc.getListMethod(), this::list)
        .unary(StatsGrpc.getListSlowestMethod(), this::slowest)
        .streaming(
            StatsGrpc.getWatchAnomaliesMethod(),
            (request, call, responses) ->
                anomalies.watch(call, request.getKind(), request.getContext(), responses))
        .build();
  }

  private CompletionStage<RecordResponse> record(RecordRequest request, Call call) {
    return stats
        .record(
            call.scope(),
            new Series(request.getKind(), request.getContext()),
            List.of(request.getValue()),
            Once.of(request.getRequestId(), request))
        .thenApply(
            recorded -> {
              if (recorded.anomaly() != null) {
                anomalies.tell(call.scope(), recorded.anomaly());
              }
              return RecordResponse.newBuilder()
                  .setHour(time(recorded.hour()))
                  .setCount(recorded.count())
                  .setMean(recorded.mean())
                  .setAnomalous(recorded.anomalous())
                  .build();
            });
  }

  private CompletionStage<GetResponse> get(GetRequest request, Call call) {
    Window window =
        request.hasHour() ? given(request.getHour()) : Window.ago(request.getHoursAgo());
    return stats
        .get(call.scope(), new Series(request.getKind(), request.getContext()), window)
        .thenApply(
            figures ->
                GetResponse.newBuilder()
                    .setHour(time(figures.hour()))
                    .setPartial(figures.partial())
                    .setCount(figures.count())
                    .setSum(figures.sum())
                    .setMin(figures.min())
                    .setMax(figures.max())
                    .setMean(figures.mean())
                    .setStddev(figures.stddev())
                    .setP50(figures.quantile(0.5))
                    .setP95(figures.quantile(0.95))
                    .setP99(figures.quantile(0.99))
                    .build());
  }

  private CompletionStage<ListResponse> list(ListRequest request, Call call) {
    if (request.getKind().isEmpty() && !request.getPrefix().isEmpty()) {
      throw InvalidRequest.of("prefix", "needs a kind");
    }
    int size = Defaults.orElse(request.getPageSize(), DEFAULT_PAGE_SIZE);
    return stats
        .list(call.scope(), request.getKind(), request.getPrefix(), size, request.getPageToken())
        .thenApply(
            page -> {
              ListResponse.Builder response =
                  ListResponse.newBuilder().setNextPageToken(page.nextPageToken());
              for (String name : page.names()) {
                Series series = Series.named(name);
                response.addSeriesBuilder().setKind(series.kind()).setContext(series.context());
              }
              return response.build();
            });
  }

  private CompletionStage<ListSlowestResponse> slowest(ListSlowestRequest request, Call call) {
    Window window =
        request.hasHour() ? given(request.getHour()) : Window.ago(request.getHoursAgo());
    int limit = Defaults.orElse(request.getMaxItems(), DEFAULT_LIMIT);
    return stats
        .slowest(call.scope(), request.getKind(), window, limit)
        .thenApply(
            ranking -> {
              ListSlowestResponse.Builder response =
                  ListSlowestResponse.newBuilder().setHour(time(ranking.hour()));
              for (StatsStore.Slow slow : ranking.slowest()) {
                response.addSlowestBuilder().setContext(slow.context()).setMean(slow.mean());
              }
              return response.build();
            });
  }

  private static Window given(Timestamp hour) {
    if (!Timestamps.isValid(hour)) {
      throw InvalidRequest.of("hour", "must be a time between the years 1 and 9999");
    }
    return Window.of(Math.floorDiv(hour.getSeconds(), HOUR_SECONDS));
  }

  private static Timestamp time(long hour) {
    return Timestamps.fromSeconds(hour * HOUR_SECONDS);
  }
}
