// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import dev.quoin.access.v1.Permission;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.IncrementBatchRequest;
import dev.quoin.counters.v1.IncrementBatchResponse;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.external.keda.ExternalScalerGrpc;
import dev.quoin.external.keda.IsActiveResponse;
import dev.quoin.external.keda.ScaledObjectRef;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.WatchRequest;
import dev.quoin.locks.v1.WatchResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Attributes;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of calls that are open when their callers may make them no more. */
@Tag("redis")
final class OpenCallsTest {
  private static final ECKey KEY = TestJwts.key("one");
  private static final String POLICY =
      """
      roles: {worker: [{'*': write}], phone: [{quoin.chat.v1.Chat: write}]}
      bindings:
        - {role: worker, principals: [orders, stays, service], namespaces: [default]}
        - {role: phone, principals: [app], namespaces: [default], user_claim: user}
      """;

  private static final RpcMethod METHOD =
      new RpcMethod("quoin.locks.v1.Locks", "Watch", Permission.PERMISSION_READ, false);

  @TempDir Path folder;
  private final String orders = Tokens.random();
  private final String stays = Tokens.random();
  private Path tokens;
  private Path policy;
  private Path audit;
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    TestRedis.clear();
    policy = Files.writeString(folder.resolve("policy.yaml"), POLICY);
    tokens = folder.resolve("tokens.yaml");
    audit = folder.resolve("audit.json");
    writeTokens(entry("orders", orders), entry("stays", stays));
    server =
        TestServer.start(
            "redis", TestRedis.uri(),
            "redis-timeout", "10s",
            "tokens", tokens.toString(),
            "jwt-keys",
                Files.writeString(folder.resolve("keys.json"), TestJwts.set(KEY)).toString(),
            "jwt-issuer", TestJwts.ISSUER,
            "jwt-audience", TestJwts.AUDIENCE,
            "policy", policy.toString(),
            "audit-file", audit.toString());
  }

  @AfterEach
  void stop() {
    OpenStream.cancelAll();
    server.close();
  }

  @Test
  void removedTokenEndsWhatItOpened() throws Exception {
    OpenStream<HoldRequest, HoldResponse> hold = hold(orders, "a");
    OpenStream<WatchRequest, WatchResponse> other = watch(stays, "a");
    other.any();
    // Of somebody else: what the hold gives back would else go to the waiter.
    OpenStream<HoldRequest, HoldResponse> others = hold(stays, "b");
    OpenStream<AcquireRequest, AcquireResponse> waiter = new OpenStream<>();
    locks(orders)
        .acquire(
            AcquireRequest.newBuilder()
                .setName("b")
                .setWait(com.google.protobuf.Duration.newBuilder().setSeconds(60))
                .build(),
            waiter);
    Eventually.until("it waits", () -> state("b").getWaiterCount() == 1);

    writeTokens(entry("stays", stays));

    assertThat(refusal(hold)).isEqualTo("UNAUTHENTICATED");
    assertThat(refusal(waiter)).isEqualTo("UNAUTHENTICATED");
    // What the calls had, or waited for, is given back.
    Eventually.until("the lock is free", () -> !state("a").getHeld());
    Eventually.until("nobody waits", () -> state("b").getWaiterCount() == 0);
    assertThat(others.end()).isNotDone();
    assertThat(other.end()).isNotDone();
    Eventually.until("both are audited", () -> audited("UNAUTHENTICATED") == 2);
  }

  @Test
  void narrowerPolicyEndsWhatItDoesNotAllow() throws Exception {
    OpenStream<WatchRequest, WatchResponse> watch = watch(orders, "a");
    watch.any();
    OpenStream<IncrementBatchRequest, IncrementBatchResponse> batch = new OpenStream<>();
    StreamObserver<IncrementBatchRequest> requests =
        CountersGrpc.newStub(server.channel())
            .withInterceptors(bearer(orders))
            .incrementBatch(batch);
    requests.onNext(
        IncrementBatchRequest.newBuilder()
            .addIncrements(IncrementBatchRequest.Increment.newBuilder().setName("hits"))
            .build());
    batch.any();
    OpenStream<ServerReflectionRequest, ServerReflectionResponse> reflection = new OpenStream<>();
    StreamObserver<ServerReflectionRequest> questions =
        ServerReflectionGrpc.newStub(server.channel())
            .withInterceptors(bearer(orders))
            .serverReflectionInfo(reflection);
    questions.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    reflection.any();
    OpenStream<WatchRequest, WatchResponse> other = watch(stays, "a");

    Files.writeString(
        policy,
        POLICY.replace("[orders, stays, service]", "[stays, service]")
            + "  - {role: worker, principals: [orders], namespaces: [elsewhere]}\n");

    assertThat(refusal(watch)).isEqualTo("PERMISSION_DENIED");
    assertThat(refusal(batch)).isEqualTo("PERMISSION_DENIED");
    assertThat(other.end()).isNotDone();
    // That is of no namespace: the role elsewhere allows it.
    assertThat(reflection.end()).isNotDone();

    Files.writeString(policy, POLICY.replace("[orders, stays, service]", "[stays, service]"));

    assertThat(refusal(reflection)).isEqualTo("PERMISSION_DENIED");
    assertThat(other.end()).isNotDone();
  }

  @Test
  void changesThatAreAboutOthersEndNothing() throws Exception {
    OpenStream<HoldRequest, HoldResponse> hold = hold(orders, "a");
    OpenStream<WatchRequest, WatchResponse> watch = watch(jwt("service", Map.of(), 300), "a");
    watch.any();
    String later = Tokens.random();
    writeTokens(entry("orders", orders), entry("later", later));
    Files.writeString(
        policy, POLICY + "  - {role: worker, principals: [later], namespaces: [default]}\n");
    // The token is used, and the policy: both were looked at, and so were open calls.
    Eventually.until("both are used", () -> mayGet(later));
    OpenStream<WatchRequest, WatchResponse> ends = watch(later, "a");
    ends.any();
    writeTokens(entry("orders", orders));

    assertThat(refusal(ends)).isEqualTo("UNAUTHENTICATED");
    assertThat(hold.end()).isNotDone();
    assertThat(watch.end()).isNotDone();
  }

  @Test
  void streamEndsWithTheTimeOfItsToken() throws Exception {
    String later = Tokens.random();
    writeTokens(entry("later", later, Instant.now().plusSeconds(8)), entry("stays", stays));
    Files.writeString(policy, POLICY.replace("[orders, ", "[later, "));
    Eventually.until("both are read", () -> mayGet(later));
    OpenStream<WatchRequest, WatchResponse> watch = watch(later, "a");
    watch.any();

    Refused left = refused(watch);
    assertThat(left.reason()).isEqualTo("SHUTTING_DOWN");
    assertThat(left.status().getMessage()).contains("call again with a newer one");
    assertThat(mayGet(later)).isFalse();
  }

  @Test
  void streamEndsWithTheTimeOfItsJwt() throws Exception {
    // A minute is allowed for clocks that differ: of it, five seconds are left.
    String ends = jwt("service", Map.of(), -55);
    String lasts = jwt("service", Map.of(), 300);
    OpenStream<WatchRequest, WatchResponse> watch = watch(ends, "a");
    OpenStream<WatchRequest, WatchResponse> longer = watch(lasts, "a");
    OpenStream<HoldRequest, HoldResponse> hold = new OpenStream<>();
    locks(ends).hold(HoldRequest.newBuilder().setName("a").build(), hold);
    String token = hold.any().getGranted().getToken();
    OpenStream<IncrementBatchRequest, IncrementBatchResponse> batch = new OpenStream<>();
    CountersGrpc.newStub(server.channel()).withInterceptors(bearer(ends)).incrementBatch(batch);
    OpenStream<AcquireRequest, AcquireResponse> waiter = new OpenStream<>();
    locks(ends)
        .acquire(
            AcquireRequest.newBuilder()
                .setName("a")
                .setWait(com.google.protobuf.Duration.newBuilder().setSeconds(60))
                .build(),
            waiter);

    // They are asked to come again, with a newer token; what they held they hold.
    Refused left = refused(watch);
    assertThat(left.reason()).isEqualTo("SHUTTING_DOWN");
    assertThat(left.status().getMessage()).contains("call again with a newer one");
    hold.end().get(20, TimeUnit.SECONDS);
    assertThat(hold.newest().hasReconnect()).isTrue();
    assertThat(refusal(batch)).isEqualTo("SHUTTING_DOWN");
    Refused refused = refused(waiter);
    assertThat(refused.reason()).isEqualTo("UNAUTHENTICATED");
    assertThat(refused.status().getMessage()).startsWith("the JWT has expired");
    assertThat(longer.end()).isNotDone();
    OpenStream<HoldRequest, HoldResponse> again = new OpenStream<>();
    locks(lasts).hold(HoldRequest.newBuilder().setName("a").setToken(token).build(), again);
    assertThat(again.any().getGranted().getToken()).isEqualTo(token);
    OpenStream<WatchRequest, WatchResponse> late = watch(ends, "a");
    assertThat(refusal(late)).isEqualTo("UNAUTHENTICATED");
  }

  /** Whoever does not leave when asked is not asked twice. */
  @Test
  void callThatDoesNotLeaveEnds() {
    List<String> told = new ArrayList<>();
    OpenCalls calls = new OpenCalls();
    Principal principal = Principal.of("orders", Instant.now().plusSeconds(5));
    calls.add(
        new Attempt(METHOD, "default", new Metadata(), Attributes.EMPTY, "basis"),
        new Caller(principal, ""),
        new OpenCall() {
          @Override
          public void deny(ApiException refusal) {
            told.add(refusal.reason().name());
          }

          @Override
          public boolean leave() {
            told.add("leave");
            return true;
          }
        });
    OpenCalls.Decision over =
        (attempt, before) -> {
          throw new ApiException(ErrorReason.ERROR_REASON_UNAUTHENTICATED, "over");
        };
    Instant now = Instant.now();

    calls.look("basis", now, over);
    assertThat(told).isEmpty();
    calls.look("basis", now.plusSeconds(6), over);
    calls.look("another", now.plusSeconds(10), over);
    assertThat(told).containsExactly("leave");
    calls.look("another", now.plusSeconds(60), over);
    calls.look("another", now.plusSeconds(120), over);
    assertThat(told).containsExactly("leave", "ERROR_REASON_UNAUTHENTICATED");
  }

  /** Whoever may act as one user only from now on has not been asked whose stream it is. */
  @Test
  void changedUserEndsTheStream() throws Exception {
    OpenStream<SubscribeRequest, SubscribeResponse> chat = new OpenStream<>();
    ChatGrpc.newStub(server.channel())
        .withInterceptors(bearer(jwt("app", Map.of("user", "ann", "id", "bob"), 300)))
        .subscribe(SubscribeRequest.newBuilder().setUser("ann").build(), chat);
    assertThat(chat.any()).isNotNull();

    Files.writeString(policy, POLICY.replace("user_claim: user", "user_claim: id"));

    assertThat(refusal(chat)).isEqualTo("PERMISSION_DENIED");
  }

  /** The scaler names the namespace in its request. */
  @Test
  void rightInANamespaceOfTheRequestCountsToo() throws Exception {
    Files.writeString(
        policy, POLICY + "  - {role: worker, principals: [stays], namespaces: [mail]}\n");
    OpenStream<ScaledObjectRef, IsActiveResponse> scaler = new OpenStream<>();
    Eventually.until("the right is there", () -> mayScale());
    ExternalScalerGrpc.newStub(server.channel())
        .withInterceptors(bearer(stays))
        .streamIsActive(mail(), scaler);
    assertThat(scaler.any().getResult()).isFalse();

    Files.writeString(policy, POLICY);

    assertThat(refusal(scaler)).isEqualTo("PERMISSION_DENIED");
  }

  private boolean mayScale() {
    try {
      ExternalScalerGrpc.newBlockingStub(server.channel())
          .withInterceptors(bearer(stays))
          .isActive(mail());
      return true;
    } catch (io.grpc.StatusRuntimeException e) {
      return false;
    }
  }

  private static ScaledObjectRef mail() {
    return ScaledObjectRef.newBuilder()
        .putScalerMetadata("queue", "letters")
        .putScalerMetadata("namespace", "mail")
        .build();
  }

  private boolean mayGet(String token) {
    try {
      LocksGrpc.newBlockingStub(server.channel())
          .withInterceptors(bearer(token))
          .get(GetRequest.newBuilder().setName("a").build());
      return true;
    } catch (io.grpc.StatusRuntimeException e) {
      return false;
    }
  }

  private GetResponse state(String lock) {
    return LocksGrpc.newBlockingStub(server.channel())
        .withInterceptors(bearer(stays))
        .get(GetRequest.newBuilder().setName(lock).build());
  }

  private OpenStream<HoldRequest, HoldResponse> hold(String token, String name) {
    OpenStream<HoldRequest, HoldResponse> hold = new OpenStream<>();
    locks(token).hold(HoldRequest.newBuilder().setName(name).build(), hold);
    assertThat(hold.any().hasGranted()).isTrue();
    return hold;
  }

  private OpenStream<WatchRequest, WatchResponse> watch(String token, String name) {
    OpenStream<WatchRequest, WatchResponse> watch = new OpenStream<>();
    locks(token).watch(WatchRequest.newBuilder().setName(name).build(), watch);
    return watch;
  }

  private LocksGrpc.LocksStub locks(String token) {
    return LocksGrpc.newStub(server.channel()).withInterceptors(bearer(token));
  }

  private long audited(String outcome) {
    try (var lines = Files.lines(audit)) {
      return lines.filter(line -> line.contains(outcome)).count();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String refusal(OpenStream<?, ?> stream) throws Exception {
    return refused(stream).reason();
  }

  private static Refused refused(OpenStream<?, ?> stream)
      throws InterruptedException, TimeoutException {
    try {
      stream.end().get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      return Refused.of(e.getCause());
    }
    throw new AssertionError("the stream ended without a refusal");
  }

  private static String jwt(String subject, Map<String, String> claims, int seconds) {
    return TestJwts.signed(KEY, subject, claims, Instant.now().plusSeconds(seconds));
  }

  private static ClientInterceptor bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private void writeTokens(String... entries) throws IOException {
    Files.writeString(tokens, "tokens:\n" + String.join("", entries));
  }

  private static String entry(String principal, String token) {
    return "  - {principal: %s, digest: '%s'}\n".formatted(principal, Tokens.digest(token));
  }

  private static String entry(String principal, String token, Instant expires) {
    return "  - {principal: %s, digest: '%s', expires: '%s'}\n"
        .formatted(principal, Tokens.digest(token), expires);
  }
}
