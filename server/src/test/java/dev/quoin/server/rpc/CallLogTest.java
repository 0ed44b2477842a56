// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.redis.Seal;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CallLogTest {
  private static final String RPC = "quoin.locks.v1.Locks/Acquire";
  private final Logger logger = Logger.getLogger("dev.quoin.calls");
  private final List<LogRecord> records = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          records.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    logger.setLevel(Level.INFO);
  }

  @AfterEach
  void stop() {
    logger.removeHandler(handler);
    logger.setUseParentHandlers(true);
  }

  private static Call call(String... headers) {
    Metadata metadata = new Metadata();
    for (int i = 0; i < headers.length; i += 2) {
      metadata.put(Metadata.Key.of(headers[i], Metadata.ASCII_STRING_MARSHALLER), headers[i + 1]);
    }
    return new Call(
        metadata, new Drain(), Seal.random(), CallRecorder.none().of(LocksGrpc.getAcquireMethod()));
  }

  private static void end(CallLog log, Call call, boolean isUnary, double took, double waited) {
    log.ended(RPC, isUnary, call, Status.Code.OK, nanos(took), nanos(waited));
  }

  private static long nanos(double seconds) {
    return Math.round(seconds * TimeUnit.SECONDS.toNanos(1));
  }

  @Test
  void aCallThatTakesLongIsLoggedWithAllThatFindsItAgain() {
    CallLog log = new CallLog(Duration.ofSeconds(1), false);
    end(log, call("quoin-request-id", "id-7", "quoin-namespace", "shop"), true, 1.5, 0.25);
    log.close();

    assertThat(records).hasSize(1);
    assertThat(records.get(0).getLevel()).isEqualTo(Level.WARNING);
    assertThat(records.get(0).getMessage())
        .isEqualTo(
            RPC
                + " request_id=id-7 namespace=shop principal=\"\" status=OK duration_ms=1500.0"
                + " waited_ms=250.0");
  }

  @Test
  void whatWasWaitedForAndStreamsAreNotSlow() {
    CallLog log = new CallLog(Duration.ofSeconds(1), false);
    end(log, call(), true, 9, 8.5);
    end(log, call(), false, 9_000, 0);
    end(log, call(), true, 0.9, 0);
    log.close();

    assertThat(records).isEmpty();
  }

  @Test
  void zeroLogsNoSlowCalls() {
    CallLog log = new CallLog(Duration.ZERO, false);
    end(log, call(), true, 100, 0);
    log.close();

    assertThat(records).isEmpty();
  }

  @Test
  void allCallsAreLoggedUpToABound() {
    CallLog log = new CallLog(Duration.ZERO, true);
    for (int i = 0; i < 3 * CallLog.MOST_PER_SECOND; i++) {
      end(log, call(), i % 2 == 0, 0.001, 0);
    }
    log.close();

    // Those of one second, and what this loop takes beyond that.
    assertThat(records).hasSizeBetween(CallLog.MOST_PER_SECOND, 2 * CallLog.MOST_PER_SECOND + 900);
    assertThat(records.get(0).getLoggerName()).isEqualTo(CallLog.ALL_CALLS);
  }

  @Test
  void aNamespaceCannotLookLikeAnotherField() {
    CallLog log = new CallLog(Duration.ofSeconds(1), false);
    end(log, call("quoin-namespace", "x status=OK principal=\"root\""), true, 2, 0);
    log.close();

    assertThat(records.get(0).getMessage())
        .contains("namespace=x?status=OK?principal=\"root\" principal=\"\" status=OK");
  }

  @Test
  void theFirstEndOfACallCounts() {
    CallLog log = new CallLog(Duration.ZERO, true);
    CallRecorder.Begun begun =
        new CallRecorder(dev.quoin.server.telemetry.Telemetry.none(), log)
            .of(LocksGrpc.getAcquireMethod())
            .begin(call(), new Metadata());
    begun.end(Status.Code.ABORTED);
    begun.end(Status.Code.OK);
    log.close();

    assertThat(records).hasSize(1);
    assertThat(records.get(0).getMessage()).contains("status=ABORTED");
  }
}
