// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.DeleteRequest;
import dev.quoin.counters.v1.DeleteResponse;
import dev.quoin.counters.v1.GetRequest;
import dev.quoin.counters.v1.GetResponse;
import dev.quoin.counters.v1.IncrementRequest;
import dev.quoin.counters.v1.IncrementResponse;
import dev.quoin.counters.v1.ListRequest;
import dev.quoin.counters.v1.ListResponse;
import dev.quoin.counters.v1.WatchRequest;
import dev.quoin.counters.v1.WatchResponse;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.errors.Reasons;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.watch.WatchSettings;
import dev.quoin.server.watch.Watches;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/** Serves {@code quoin.counters.v1.Counters}. */
public final class CountersService implements BindableService {
  private static final int DEFAULT_PAGE_SIZE = 100;

  /** How many requests of a batch may be in the works at once. */
  private static final int AHEAD = 16;

  /** Counters change all the time: a stream is told ten times a second at most. */
  private static final WatchSettings WATCH_SETTINGS = WatchSettings.USUAL.withPause(100);

  private final Kernel kernel;
  private final CounterShape shape;
  private final CounterStore counters;
  private final Watches<CounterView> watches;

  public CountersService(Kernel kernel) {
    this.kernel = kernel;
    this.shape =
        CounterShape.of(
            kernel.settings().counterSamples(), kernel.settings().counterPrecisions().all());
    this.counters = new CounterStore(kernel.scripts(), kernel.keyspace("counters"), shape);
    this.watches = new Watches<>(kernel.scripts().redis().pubSub(), kernel.timer(), WATCH_SETTINGS);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(CountersGrpc.getServiceDescriptor())
        .unary(CountersGrpc.getIncrementMethod(), this::increment)
        .receiving(
            CountersGrpc.getIncrementBatchMethod(),
            AHEAD,
            (call, responses) -> new IncrementBatch(counters, shape, call, responses))
        .unary(CountersGrpc.getGetMethod(), this::get)
        .streaming(CountersGrpc.getWatchMethod(), this::watch)
        .unary(CountersGrpc.getListMethod(), this::list)
        .unary(CountersGrpc.getDeleteMethod(), this::delete)
        .build();
  }

  private CompletionStage<IncrementResponse> increment(IncrementRequest request, Call call) {
    long delta = request.hasDelta() ? request.getDelta() : 1;
    boolean isUsual = !request.hasEventTime() && request.getRequestId().isEmpty();
    if (isUsual) {
      return counters
          .increment(call.scope(), request.getName(), delta)
          .thenApply(outcome -> counted(outcome, outcome.second()));
    }
    String second = second(request.hasEventTime(), request.getEventTime(), "event_time");
    return counters
        .add(
            call.scope(),
            request.getName(),
            Increments.of(shape, Once.of(request.getRequestId(), request), delta, second))
        .thenApply(
            outcome ->
                counted(
                    outcome,
                    second.equals(Increments.NOW)
                        ? outcome.second()
                        : Math.min(outcome.second(), Long.parseLong(second))));
  }

  private static IncrementResponse counted(CounterStore.Outcome outcome, long second) {
    String reason = outcome.refusals().get(0);
    if (reason != null) {
      ErrorReason refused = Reasons.byName(reason).orElseThrow();
      throw new ApiException(
          refused,
          refused == ErrorReason.ERROR_REASON_COUNTER_OVERFLOW
              ? "a count would leave the range of 64-bit numbers"
              : "event_time is further back than counts are kept, or more than a minute ahead");
    }
    return IncrementResponse.newBuilder().setEventTime(Samples.time(second)).build();
  }

  private CompletionStage<GetResponse> get(GetRequest request, Call call) {
    CounterSeries.Range range =
        new CounterSeries.Range(
            request.hasFrom() ? Samples.second(request.getFrom(), "from") : 0,
            request.hasTo() ? ceiling(request.getTo()) : Long.MAX_VALUE,
            request.getLast() == 0 ? Long.MAX_VALUE : request.getLast(),
            request.getZeroFill());
    if (range.to() <= range.from()) {
      throw InvalidRequest.of("to", "must lie after from");
    }
    return counters
        .get(
            call.scope(),
            request.getName(),
            precision(request.hasPrecision(), request.getPrecision()),
            range)
        .thenApply(slices -> GetResponse.newBuilder().addAllSamples(Samples.of(slices)).build());
  }

  private void watch(WatchRequest request, Call call, ResponseStream<WatchResponse> responses) {
    int precision = precision(request.hasPrecision(), request.getPrecision());
    WatchedCounter counter =
        new WatchedCounter(counters, call.scope().detached(), request.getName());
    watches.open(counter, new CounterReader(precision), call, responses);
  }

  private CompletionStage<ListResponse> list(ListRequest request, Call call) {
    int size = Defaults.orElse(request.getPageSize(), DEFAULT_PAGE_SIZE);
    return counters
        .list(call.scope(), request.getPrefix(), size, request.getPageToken())
        .thenApply(
            page ->
                ListResponse.newBuilder()
                    .addAllNames(page.names())
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }

  private CompletionStage<DeleteResponse> delete(DeleteRequest request, Call call) {
    return counters
        .delete(call.scope(), request.getName())
        .thenApply(deleted -> DeleteResponse.newBuilder().setDeleted(deleted).build());
  }

  /** The place of a precision among those that are kept. */
  private int precision(boolean given, Duration precision) {
    if (!given) {
      return 0;
    }
    int place = precision.getNanos() == 0 ? shape.seconds().indexOf(precision.getSeconds()) : -1;
    if (place < 0) {
      String kept = shape.seconds().stream().map(s -> s + "s").collect(Collectors.joining(", "));
      throw new ApiException(
          ErrorReason.ERROR_REASON_COUNTER_PRECISION_UNKNOWN,
          "counters are kept at the precisions " + kept,
          Map.of("precisions", kept),
          null);
    }
    return place;
  }

  /** The second of an event as scripts take it. */
  static String second(boolean given, Timestamp time, String field) {
    return given ? Long.toString(Samples.second(time, field)) : Increments.NOW;
  }

  private static long ceiling(Timestamp time) {
    return Samples.second(time, "to") + (time.getNanos() > 0 ? 1 : 0);
  }
}
