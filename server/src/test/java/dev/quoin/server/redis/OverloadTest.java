// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.Durations;
import com.google.rpc.RetryInfo;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.GetRequest;
import dev.quoin.config.v1.GetResponse;
import dev.quoin.config.v1.ListRequest;
import dev.quoin.config.v1.ListResponse;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.errors.v1.ErrorsGrpc;
import dev.quoin.errors.v1.ListReasonsRequest;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.locks.v1.ReleaseResponse;
import dev.quoin.server.testing.BadProxy;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import dev.quoin.social.v1.StatusesBatchGetRequest;
import dev.quoin.social.v1.StatusesBatchGetResponse;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.UsersBatchGetRequest;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersGrpc;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What callers get when there is more to do in Redis than it can do. Redis is frozen meanwhile. */
final class OverloadTest {
  /** More than are sent to Redis before the first of them is answered, of small ones. */
  private static final int MORE_THAN_ARE_SENT = 600;

  private static final Duration LONG = Duration.ofSeconds(60);

  private RedisProcess redis;
  private TestServer server;

  @BeforeEach
  void start() {
    redis = RedisProcess.start("--appendonly", "no");
    // One connection; nothing ends by itself while Redis is frozen.
    server =
        TestServer.start(
            "redis",
            redis.uri(),
            "threads",
            "1",
            "redis-timeout",
            "60s",
            "max-redis-commands",
            "1000");
    acquire("so that Redis knows the script, and the server how long a reply is");
  }

  @AfterEach
  void stop() {
    redis.unfreeze();
    server.close();
    redis.close();
  }

  @Test
  void whatIsTooMuchIsRefusedAtOnceAndTheRestIsDone() throws Exception {
    redis.freeze();
    List<ListenableFuture<AcquireResponse>> calls = acquireMany("a", 1500);
    Eventually.until(
        LONG, "500 are refused", () -> calls.stream().filter(c -> c.isDone()).count() == 500);
    for (ListenableFuture<AcquireResponse> call : calls) {
      if (call.isDone()) {
        Refused refused = refusal(call);
        assertThat(refused.code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(refused.reason()).isEqualTo("OVERLOADED");
        assertThat(refused.detail(RetryInfo.class)).isPresent();
      }
    }

    redis.unfreeze();

    Eventually.until(LONG, "all are answered", () -> calls.stream().allMatch(c -> c.isDone()));
    assertThat(Futures.successfulAsList(calls).get().stream().filter(r -> r != null)).hasSize(1000);
    acquire("and the server is as before");
  }

  @Test
  void releaseGoesBeforeWorkThatCameEarlier() throws Exception {
    release("warm", acquire("warm").getToken()).get(60, TimeUnit.SECONDS);
    String token = acquire("held").getToken();
    redis.freeze();
    acquireMany("other", MORE_THAN_ARE_SENT);
    ListenableFuture<AcquireResponse> next =
        server.futureLocks().acquire(AcquireRequest.newBuilder().setName("held").build());
    ListenableFuture<ReleaseResponse> release = release("held", token);
    hasReadAllCalls();

    redis.unfreeze();

    release.get(60, TimeUnit.SECONDS);
    assertThat(next.get(60, TimeUnit.SECONDS).getAcquired()).isTrue();
  }

  @Test
  void callWhoseCallerHasGoneIsNotSent() throws Exception {
    redis.freeze();
    List<ListenableFuture<AcquireResponse>> calls = acquireMany("a", MORE_THAN_ARE_SENT);
    calls.subList(550, MORE_THAN_ARE_SENT).forEach(call -> call.cancel(true));
    hasReadAllCalls();

    redis.unfreeze();

    for (ListenableFuture<AcquireResponse> call : calls.subList(0, 550)) {
      assertThat(call.get(60, TimeUnit.SECONDS).getAcquired()).isTrue();
    }
    for (int i = 550; i < MORE_THAN_ARE_SENT; i++) {
      assertThat(
              server
                  .locks()
                  .get(dev.quoin.locks.v1.GetRequest.newBuilder().setName("a" + i).build())
                  .getFence())
          .isZero();
    }
  }

  @Test
  void readsOfTheSameThatWaitAreMadeOne() throws Exception {
    GetRequest get = GetRequest.newBuilder().setType("t").setComponent("c").build();
    config().set(SetRequest.newBuilder().setType("t").setComponent("c").setValue(text(10)).build());
    config().get(get);
    redis.commands().configResetstat();
    redis.freeze();
    acquireMany("a", MORE_THAN_ARE_SENT);
    List<ListenableFuture<GetResponse>> reads = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      reads.add(ConfigGrpc.newFutureStub(server.channel()).get(get));
    }
    hasReadAllCalls();

    redis.unfreeze();

    for (ListenableFuture<GetResponse> read : reads) {
      assertThat(read.get(60, TimeUnit.SECONDS).getConfiguration().getValue()).isEqualTo(text(10));
    }
    assertThat(redis.commands().info("commandstats")).contains("cmdstat_hget:calls=1,");
  }

  @Test
  void manyLargeRepliesAreNotAskedForAtOnce() {
    configure(16);
    ListRequest all = ListRequest.newBuilder().setType("t").setPageSize(100).build();
    config().list(all);
    // Redis breaks a connection with more than that to send.
    redis.commands().configSet("client-output-buffer-limit", "normal 32mb 0 0");
    List<ListenableFuture<ListResponse>> lists = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      ListRequest one = all.toBuilder().setPageSize(100 + i).build();
      lists.add(
          ConfigGrpc.newFutureStub(server.channel()).withMaxInboundMessageSize(4 << 20).list(one));
    }

    Eventually.until(LONG, "all are answered", () -> lists.stream().allMatch(l -> l.isDone()));
    int listed = 0;
    for (ListenableFuture<ListResponse> list : lists) {
      try {
        assertThat(list.get().getConfigurationsCount()).isEqualTo(16);
        listed++;
      } catch (ExecutionException | InterruptedException e) {
        assertThat(Refused.of(e.getCause()).reason()).isEqualTo("OVERLOADED");
      }
    }
    assertThat(listed).isGreaterThan(50);
  }

  @Test
  void manyPagesOfLongStatusesAreNotAskedForAtOnce() {
    long user =
        UsersGrpc.newBlockingStub(server.channel())
            .create(UsersCreateRequest.newBuilder().setLogin("ann").setName("Ann").build())
            .getUserId();
    StatusesBatchGetRequest.Builder all = StatusesBatchGetRequest.newBuilder();
    for (int i = 0; i < 100; i++) {
      all.addStatusIds(
          StatusesGrpc.newBlockingStub(server.channel())
              .post(
                  StatusesPostRequest.newBuilder()
                      .setAuthorId(user)
                      .setText("x".repeat(10_000))
                      .build())
              .getStatusId());
    }
    var statuses = StatusesGrpc.newFutureStub(server.channel()).withMaxInboundMessageSize(4 << 20);
    Futures.getUnchecked(statuses.batchGet(all.build()));
    // What is known of long replies is not forgotten over many short ones.
    for (int i = 0; i < 200; i++) {
      UsersGrpc.newBlockingStub(server.channel())
          .batchGet(UsersBatchGetRequest.newBuilder().addUserIds(user).build());
    }
    redis.commands().configSet("client-output-buffer-limit", "normal 32mb 0 0");

    List<ListenableFuture<StatusesBatchGetResponse>> pages = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      pages.add(statuses.batchGet(all.build()));
    }

    Eventually.until(LONG, "all are answered", () -> pages.stream().allMatch(p -> p.isDone()));
    pages.removeIf(OverloadTest::isRefused);
    assertThat(pages)
        .hasSizeGreaterThan(50)
        .allSatisfy(
            page -> assertThat(Futures.getUnchecked(page).getStatusesCount()).isEqualTo(100));
  }

  @Test
  void outageOfRedisIsNotCalledOverload() throws Exception {
    try (TestServer impatient =
        TestServer.start(
            "redis", redis.uri(),
            "threads", "1",
            "allow-volatile-redis", "true",
            "redis-timeout", "1s")) {
      redis.freeze();
      List<ListenableFuture<AcquireResponse>> calls = new ArrayList<>();
      for (int i = 0; i < MORE_THAN_ARE_SENT; i++) {
        calls.add(acquire(impatient, "a" + i));
      }
      // Until the first of those that wait has waited for longer than new work may have to.
      Thread.sleep(700);
      for (int i = 0; i < 20; i++) {
        calls.add(acquire(impatient, "b" + i));
      }

      for (ListenableFuture<AcquireResponse> call : calls) {
        assertThat(refusal(call).reason()).isEqualTo("STORE_UNAVAILABLE");
      }
    }
  }

  /** Once before Redis is frozen, so that it knows the script. */
  private ListenableFuture<ReleaseResponse> release(String name, String token) {
    return server
        .futureLocks()
        .release(ReleaseRequest.newBuilder().setName(name).setToken(token).build());
  }

  private static ListenableFuture<AcquireResponse> acquire(TestServer at, String name) {
    return at.futureLocks().acquire(AcquireRequest.newBuilder().setName(name).build());
  }

  @Test
  void whatCannotBeDoneInTimeIsRefusedAsSoonAsThatIsKnown() {
    configure(8);
    try (BadProxy proxy = BadProxy.start(redis.port());
        TestServer slow =
            TestServer.start(
                "redis", "redis://127.0.0.1:" + proxy.port(),
                "threads", "1",
                "allow-volatile-redis", "true",
                "redis-timeout", "20s")) {
      proxy.slowDown(10_000_000);
      // How long the replies are is not known yet: all may wait.
      List<ListenableFuture<ListResponse>> lists = new ArrayList<>();
      for (int i = 0; i < 800; i++) {
        lists.add(
            ConfigGrpc.newFutureStub(slow.channel())
                .list(ListRequest.newBuilder().setType("t").setPageSize(100 + i).build()));
      }

      Eventually.until(
          LONG,
          "most of those that would have to wait 40 s are refused",
          () -> lists.stream().filter(list -> list.isDone() && isRefused(list)).count() > 350);
      assertThat(lists.stream().filter(list -> list.isDone() && !isRefused(list)))
          .hasSizeLessThan(100);
    }
  }

  @Test
  void longRepliesDoNotDelayOrRefuseOthers() throws Exception {
    configure(8);
    try (BadProxy proxy = BadProxy.start(redis.port());
        TestServer slow =
            TestServer.start(
                "redis", "redis://127.0.0.1:" + proxy.port(),
                "threads", "1",
                "allow-volatile-redis", "true",
                "redis-timeout", "20s")) {
      ListRequest all = ListRequest.newBuilder().setType("t").setPageSize(100).build();
      ConfigGrpc.newBlockingStub(slow.channel()).list(all);
      acquire(slow, "first").get(60, TimeUnit.SECONDS);
      proxy.slowDown(10_000_000);
      List<ListenableFuture<ListResponse>> lists = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        lists.add(
            ConfigGrpc.newFutureStub(slow.channel())
                .list(all.toBuilder().setPageSize(101 + i).build()));
      }

      List<ListenableFuture<AcquireResponse>> acquires = new ArrayList<>();
      for (int i = 0; i < MORE_THAN_ARE_SENT; i++) {
        acquires.add(acquire(slow, "a" + i));
      }

      for (ListenableFuture<AcquireResponse> acquire : acquires) {
        assertThat(acquire.get(60, TimeUnit.SECONDS).getAcquired()).isTrue();
      }
      assertThat(lists.stream().filter(list -> !list.isDone())).hasSizeGreaterThan(30);
      assertThat(lists.stream().filter(list -> list.isDone() && !isRefused(list))).isNotEmpty();
    }
  }

  private void configure(int components) {
    for (int i = 0; i < components; i++) {
      config()
          .set(
              SetRequest.newBuilder()
                  .setType("t")
                  .setComponent("c" + i)
                  .setValue(text(60_000))
                  .build());
    }
  }

  private static boolean isRefused(ListenableFuture<?> call) {
    try {
      call.get();
      return false;
    } catch (ExecutionException e) {
      return Refused.of(e.getCause()).reason().equals("OVERLOADED");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private ConfigGrpc.ConfigBlockingStub config() {
    return ConfigGrpc.newBlockingStub(server.channel());
  }

  private static Struct text(int length) {
    return Struct.newBuilder()
        .putFields("text", Value.newBuilder().setStringValue("x".repeat(length)).build())
        .build();
  }

  private AcquireResponse acquire(String name) {
    return server.locks().acquire(AcquireRequest.newBuilder().setName(name).build());
  }

  private List<ListenableFuture<AcquireResponse>> acquireMany(String prefix, int count) {
    List<ListenableFuture<AcquireResponse>> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      calls.add(
          server
              .futureLocks()
              .acquire(
                  AcquireRequest.newBuilder()
                      .setName(prefix + i)
                      .setLease(Durations.fromMinutes(10))
                      .build()));
    }
    return calls;
  }

  /** An answer that needs no Redis comes after all that was sent before on this connection. */
  private void hasReadAllCalls() {
    ErrorsGrpc.newBlockingStub(server.channel())
        .listReasons(ListReasonsRequest.getDefaultInstance());
  }

  private static Refused refusal(ListenableFuture<?> call) {
    try {
      call.get();
      throw new AssertionError("the call was not refused");
    } catch (ExecutionException e) {
      return Refused.of(e.getCause());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
