// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Timestamps;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.social.v1.ReportEntry;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reports, open and closed. */
final class ReportStore {
  private static final LuaScript REPORT = LuaScript.load("social/report");
  private static final LuaScript RESOLVE = LuaScript.load("social/resolve");
  private static final int MOST_OPEN = 100_000;
  private static final int MOST_CLOSED = 10_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Social social;

  ReportStore(Scripts scripts, Keyspace keyspace, Social social) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.social = social;
  }

  record Reported(long id, boolean created) {}

  private String key(RequestContext scope, String part) {
    return keyspace.own(scope.namespace(), "reports") + part;
  }

  private static String what(ReportEntry report) {
    return report.getReporterId() + " " + report.getUserId() + " " + report.getStatusId();
  }

  CompletionStage<Reported> report(RequestContext scope, ReportEntry draft) {
    return social
        .tickets()
        .next()
        .thenCompose(
            id -> {
              ReportEntry report =
                  draft.toBuilder()
                      .setReportId(id)
                      .setCreateTime(Timestamps.fromMillis(Tickets.millis(id)))
                      .setResolved(false)
                      .build();
              return scripts.run(
                  REPORT,
                  scope,
                  new String[] {key(scope, "reports"), key(scope, "open"), key(scope, "who")},
                  id,
                  report.toByteArray(),
                  what(report),
                  MOST_OPEN);
            })
        .thenApply(
            reply -> {
              boolean created = reply.flag();
              return new Reported(Long.parseLong(reply.text()), created);
            });
  }

  /** Ids of reports after another one, which may be empty. */
  CompletionStage<List<ReportEntry>> list(
      RequestContext scope, boolean closed, String after, int count) {
    return social
        .refills()
        .texts(scope, key(scope, closed ? "closed" : "open"), after, count, false)
        .thenCompose(ids -> read(scope, ids));
  }

  private CompletionStage<List<ReportEntry>> read(RequestContext scope, List<String> ids) {
    if (ids.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    String reports = key(scope, "reports");
    return scripts
        .redis()
        .call(scope, commands -> commands.hmget(reports, ids.toArray(String[]::new)), late -> {})
        .thenApply(
            found ->
                found.stream()
                    .map(one -> one.getValueOrElse((byte[]) null))
                    .filter(Objects::nonNull)
                    .map(ReportStore::parse)
                    .toList());
  }

  private static ReportEntry parse(byte[] stored) {
    try {
      return ReportEntry.parseFrom(stored);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored report cannot be read", e);
    }
  }

  CompletionStage<Boolean> resolve(
      RequestContext scope, String id, String actor, String resolution) {
    return read(scope, List.of(id))
        .thenCompose(
            found -> {
              if (found.isEmpty()) {
                throw new ApiException(
                    ErrorReason.ERROR_REASON_REPORT_NOT_FOUND,
                    "there is no such report",
                    Map.of("report_id", id),
                    null);
              }
              ReportEntry closed =
                  found.get(0).toBuilder()
                      .setResolved(true)
                      .setActor(actor)
                      .setResolution(resolution)
                      .build();
              return scripts.run(
                  RESOLVE,
                  scope,
                  new String[] {
                    key(scope, "reports"),
                    key(scope, "open"),
                    key(scope, "who"),
                    key(scope, "closed")
                  },
                  id,
                  closed.toByteArray(),
                  what(closed),
                  MOST_CLOSED);
            })
        .thenApply(reply -> reply.flag());
  }
}
