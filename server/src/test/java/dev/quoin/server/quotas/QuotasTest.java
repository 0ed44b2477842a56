// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.quotas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Struct;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import dev.quoin.access.v1.Permission;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.DeleteRequest;
import dev.quoin.config.v1.RollbackRequest;
import dev.quoin.config.v1.SetMaintenanceRequest;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.external.keda.ExternalScalerGrpc;
import dev.quoin.external.keda.IsActiveResponse;
import dev.quoin.external.keda.ScaledObjectRef;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.WriteStreamRequest;
import dev.quoin.logs.v1.WriteStreamResponse;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.PauseRequest;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.server.access.RpcMethod;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.social.v1.HideRequest;
import dev.quoin.social.v1.ModerationGrpc;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.SuspendRequest;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Namespaces that use as much as they may. */
@Tag("redis")
final class QuotasTest {
  private static final RpcMethod GET =
      new RpcMethod("quoin.locks.v1.Locks", "Get", Permission.PERMISSION_READ, false);

  @TempDir Path folder;
  private Path file;
  private TestServer server;

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "namespaces: ['*']; namespaces: [batch]; quotas[1].namespaces: batch",
        "namespaces: [a, 'prod-*']; namespaces: [b, 'prod-eu-*']; quotas[1].namespaces: prod-eu-*",
        "principals: ['app-*']; principals: [app-1]; quotas[1].principals: app-1",
      })
  void entryThatCanNeverBeReachedIsRefused(String first, String second, String place) {
    String text = "quotas: [{%s, open_calls: 1}, {%s, open_calls: 2}]";
    assertThatThrownBy(() -> Quota.parse(text.formatted(first, second)))
        .isInstanceOf(BadSettings.class)
        .hasMessageStartingWith(place + " can never be reached, since quotas[0] matches it first");
    assertThat(Quota.parse(text.formatted(second, first))).hasSize(2);
  }

  @Test
  void callsOfASecondAreCounted() throws Exception {
    start("[{namespaces: [busy], calls_per_second: 5, burst: 8}]");
    long begin = System.nanoTime();
    int served = 0;
    for (int i = 0; i < 200; i++) {
      served += isServed("busy") ? 1 : 0;
    }
    double seconds = (System.nanoTime() - begin) / 1e9;

    assertThat(served).isBetween(8, 8 + (int) Math.ceil(seconds * 5));
    Refused refused = Refused.by(() -> refuse("busy"));
    assertThat(refused.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(refused.reason()).isEqualTo("QUOTA_EXCEEDED");
    assertThat(refused.status().getMessage())
        .isEqualTo("namespace \"busy\" has as much as its quota allows: calls_per_second 5");
    assertThat(refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap())
        .containsEntry("subject", "namespace:busy")
        .containsEntry("quota", "calls_per_second")
        .containsEntry("limit", "5");
    assertThat(refused.detail(QuotaFailure.class).orElseThrow().getViolations(0).getSubject())
        .isEqualTo("namespace:busy");
    assertThat(refused.detail(RetryInfo.class)).isPresent();
    assertThat(isServed("other")).isTrue();
    Eventually.until("there is room again", () -> isServed("busy"));
  }

  /** Fifty callers at once, of whom no more are let in than may be. */
  @Test
  void callersAtOnceGetNoMoreThanTheQuota() throws Exception {
    start("[{namespaces: [busy], calls_per_second: 1, burst: 20}]");
    AtomicInteger served = new AtomicInteger();
    long begin = System.nanoTime();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      Thread caller =
          new Thread(
              () -> {
                for (int n = 0; n < 10; n++) {
                  served.addAndGet(isServed("busy") ? 1 : 0);
                }
              });
      caller.start();
      callers.add(caller);
    }
    for (Thread caller : callers) {
      caller.join(TimeUnit.SECONDS.toMillis(60));
    }

    double seconds = (System.nanoTime() - begin) / 1e9;
    assertThat(served.get()).isBetween(20, 20 + (int) Math.ceil(seconds));
  }

  @Test
  void openCallsAreCountedUntilTheyEnd() throws Exception {
    start("[{namespaces: ['b*'], open_calls: 2}]");
    ManagedChannel channel = server.newChannel();
    List<OpenStream<HoldRequest, HoldResponse>> held = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      OpenStream<HoldRequest, HoldResponse> stream = new OpenStream<>();
      LocksGrpc.newStub(channel)
          .withInterceptors(TestServer.in("busy"))
          .hold(HoldRequest.newBuilder().setName("a" + i).build(), stream);
      stream.any();
      held.add(stream);
    }
    assertThat(Refused.by(() -> get("busy")).status().getMessage()).contains("open_calls 2");
    assertThat(isServed("because")).isTrue();

    channel.shutdownNow();

    Eventually.until("they have ended", () -> isServed("busy"));
  }

  @Test
  void largeRequestsAreRefused() throws Exception {
    start("[{namespaces: [small], request_bytes: 100}]");
    AcquireRequest large =
        AcquireRequest.newBuilder().setName("a").setLabel("x".repeat(100)).build();

    Refused refused = Refused.by(() -> server.locksIn("small").acquire(large));

    assertThat(refused.reason()).isEqualTo("QUOTA_EXCEEDED");
    assertThat(refused.status().getMessage()).contains("request_bytes 100");
    assertThat(refused.detail(RetryInfo.class)).as("it will be as large again").isEmpty();
    assertThat(server.locksIn("other").acquire(large).getAcquired()).isTrue();
    assertThat(
            server
                .locksIn("small")
                .acquire(AcquireRequest.newBuilder().setName("a").build())
                .getAcquired())
        .isTrue();
  }

  /** Who stores too much may read, renew, give back and remove, and nothing else. */
  @Test
  void whoStoresTooMuchMayMakeRoom() throws Exception {
    start("[{namespaces: [full], stored_keys: 5}]");
    String token = "";
    for (int i = 0; i < 10; i++) {
      token =
          server
              .locksIn("full")
              .acquire(AcquireRequest.newBuilder().setName("a" + i).build())
              .getToken();
    }
    measure();

    Refused refused =
        Refused.by(
            () -> server.locksIn("full").acquire(AcquireRequest.newBuilder().setName("b").build()));
    assertThat(refused.status().getMessage()).contains("stored_keys 5");
    assertThat(isServed("full")).isTrue();
    assertThat(
            server
                .locksIn("full")
                .release(ReleaseRequest.newBuilder().setName("a9").setToken(token).build())
                .getReleased())
        .isTrue();

    TestRedis.clear();
    measure();
    assertThat(
            server
                .locksIn("full")
                .acquire(AcquireRequest.newBuilder().setName("b").build())
                .getAcquired())
        .isTrue();
  }

  /** What is wrong has to be stopped before room can be made. */
  @Test
  void operatorsActWhereTooMuchIsStored() throws Exception {
    start("[{namespaces: [full], stored_keys: 1}]");
    var inFull = TestServer.in("full");
    ConfigGrpc.ConfigBlockingStub config =
        ConfigGrpc.newBlockingStub(server.channel()).withInterceptors(inFull);
    SetRequest set =
        SetRequest.newBuilder()
            .setType("t")
            .setComponent("c")
            .setValue(Struct.getDefaultInstance())
            .build();
    long version = config.set(set).getVersion();
    long user =
        UsersGrpc.newBlockingStub(server.channel())
            .withInterceptors(inFull)
            .create(UsersCreateRequest.newBuilder().setLogin("ann").setName("Ann").build())
            .getUserId();
    long status =
        StatusesGrpc.newBlockingStub(server.channel())
            .withInterceptors(inFull)
            .post(StatusesPostRequest.newBuilder().setAuthorId(user).setText("spam").build())
            .getStatusId();
    measure();
    assertThat(Refused.by(() -> config.set(set)).reason()).isEqualTo("QUOTA_EXCEEDED");

    config.setMaintenance(SetMaintenanceRequest.newBuilder().setName("shop").setOn(true).build());
    config.delete(DeleteRequest.newBuilder().setType("t").setComponent("c").build());
    assertThat(
            config
                .rollback(
                    RollbackRequest.newBuilder()
                        .setType("t")
                        .setComponent("c")
                        .setVersion(version)
                        .build())
                .getStored())
        .isTrue();
    ModerationGrpc.ModerationBlockingStub moderation =
        ModerationGrpc.newBlockingStub(server.channel()).withInterceptors(inFull);
    assertThat(
            moderation
                .hide(HideRequest.newBuilder().setStatusId(status).setHidden(true).build())
                .getChanged())
        .isTrue();
    assertThat(
            moderation
                .suspend(SuspendRequest.newBuilder().setUserId(user).setSuspended(true).build())
                .getChanged())
        .isTrue();
    QueuesGrpc.newBlockingStub(server.channel())
        .withInterceptors(inFull)
        .pause(PauseRequest.newBuilder().setQueue("q").build());
  }

  /** KEDA sends no headers: its trigger names the namespace, whose quota counts. */
  @Test
  void callsOfTheScalerCountWhereItsTriggerLooks() throws Exception {
    start(
        "[{namespaces: [mail], calls_per_second: 1, burst: 3, open_calls: 1},"
            + " {namespaces: [default], calls_per_second: 1, burst: 1}]");
    ExternalScalerGrpc.ExternalScalerBlockingStub scaler =
        ExternalScalerGrpc.newBlockingStub(server.channel());
    ScaledObjectRef mail =
        ScaledObjectRef.newBuilder()
            .putScalerMetadata("namespace", "mail")
            .putScalerMetadata("queue", "q")
            .build();
    scaler.isActive(mail);
    scaler.isActive(mail);
    OpenStream<ScaledObjectRef, IsActiveResponse> stream = new OpenStream<>();
    ExternalScalerGrpc.newStub(server.channel()).streamIsActive(mail, stream);
    stream.any();

    Refused refused = Refused.by(() -> scaler.isActive(mail));
    assertThat(refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap())
        .containsEntry("subject", "namespace:mail")
        .containsEntry("quota", "open_calls");
    // Nothing of it was the business of the namespace that no header named.
    assertThat(isServed("default")).isTrue();

    stream.cancel();
    Eventually.until("the stream has left room", () -> isActive(scaler, mail));
  }

  private static boolean isActive(
      ExternalScalerGrpc.ExternalScalerBlockingStub scaler, ScaledObjectRef object) {
    try {
      scaler.isActive(object);
      return true;
    } catch (io.grpc.StatusRuntimeException e) {
      return false;
    }
  }

  /** Tasks that nobody may take out stay for good. */
  @Test
  void queuesAreEmptiedWhereTooMuchIsStored() throws Exception {
    start("[{namespaces: [full], stored_keys: 1}]");
    QueuesGrpc.QueuesBlockingStub queues =
        QueuesGrpc.newBlockingStub(server.channel()).withInterceptors(TestServer.in("full"));
    EnqueueRequest task =
        EnqueueRequest.newBuilder()
            .setQueue("q")
            .setTask(NewTask.newBuilder().setKind("k"))
            .build();
    queues.enqueue(task);
    measure();
    assertThat(Refused.by(() -> queues.enqueue(task)).reason()).isEqualTo("QUOTA_EXCEEDED");

    assertThat(
            queues
                .lease(LeaseRequest.newBuilder().addQueues("q").setMaxItems(1).build())
                .getTasksCount())
        .isEqualTo(1);
  }

  /** Whoever began to send before does not go on for ever. */
  @Test
  void streamsEndWhereTooMuchIsStored() throws Exception {
    start("[{namespaces: [full], stored_keys: 1}]");
    CompletableFuture<Void> outcome = new CompletableFuture<>();
    StreamObserver<WriteStreamRequest> writer =
        LogsGrpc.newStub(server.channel())
            .withInterceptors(TestServer.in("full"))
            .writeStream(
                new StreamObserver<>() {
                  @Override
                  public void onNext(WriteStreamResponse response) {}

                  @Override
                  public void onError(Throwable failure) {
                    outcome.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    outcome.complete(null);
                  }
                });
    writer.onNext(entry("a"));
    Eventually.until(
        "it is written",
        () -> {
          measure();
          return server.server().storage().of("full").keys() > 1;
        });
    assertThat(outcome).isNotDone();

    writer.onNext(entry("b"));

    assertThat(
            Refused.of(outcome.handle((done, failure) -> failure).get(20, TimeUnit.SECONDS))
                .reason())
        .isEqualTo("QUOTA_EXCEEDED");
  }

  private static WriteStreamRequest entry(String text) {
    return WriteStreamRequest.newBuilder()
        .setName("log")
        .addEntries(LogEntry.newBuilder().setText(text))
        .build();
  }

  /** One principal at its limit leaves the others of the namespace what is theirs. */
  @Test
  void principalAtItsLimitTakesNothingFromItsNamespace() throws Exception {
    write(
        "[{namespaces: [n], calls_per_second: 1, burst: 50}, {principals: [loud], open_calls: 1}]");
    try (Quotas quotas = new Quotas(file.toString())) {
      quotas.begin(GET, "n", "loud");
      for (int i = 0; i < 200; i++) {
        assertThatThrownBy(() -> quotas.begin(GET, "n", "loud"))
            .hasMessageContaining("principal \"loud\"");
      }
      for (int i = 0; i < 49; i++) {
        quotas.begin(GET, "n", "quiet");
      }
      assertThatThrownBy(() -> quotas.begin(GET, "n", "quiet"))
          .hasMessageContaining("namespace \"n\"");
    }
  }

  /** What is open when the quotas change is open still. */
  @Test
  void openCallsCountWhenQuotasChange() throws Exception {
    write("[{namespaces: [n], open_calls: 2}]");
    try (Quotas quotas = new Quotas(file.toString())) {
      Quotas.Begun first = quotas.begin(GET, "n", "");
      quotas.begin(GET, "n", "");
      assertThatThrownBy(() -> quotas.begin(GET, "n", "")).hasMessageContaining("open_calls 2");

      write("[{namespaces: [n], open_calls: 3}]");
      Eventually.until("one more may be open", () -> begins(quotas));

      assertThatThrownBy(() -> quotas.begin(GET, "n", "")).hasMessageContaining("open_calls 3");
      first.end();
      first.end();
      quotas.begin(GET, "n", "");
      assertThatThrownBy(() -> quotas.begin(GET, "n", "")).hasMessageContaining("open_calls 3");
    }
  }

  private static boolean begins(Quotas quotas) {
    try {
      quotas.begin(GET, "n", "");
      return true;
    } catch (ApiException e) {
      return false;
    }
  }

  /** Names of any length that are no namespaces are kept nowhere. */
  @Test
  void namespacesThatCannotBeAreCountedNowhere() throws Exception {
    start("[{namespaces: ['*'], calls_per_second: 1, burst: 1}]");
    for (int i = 0; i < 3; i++) {
      assertThat(Refused.by(() -> get("No_Namespace")).reason()).isEqualTo("INVALID_REQUEST");
    }
  }

  /** What is stored is known where the size of keys cannot be asked for, and after failures. */
  @Test
  void keysAreCountedWithoutTheirSizes() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes")) {
      redis
          .commands()
          .aclSetuser(
              "quoin",
              AclSetuserArgs.Builder.on()
                  .addPassword("secret")
                  .allKeys()
                  .allChannels()
                  .allCommands()
                  .removeCommand(CommandType.MEMORY));
      server = TestServer.start("redis", "redis://quoin:secret@127.0.0.1:" + redis.port());
      server.locksIn("full").acquire(AcquireRequest.newBuilder().setName("a").build());

      measure();

      assertThat(server.server().storage().of("full").keys()).isPositive();
      server.close();
      server = null;
    }
  }

  /** What one namespace may not do costs the others nothing. */
  @Test
  void oneAtItsLimitDoesNotSlowTheOthers() throws Exception {
    start("[{namespaces: [busy], calls_per_second: 100}]");
    long alone = median();
    List<Thread> floods = new ArrayList<>();
    AtomicInteger flooded = new AtomicInteger();
    for (int i = 0; i < 4; i++) {
      Thread flood =
          new Thread(
              () -> {
                while (!Thread.currentThread().isInterrupted()) {
                  isServed("busy");
                  flooded.incrementAndGet();
                }
              });
      flood.start();
      floods.add(flood);
    }
    long beside = median();
    floods.forEach(Thread::interrupt);

    assertThat(flooded.get()).isGreaterThan(100);
    // They share the machine with the flood itself: a bound for what is out of all proportion.
    assertThat(beside).isLessThan(TimeUnit.MILLISECONDS.toNanos(20) + 20 * alone);
  }

  @Test
  void changedQuotasHold() throws Exception {
    start("[{namespaces: [busy], request_bytes: 1}]");
    Refused.by(() -> get("busy"));

    Files.writeString(file, "quotas: []");

    Eventually.until("there is no quota", () -> isServed("busy"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[{calls_per_second: 1}] | quotas[0]: must name either namespaces or principals",
        "[{namespaces: [a], principals: [b]}] | quotas[0]: must name either namespaces or principals",
        "[{namespaces: [a], calls: 1}] | quotas[0].calls: there is no such field",
        "[{namespaces: [a], open_calls: 0}] | quotas[0].open_calls: must be a whole number of at least 1",
        "[{namespaces: [a], open_calls: 1.5}] | quotas[0].open_calls: must be a whole number",
        "[{principals: [a], stored_keys: 1}] | quotas[0]: what is stored is counted for namespaces only",
        "[{namespaces: [a], burst: 9}] | quotas[0].burst: needs calls_per_second",
        "[{namespaces: [a, Batch_1], open_calls: 1}] | quotas[0].namespaces: Batch_1 is no namespace",
        "{} | quotas: must be a list"
      })
  void brokenQuotasSayWhere(String quotas, String message) {
    assertThatThrownBy(() -> Quota.parse("quotas: " + quotas))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining(message);
  }

  private void write(String quotas) throws IOException {
    file = Files.writeString(folder.resolve("quotas.yaml"), "quotas: " + quotas);
  }

  private void start(String quotas) throws IOException {
    write(quotas);
    server =
        TestServer.start(
            "redis", TestRedis.uri(), "redis-timeout", "10s", "quotas", file.toString());
  }

  private void measure() {
    StorageSampler storage = server.server().storage();
    // Until a walk has ended that began now.
    for (int i = 0; i < 2; i++) {
      Eventually.until(
          "a walk has ended",
          () -> storage.step().toCompletableFuture().join() > 0 && storage.isBetweenWalks());
    }
    storage.readNow().toCompletableFuture().join();
  }

  private long median() {
    List<Long> nanos = new ArrayList<>();
    for (int i = 0; i < 101; i++) {
      long begin = System.nanoTime();
      get("other");
      nanos.add(System.nanoTime() - begin);
    }
    return nanos.stream().sorted().toList().get(50);
  }

  /** Calls until there is no room. */
  private void refuse(String namespace) {
    for (int i = 0; i < 1_000; i++) {
      get(namespace);
    }
  }

  private boolean isServed(String namespace) {
    try {
      get(namespace);
      return true;
    } catch (io.grpc.StatusRuntimeException e) {
      return false;
    }
  }

  private void get(String namespace) {
    server.locksIn(namespace).get(GetRequest.newBuilder().setName("a").build());
  }
}
