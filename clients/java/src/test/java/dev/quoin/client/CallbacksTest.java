// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.util.Durations;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.SetMaintenanceRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.queues.v1.Backoff;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a client does with functions of users that throw whatever can be thrown. */
class CallbacksTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final Duration LEASE = Duration.ofSeconds(30);

  private final String namespace = SharedServer.freshNamespace();
  private final Quoin quoin = SERVER.client(namespace);

  @AfterEach
  void close() {
    quoin.close();
  }

  /** What is thrown. */
  enum Thrown {
    EXCEPTION {
      @Override
      Throwable made() {
        return new IllegalStateException("cannot");
      }
    },
    ERROR {
      @Override
      Throwable made() {
        return new StackOverflowError();
      }
    },
    NEITHER_OF_THEM {
      @Override
      Throwable made() {
        return new Throwable("neither exception nor error");
      }
    },
    WITHOUT_A_TEXT {
      @Override
      Throwable made() {
        return new TextlessException();
      }
    },
    NULL_AS_TEXT {
      @Override
      Throwable made() {
        return new Exception() {
          private static final long serialVersionUID = 1;

          @Override
          public String toString() {
            return null;
          }
        };
      }
    },
    HALF_A_CHARACTER {
      @Override
      Throwable made() {
        return new Exception("\ud83d".repeat(3_000) + '\u0000');
      }
    };

    abstract Throwable made();

    /** Throws it, whatever may be declared. */
    <T, X extends Throwable> T now() throws X {
      Thread.currentThread().interrupt();
      @SuppressWarnings("unchecked")
      X unchecked = (X) made();
      throw unchecked;
    }

    void nowUnchecked() {
      this.<Void, RuntimeException>now();
    }
  }

  /** Its text cannot be made: that fails with an error whose text cannot be made, either. */
  private static final class TextlessException extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new TextlessException();
    }
  }

  @ParameterizedTest
  @EnumSource
  void handlers(Thrown thrown) throws Exception {
    Queues queues = quoin.queues();
    Backoff atOnce = Backoff.newBuilder().setInitial(Durations.fromMillis(1)).build();
    String bad =
        enqueue(Queues.task("job", "bad").toBuilder().setBackoff(atOnce).setMaxAttempts(2).build());
    String good = enqueue(Queues.task("job", "good"));
    WorkerOptions options =
        WorkerOptions.of("work")
            .withConcurrency(1)
            .withHandler(
                "job",
                task -> task.text().equals("bad") ? thrown.<byte[], RuntimeException>now() : null);
    try (QueueWorker worker = queues.work(options)) {
      TaskStatus end = queues.ended("work", bad).get(20, TimeUnit.SECONDS);
      assertThat(end.getState()).isEqualTo(TaskState.TASK_STATE_DEAD);
      assertThat(end.getErrorsCount()).isEqualTo(2);
      assertThat(queues.ended("work", good).get(20, TimeUnit.SECONDS).getState())
          .isEqualTo(TaskState.TASK_STATE_DONE);
    }
    assertThat(queues.getStats(r -> r.setQueue("work")).getLeasedCount()).isZero();
  }

  private String enqueue(NewTask task) {
    return quoin.queues().enqueue(r -> r.setQueue("work").setTask(task)).getTaskId();
  }

  @ParameterizedTest
  @EnumSource
  void listenersForALossAndForThePlaceInLine(Thrown thrown) throws Exception {
    LeaseHandle first = quoin.locks().hold("report", LockOptions.lease(LEASE));
    BlockingQueue<Lost> losses = new LinkedBlockingQueue<>();
    first.onLost(reason -> thrown.nowUnchecked());
    first.onLost(losses::add);
    BlockingQueue<Long> places = new LinkedBlockingQueue<>();
    LockOptions options =
        LockOptions.lease(LEASE)
            .withOnWaiting(
                place -> {
                  places.add(place);
                  thrown.nowUnchecked();
                });
    CompletableFuture<LeaseHandle> second = quoin.locks().holdAsync("report", options);
    assertThat(places.poll(20, TimeUnit.SECONDS)).isEqualTo(1);

    quoin.locks().revoke(r -> r.setName("report").setExplanation("for a test"));

    assertThat(losses.poll(20, TimeUnit.SECONDS).getReason())
        .isEqualTo(LostReason.LOST_REASON_REVOKED);
    assertThat(second.get(20, TimeUnit.SECONDS).isHeld()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void listenersOfWatches(Thrown thrown) throws Exception {
    Config config = quoin.config();
    try (ConfigWatch watch = config.watch("shop");
        ServiceWatch services = config.watchService("shop")) {
      BlockingQueue<Configuration> changes = new LinkedBlockingQueue<>();
      watch.onChange(change -> thrown.nowUnchecked());
      watch.onChange(changes::add);
      BlockingQueue<Integer> sizes = new LinkedBlockingQueue<>();
      services.onChange(instances -> thrown.nowUnchecked());
      services.onChange(instances -> sizes.add(instances.size()));
      watch.ready().get(20, TimeUnit.SECONDS);
      services.ready().get(20, TimeUnit.SECONDS);

      config.set(
          r -> r.setType("shop").setComponent("limits").setValue(Structs.of(Map.of("most", 3))));
      assertThat(changes.poll(20, TimeUnit.SECONDS)).isNotNull();
      try (Announcement announcement = config.announce("shop", "localhost:1")) {
        Eventually.until("it is announced", () -> sizes.contains(1));
      }
      Eventually.until("it is gone", () -> List.copyOf(sizes).get(sizes.size() - 1) == 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void listenersOfLocksAndCounters(Thrown thrown) throws Exception {
    BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    BlockingQueue<Object> samples = new LinkedBlockingQueue<>();
    try (ResumableStream<?, ?> watch =
            quoin
                .locks()
                .watch(
                    r -> r.setName("report"),
                    event -> {
                      events.add(event);
                      thrown.nowUnchecked();
                    });
        ResumableStream<?, ?> counter =
            quoin
                .counters()
                .watch(
                    r -> r.setName("hits").setPrecision(Durations.fromSeconds(1)),
                    seen -> {
                      samples.add(seen);
                      thrown.nowUnchecked();
                    })) {
      watch.ready().get(20, TimeUnit.SECONDS);
      assertThat(events.poll(20, TimeUnit.SECONDS)).isNotNull();
      quoin.locks().tryAcquire("report", LEASE);
      assertThat(events.poll(20, TimeUnit.SECONDS)).isNotNull();
      assertThat(samples.poll(20, TimeUnit.SECONDS)).isNotNull();
      assertThat(samples.poll(20, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource
  void listenersOfChatsAndLogs(Thrown thrown) throws Exception {
    Chat chats = quoin.chat();
    String room = chats.create(r -> r.setActor("ann").addUsers("bob")).getChatId();
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    try (ChatSubscription subscription =
            chats.subscribe(
                r -> r.setUser("ann"),
                (chat, event) -> {
                  heard.add(event.getMessage().getBody());
                  thrown.nowUnchecked();
                });
        LogTail tail =
            quoin
                .logs()
                .tail(
                    r -> r.addNames("web"),
                    (name, entry) -> {
                      heard.add(entry.getText());
                      thrown.nowUnchecked();
                    })) {
      Eventually.until("the tail has begun", () -> !tail.cursor().isEmpty());
      for (String text : List.of("first", "second")) {
        chats.send(r -> r.setChatId(room).setSender("ann").setBody("message " + text));
        quoin.logs().write(r -> r.setName("web").setText("entry " + text));
        Eventually.until(
            "both are heard",
            () -> heard.contains("message " + text) && heard.contains("entry " + text));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatNamesCallers(Thrown thrown) throws Exception {
    ConfigGrpc.newBlockingStub(quoin.channel())
        .setMaintenance(SetMaintenanceRequest.newBuilder().setName("shop").setOn(true).build());
    try (MaintenanceWatch watch = quoin.config().watchMaintenance("shop")) {
      watch.ready().get(20, TimeUnit.SECONDS);
      Server shop =
          NettyServerBuilder.forPort(0)
              .addService(
                  ServerInterceptors.intercept(
                      new LocksGrpc.LocksImplBase() {},
                      new MaintenanceInterceptor(
                          watch, (call, headers) -> thrown.<String, RuntimeException>now())))
              .build()
              .start();
      ManagedChannel channel =
          Grpc.newChannelBuilder("localhost:" + shop.getPort(), InsecureChannelCredentials.create())
              .build();
      try {
        assertThat(
                catchThrowable(
                    () -> LocksGrpc.newBlockingStub(channel).get(GetRequest.getDefaultInstance())))
            .extracting(failure -> Status.fromThrowable(failure).getCode())
            .isEqualTo(Status.Code.UNAVAILABLE);
      } finally {
        channel.shutdownNow();
        shop.shutdownNow();
      }
    }
  }

  @Test
  void theWorkThatIsDoneWhileALockIsHeld() {
    for (Thrown thrown : Thrown.values()) {
      assertThat(
              catchThrowable(
                  () ->
                      quoin
                          .locks()
                          .run("report", LockOptions.lease(LEASE), l -> thrown.nowUnchecked())))
          .isNotNull();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(quoin.locks().get(r -> r.setName("report")).getHeld()).as(thrown.name()).isFalse();
    }
  }
}
