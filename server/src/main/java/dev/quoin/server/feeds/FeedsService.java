// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import com.google.protobuf.Message;
import com.google.protobuf.util.Timestamps;
import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.FilterResponse;
import dev.quoin.feeds.v1.FirehoseRequest;
import dev.quoin.feeds.v1.FirehoseResponse;
import dev.quoin.feeds.v1.GetTrendsRequest;
import dev.quoin.feeds.v1.GetTrendsResponse;
import dev.quoin.feeds.v1.Location;
import dev.quoin.feeds.v1.Overflow;
import dev.quoin.feeds.v1.PublishRequest;
import dev.quoin.feeds.v1.PublishResponse;
import dev.quoin.feeds.v1.RetractRequest;
import dev.quoin.feeds.v1.RetractResponse;
import dev.quoin.feeds.v1.SampleRequest;
import dev.quoin.feeds.v1.SampleResponse;
import dev.quoin.feeds.v1.SessionRequest;
import dev.quoin.feeds.v1.SessionResponse;
import dev.quoin.feeds.v1.Status;
import dev.quoin.feeds.v1.WatchTrendsRequest;
import dev.quoin.feeds.v1.WatchTrendsResponse;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.tail.Cursor;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.feeds.v1.Feeds}. */
public final class FeedsService implements BindableService {
  private static final int FILTERS_AHEAD = 2;
  private static final int TRENDS = 10;
  private static final long PERIOD_MILLIS = 5_000;
  private static final FeedMessages<SampleResponse> SAMPLE =
      FeedMessages.in(SampleResponse.getDefaultInstance());
  private static final FeedMessages<FilterResponse> FILTER =
      FeedMessages.in(FilterResponse.getDefaultInstance());
  private static final FeedMessages<FirehoseResponse> FIREHOSE =
      FeedMessages.in(FirehoseResponse.getDefaultInstance());
  private static final FeedMessages<SessionResponse> SESSION =
      FeedMessages.in(SessionResponse.getDefaultInstance());

  private final Kernel kernel;
  private final FeedStore store;
  private final Feeds feeds;
  private final Trends trends;

  public FeedsService(Kernel kernel) {
    this.kernel = kernel;
    this.store = FeedStore.of(kernel);
    this.feeds = new Feeds(store, kernel.tails(), kernel.timer(), mostFilterBytes());
    this.trends = new Trends(store, kernel.tails(), kernel.timer(), new Workers("quoin-trends"));
  }

  /** A quarter of the memory there is. */
  private static long mostFilterBytes() {
    return Runtime.getRuntime().maxMemory() / 4;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(FeedsGrpc.getServiceDescriptor())
        .unary(FeedsGrpc.getPublishMethod(), this::publish)
        .unary(FeedsGrpc.getRetractMethod(), this::retract)
        .streaming(FeedsGrpc.getSampleMethod(), this::sample)
        .streaming(FeedsGrpc.getFilterMethod(), this::filter)
        .streaming(FeedsGrpc.getFirehoseMethod(), this::firehose)
        .receiving(FeedsGrpc.getSessionMethod(), FILTERS_AHEAD, this::session)
        .unary(FeedsGrpc.getGetTrendsMethod(), this::getTrends)
        .streaming(FeedsGrpc.getWatchTrendsMethod(), this::watchTrends)
        .build();
  }

  private CompletionStage<PublishResponse> publish(PublishRequest request, Call call) {
    checkTags(request.getTagsList(), "tags");
    if (StatusTerms.author(request.getAuthor()).isBlank()) {
      throw InvalidRequest.of("author", "must have more than a sign or spaces");
    }
    Status.Builder status =
        Status.newBuilder()
            .setId(request.getId())
            .setAuthor(request.getAuthor())
            .setText(request.getText())
            .setLanguage(request.getLanguage())
            .addAllTags(request.getTagsList())
            .putAllAttributes(request.getAttributesMap());
    if (request.hasLocation()) {
      status.setLocation(checked(request.getLocation(), "location"));
    }
    return store
        .publish(call.scope(), status.build())
        .thenApply(
            published ->
                PublishResponse.newBuilder()
                    .setDuplicate(published.duplicate())
                    .setCreateTime(Timestamps.fromMicros(published.micros()))
                    .setCursor(
                        kernel
                            .tails()
                            .cursorWriter(Feed.domain(call.scope()))
                            .with(
                                new Cursor.Mark(
                                    Cursor.id(published.channel()), published.position(), 0)))
                    .build());
  }

  private static void checkTags(List<String> tags, String path) {
    for (int i = 0; i < tags.size(); i++) {
      if (StatusTerms.tag(tags.get(i)).isBlank()) {
        throw InvalidRequest.of(path + "[" + i + "]", "must have more than a sign or spaces");
      }
    }
  }

  private static Location checked(Location location, String path) {
    if (!location.hasLatitude() || !location.hasLongitude()) {
      throw InvalidRequest.of(path, "must have latitude and longitude");
    }
    return location;
  }

  private CompletionStage<RetractResponse> retract(RetractRequest request, Call call) {
    checkTags(request.getOriginal().getTagsList(), "original.tags");
    Status.Builder status =
        Status.newBuilder()
            .setId(request.getId())
            .setAuthor(request.getAuthor())
            .setText(request.getOriginal().getText())
            .setLanguage(request.getOriginal().getLanguage())
            .addAllTags(request.getOriginal().getTagsList());
    if (request.getOriginal().hasLocation()) {
      status.setLocation(checked(request.getOriginal().getLocation(), "original.location"));
    }
    return store
        .retract(call.scope(), status.build(), request.hasOriginal())
        .thenApply(retracted -> RetractResponse.newBuilder().setRetracted(retracted).build());
  }

  private void sample(SampleRequest request, Call call, ResponseStream<SampleResponse> responses) {
    int buckets = (int) Math.round(request.getPercent() * 100);
    if (Math.abs(request.getPercent() * 100 - buckets) > 1e-6) {
      throw InvalidRequest.of("percent", "must be in steps of 0.01");
    }
    stream(call, SAMPLE, responses, new SampleFilter(buckets), request.getOverflow())
        .open(request.getCursor());
  }

  private void filter(FilterRequest request, Call call, ResponseStream<FilterResponse> responses) {
    stream(call, FILTER, responses, ConditionFilter.of(request), request.getOverflow())
        .open(request.getCursor());
  }

  private void firehose(
      FirehoseRequest request, Call call, ResponseStream<FirehoseResponse> responses) {
    stream(call, FIREHOSE, responses, FeedFilter.EVERYTHING, request.getOverflow())
        .open(request.getCursor());
  }

  private RequestStreamHandler<SessionRequest> session(
      Call call, ResponseStream<SessionResponse> responses) {
    return new FeedSession(
        call,
        responses,
        open ->
            stream(
                call,
                SESSION,
                responses,
                ConditionFilter.of(open.getStatusFilter()),
                open.getOverflow()));
  }

  private <R extends Message> FeedStream<R> stream(
      Call call,
      FeedMessages<R> messages,
      ResponseStream<R> responses,
      FeedFilter filter,
      Overflow overflow) {
    return new FeedStream<>(
        feeds, kernel.tails(), kernel.timer(), call, messages, responses, filter, overflow);
  }

  private CompletionStage<GetTrendsResponse> getTrends(GetTrendsRequest request, Call call) {
    Trends.Question question =
        Trends.Question.of(
            request.getWindow(),
            request.getInterval(),
            Defaults.orElse(request.getMaxItems(), TRENDS));
    return trends
        .ask(call.scope(), question)
        .thenApply(
            answer ->
                GetTrendsResponse.newBuilder()
                    .addAllIntervals(answer.intervals())
                    .setPartial(answer.partial())
                    .build());
  }

  private void watchTrends(
      WatchTrendsRequest request, Call call, ResponseStream<WatchTrendsResponse> responses) {
    Trends.Question question =
        Trends.Question.of(
            request.getWindow(),
            request.getInterval(),
            Defaults.orElse(request.getMaxItems(), TRENDS));
    long period = Defaults.millis(request.hasPeriod(), request.getPeriod(), PERIOD_MILLIS);
    new TrendWatch(trends, kernel.timer(), call, question, period, responses).tell();
  }
}
