// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import com.google.protobuf.util.Timestamps;
import dev.quoin.logs.v1.ListCommonRequest;
import dev.quoin.logs.v1.ListCommonResponse;
import dev.quoin.logs.v1.ListNamesRequest;
import dev.quoin.logs.v1.ListNamesResponse;
import dev.quoin.logs.v1.ListRecentRequest;
import dev.quoin.logs.v1.ListRecentResponse;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.logs.v1.WriteResponse;
import dev.quoin.logs.v1.WriteStreamRequest;
import dev.quoin.logs.v1.WriteStreamResponse;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.tail.Cursor;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.opentelemetry.api.metrics.LongCounter;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.logs.v1.Logs}. */
public final class LogsService implements BindableService {
  private static final int RECENT = 100;
  private static final int COMMON = 10;
  private static final int PAGE = 100;
  private static final int HOUR_SECONDS = 3_600;
  private static final int BATCHES_AHEAD = 4;

  private final Kernel kernel;
  private final LogStore logs;
  private final NameIndex names;
  private final LogWriter writer;

  public LogsService(Kernel kernel) {
    this.kernel = kernel;
    this.logs = new LogStore(kernel.scripts(), kernel.keyspace("logs"));
    this.names = new NameIndex(kernel.scripts(), kernel.keyspace("logs"), LogWriter.LISTED);
    this.writer = new LogWriter(logs, names);
    RequestContext syslog = new RequestContext(kernel.settings().syslogNamespace(), null);
    LongCounter dropped =
        kernel
            .meter()
            .counterBuilder("quoin.logs.syslog.dropped")
            .setDescription("Syslog messages that were dropped because Redis did not take them.")
            .build();
    // So that there is a series before the first loss.
    dropped.add(0);
    new SyslogListener(
            new SyslogBuffer(batch -> writer.write(syslog, batch), kernel.timer(), dropped::add))
        .open(kernel);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(LogsGrpc.getServiceDescriptor())
        .unary(LogsGrpc.getWriteMethod(), this::write)
        .receiving(LogsGrpc.getWriteStreamMethod(), BATCHES_AHEAD, this::writeStream)
        .unary(LogsGrpc.getListRecentMethod(), this::recent)
        .unary(LogsGrpc.getListCommonMethod(), this::common)
        .streaming(LogsGrpc.getTailMethod(), this::tail)
        .unary(LogsGrpc.getListNamesMethod(), this::listNames)
        .build();
  }

  private CompletionStage<WriteResponse> write(WriteRequest request, Call call) {
    String channel = logs.channel(call.scope(), request.getName());
    return writer
        .write(call.scope(), Batch.of(request))
        .thenApply(
            written ->
                WriteResponse.newBuilder()
                    .setTime(Line.time(written.micros()))
                    .setCursor(cursor(TailStream.domain(call), channel, written.position()))
                    .build());
  }

  private String cursor(String domain, String channel, long position) {
    return kernel
        .tails()
        .cursorWriter(domain)
        .with(new Cursor.Mark(Cursor.id(channel), position, 0));
  }

  private RequestStreamHandler<WriteStreamRequest> writeStream(
      Call call, ResponseStream<WriteStreamResponse> responses) {
    return new WriteStreamHandler(batch -> writer.write(call.scope(), batch), call, responses);
  }

  private CompletionStage<ListRecentResponse> recent(ListRecentRequest request, Call call) {
    return logs.recent(
            call.scope(),
            request.getName(),
            request.getSeverity(),
            Defaults.orElse(request.getMaxItems(), RECENT))
        .thenApply(entries -> ListRecentResponse.newBuilder().addAllEntries(entries).build());
  }

  private CompletionStage<ListCommonResponse> common(ListCommonRequest request, Call call) {
    return logs.common(
            call.scope(),
            request.getName(),
            request.getSeverity(),
            request.hasHour() ? hour(request) : "",
            request.getHoursAgo(),
            Defaults.orElse(request.getMaxItems(), COMMON))
        .thenApply(LogsService::ranking);
  }

  private static String hour(ListCommonRequest request) {
    if (!Timestamps.isValid(request.getHour()) || request.getHour().getSeconds() < 0) {
      throw InvalidRequest.of("hour", "must be a time of the years 1970 to 9999");
    }
    return String.valueOf(request.getHour().getSeconds() / HOUR_SECONDS);
  }

  private static ListCommonResponse ranking(LogStore.Ranking ranking) {
    ListCommonResponse.Builder response =
        ListCommonResponse.newBuilder()
            .setHour(Timestamps.fromSeconds(ranking.hour() * HOUR_SECONDS))
            .setPartial(ranking.partial())
            .setDistinct(ranking.distinct())
            .setMaxOvercount(ranking.rarest());
    ranking
        .messages()
        .forEach(
            message ->
                response
                    .addCommonMessagesBuilder()
                    .setTemplate(message.text())
                    .setCount(message.count()));
    return response.build();
  }

  private void tail(TailRequest request, Call call, ResponseStream<TailResponse> responses) {
    new TailStream(kernel.tails(), request, call, responses).open(logs, call);
  }

  private CompletionStage<ListNamesResponse> listNames(ListNamesRequest request, Call call) {
    return names
        .list(
            call.scope(),
            request.getPrefix(),
            Defaults.orElse(request.getPageSize(), PAGE),
            request.getPageToken())
        .thenApply(
            page ->
                ListNamesResponse.newBuilder()
                    .addAllNames(page.names())
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }
}
