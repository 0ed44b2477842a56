// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.rpc.Sink;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.stats.v1.WatchAnomaliesResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Readers who come and go while anomalies are heard. */
@Tag("redis")
final class AnomalyWatchTest {
  private static final String ANOMALY =
      "{\"anomaly\": {\"kind\": \"t\", \"context\": \"a\", \"value\": 1}}";

  private final TestConnection connection = TestConnection.open();
  private final AnomalyWatch watch =
      new AnomalyWatch(
          "quoin:default:stats:{t/all}:anomalies",
          connection.redis().channels(),
          connection.timer());

  @AfterEach
  void closeConnection() {
    connection.close();
  }

  @Test
  void readerHearsNothingBeforeItsFirstHeartbeat() throws Exception {
    Reader first = new Reader();
    watch.add(first, "");
    begin(first);
    Reader second = new Reader();
    watch.add(second, "");
    watch.hint(ANOMALY);
    begin(second);
    watch.hint(ANOMALY);

    assertThat(first.anomalies()).isEqualTo(2);
    assertThat(second.messages.get(0).hasHeartbeat()).isTrue();
    assertThat(second.anomalies()).isEqualTo(1);
    assertThat(second.messages).allMatch(message -> message.getMissed() == 0);
  }

  private void begin(Reader reader) throws Exception {
    watch.begin(reader).toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static final class Reader implements Sink<WatchAnomaliesResponse> {
    final List<WatchAnomaliesResponse> messages = new CopyOnWriteArrayList<>();

    long anomalies() {
      return messages.stream().filter(WatchAnomaliesResponse::hasAnomaly).count();
    }

    @Override
    public void send(WatchAnomaliesResponse message) {
      messages.add(message);
    }

    @Override
    public void conflate(WatchAnomaliesResponse message) {}

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void onReady(Runnable action) {}

    @Override
    public void complete() {}

    @Override
    public void fail(Throwable failure) {}
  }
}
