// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.LocksGrpc;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** What callers see, and what is logged, while a server is away. */
class OutageTest {
  @Test
  void aRestartIsNotSeenByCallersWithTimeAndIsLoggedOnce() throws Exception {
    try (TestServer server = new TestServer();
        RecordedLogs logs = new RecordedLogs(ConnectionLog.class, StreamLog.class);
        Quoin quoin =
            Quoin.builder().address(server.address()).deadline(Duration.ofSeconds(30)).build();
        ConfigWatch watch = quoin.config().watch("shop")) {
      watch.ready().get(20, TimeUnit.SECONDS);
      LeaseHandle held = quoin.locks().hold("leader", LockOptions.lease(Duration.ofMinutes(1)));
      String address = server.address();
      server.stop();
      CompletableFuture<GetResponse> state = quoin.locks().getAsync(r -> r.setName("report"));
      // Five attempts, which is what gRPC makes at most, take less than two seconds.
      assertThatThrownBy(() -> state.get(3, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);

      server.start();

      assertThat(state.get(20, TimeUnit.SECONDS).getHeld()).isFalse();
      assertThat(
              LocksGrpc.newBlockingStub(quoin.channel())
                  .get(GetRequest.newBuilder().setName("leader").build())
                  .getHeld())
          .isTrue();
      Eventually.until("the watch is up to date", () -> !watch.isStale());
      List<String> connection = containing(logs, "connect");
      assertThat(connection).hasSize(2).allSatisfy(line -> assertThat(line).contains(address));
      Eventually.until(
          "the streams go on", () -> containing(logs, "Config/Watch at " + address).size() != 1);
      assertThat(containing(logs, "Config/Watch")).hasSizeLessThanOrEqualTo(2);
      assertThat(held.isHeld()).isTrue();
    }
  }

  private static List<String> containing(RecordedLogs logs, String text) {
    return logs.messages().stream().filter(line -> line.contains(text)).toList();
  }

  @Test
  void whoHasNoMoreTimeHearsThatNobodyCouldBeReached() {
    try (Quoin nowhere =
        Quoin.builder().address("localhost:1").deadline(Duration.ofMillis(700)).build()) {
      long begin = System.nanoTime();
      assertThatThrownBy(() -> nowhere.locks().get(r -> r.setName("report")))
          .isInstanceOf(UnavailableException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .isBetween(Duration.ofMillis(600), Duration.ofSeconds(10));
    }
  }

  @Test
  void aCallInAPauseCanBeCancelled() {
    try (Quoin nowhere =
        Quoin.builder().address("localhost:1").deadline(Duration.ofMinutes(1)).build()) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> nowhere.locks().get(r -> r.setName("report")))
          .isInstanceOf(QuoinException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void aClosedClientSaysSo() {
    Quoin nowhere =
        Quoin.builder().address("localhost:1").deadline(Duration.ofMillis(1_500)).build();
    CompletableFuture<GetResponse> underWay = nowhere.locks().getAsync(r -> r.setName("report"));
    nowhere.close();
    assertThatThrownBy(() -> underWay.get(20, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> nowhere.locks().get(r -> r.setName("report")))
        .isInstanceOf(ClosedException.class);
    assertThatThrownBy(
            () -> nowhere.locks().hold("report", LockOptions.lease(Duration.ofMinutes(1))))
        .isInstanceOf(ClosedException.class);
    assertThatThrownBy(() -> nowhere.logs().writer("log")).isInstanceOf(ClosedException.class);
    assertThatThrownBy(
            () ->
                LocksGrpc.newBlockingStub(nowhere.channel())
                    .get(GetRequest.newBuilder().setName("report").build()))
        .satisfies(
            failure ->
                assertThat(QuoinException.from(failure)).isInstanceOf(ClosedException.class));
  }
}
