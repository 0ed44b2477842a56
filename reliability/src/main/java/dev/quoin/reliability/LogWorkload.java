// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.logs.v1.WriteRequest;
import io.grpc.Channel;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Entries that were acknowledged reach a tail, each once, those of a writer in their order. */
final class LogWorkload implements Workload {
  private static final String LOG = "log";

  private final Servers servers;
  private final Findings findings;
  private final Follower<TailResponse> follower;
  private final AtomicLong numbers = new AtomicLong();
  private final Set<String> written = ConcurrentHashMap.newKeySet();
  private final Set<String> read = ConcurrentHashMap.newKeySet();
  private final Map<String, Long> lastOfWriter = new ConcurrentHashMap<>();

  LogWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
    follower = new Follower<>(servers, LogWorkload::tail, this::read);
  }

  @Override
  public void prepare() throws Exception {
    follower.start();
  }

  @Override
  public void load(Random random) throws Exception {
    // A log keeps 1,000 entries for tails: a tail must not be away for that many.
    TimeUnit.MILLISECONDS.sleep(50);
    String text = Thread.currentThread().getId() + " " + numbers.incrementAndGet();
    WriteRequest write =
        WriteRequest.newBuilder()
            .setName(LOG)
            .setSeverity(Severity.SEVERITY_INFO)
            .setText(text)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    if (servers.repeat(random, channel -> logs(channel).write(write)).isPresent()) {
      written.add(text);
    }
  }

  @Override
  public void check() throws Exception {
    Times.await(60, () -> read.containsAll(written));
    follower.close();
    Set<String> lost = new HashSet<>(written);
    lost.removeAll(read);
    if (!lost.isEmpty()) {
      findings.broken("%d log entries are lost, such as %s", lost.size(), lost.iterator().next());
    }
  }

  private static Iterator<TailResponse> tail(Channel channel, String cursor) {
    return LogsGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Follower.STREAM_SECONDS, TimeUnit.SECONDS)
        .tail(TailRequest.newBuilder().addNames(LOG).setCursor(cursor).build());
  }

  private String read(TailResponse response) {
    if (response.hasGap()) {
      findings.broken("a tail has a gap: %s", response.getGap());
    }
    String cursor = response.getHeartbeat().getCursor() + response.getReconnect().getCursor();
    for (LogEntry entry : response.getNewEntries().getEntriesList()) {
      cursor = entry.getCursor();
      if (!read.add(entry.getText())) {
        findings.broken("log entry %s is told twice", entry.getText());
      }
      String[] parts = entry.getText().split(" ");
      Long last = lastOfWriter.put(parts[0], Long.valueOf(parts[1]));
      if (last != null && last > Long.parseLong(parts[1])) {
        findings.broken("log entry %s is told after %d", entry.getText(), last);
      }
    }
    return cursor;
  }

  private static LogsGrpc.LogsBlockingStub logs(Channel channel) {
    return LogsGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
