// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What takes long goes beside the event loops; how much of it waits is bounded. */
@Timeout(30)
final class WorkersTest {
  private static final long DEAR = 10_000;

  private final Workers workers = new Workers("test-workers", 1);
  private final AtomicBoolean gone = new AtomicBoolean();
  private final RequestContext scope = new RequestContext("default", null, null, gone::get);
  private final CountDownLatch free = new CountDownLatch(1);

  private CompletableFuture<Thread> occupy() {
    return workers.compute(scope("stays"), DEAR, thread(() -> await(free)));
  }

  private static RequestContext scope(String namespace) {
    return new RequestContext(namespace, null);
  }

  private static Supplier<Thread> thread(Runnable first) {
    return () -> {
      first.run();
      return Thread.currentThread();
    };
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void onlyWhatIsCheapIsComputedByWhoeverAsks() throws Exception {
    assertThat(workers.compute(scope, 10, thread(() -> {})).get()).isSameAs(Thread.currentThread());
    assertThat(workers.compute(scope, DEAR, thread(() -> {})).get().getName())
        .startsWith("test-workers");
  }

  @Test
  void whatNobodyWaitsForIsNotDone() throws Exception {
    CompletableFuture<Thread> busy = occupy();
    AtomicInteger done = new AtomicInteger();
    CompletableFuture<Integer> unwanted = workers.compute(scope, DEAR, done::incrementAndGet);
    CompletableFuture<Integer> wanted =
        workers.compute(scope("other"), DEAR, done::incrementAndGet);
    gone.set(true);
    free.countDown();

    busy.get();
    assertThat(wanted.get()).isEqualTo(1);
    assertThatThrownBy(unwanted::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ApiException.class);
    assertThat(done).hasValue(1);
  }

  /** A job takes 100 ms here: when some wait already, another would wait too long. */
  @Test
  void whatWouldWaitTooLongIsRefusedAtOnce() throws Exception {
    workers.compute(scope, DEAR, thread(() -> pause(100))).get();
    occupy();
    List<CompletableFuture<Thread>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(workers.compute(scope, DEAR, thread(() -> {})));
    }

    List<CompletableFuture<Thread>> refused =
        all.stream().filter(CompletableFuture::isCompletedExceptionally).toList();
    assertThat(refused).hasSizeBetween(80, 99);
    assertThatThrownBy(refused.get(0)::get)
        .satisfies(
            failure ->
                assertThat(((ApiException) failure.getCause()).reason())
                    .isEqualTo(ErrorReason.ERROR_REASON_OVERLOADED));
    free.countDown();
    all.get(0).get();
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
