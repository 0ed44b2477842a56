// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.Struct;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.ListVersionsRequest;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.RevokeRequest;
import dev.quoin.logs.v1.ListNamesRequest;
import dev.quoin.logs.v1.ListRecentRequest;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Callers that say who they are, at a server that wants to know. */
@Tag("redis")
final class AccessTest {
  private static final String POLICY =
      """
      roles: {worker: [{'*': write}], operator: [{'*': admin}]}
      bindings:
        - {role: worker, principals: [orders], namespaces: [default]}
        - {role: operator, principals: [ops], namespaces: ['*']}
      """;

  @TempDir Path folder;
  private final String orders = Tokens.random();
  private final String ops = Tokens.random();
  private Path tokens;
  private Path policy;
  private Path audit;
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    TestRedis.clear();
    tokens = folder.resolve("tokens.yaml");
    policy = Files.writeString(folder.resolve("policy.yaml"), POLICY);
    audit = folder.resolve("audit.json");
    writeTokens(entry("orders", orders), entry("ops", ops));
    server =
        TestServer.start(
            "redis", TestRedis.uri(),
            "redis-timeout", "10s",
            "tokens", tokens.toString(),
            "policy", policy.toString(),
            "quotas",
                Files.writeString(
                        folder.resolve("quotas.yaml"),
                        "quotas: [{principals: [orders], request_bytes: 400}]")
                    .toString(),
            "audit-file", audit.toString());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void refusalsSayWhoAndNothingElse() {
    acquire("secret");

    Refused refused =
        Refused.by(
            () -> locks(orders, "other").get(GetRequest.newBuilder().setName("secret").build()));

    assertThat(refused.code()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(refused.reason()).isEqualTo("PERMISSION_DENIED");
    assertThat(refused.status().getMessage())
        .isEqualTo(
            "principal \"orders\" may not call quoin.locks.v1.Locks/Get in namespace \"other\"");
    assertThat(Refused.by(() -> locks("nonsense", "default").get(get("secret"))).reason())
        .isEqualTo("UNAUTHENTICATED");
  }

  @Test
  void changedFilesAreUsed() throws Exception {
    String later = Tokens.random();
    assertThat(code(later)).isEqualTo(Code.UNAUTHENTICATED);
    writeTokens(entry("orders", later), entry("ops", ops));
    Eventually.until("the new token is good", () -> code(later) == null);
    assertThat(code(orders)).isEqualTo(Code.UNAUTHENTICATED);

    Files.writeString(policy, POLICY.replace("namespaces: [default]", "namespaces: [elsewhere]"));
    Eventually.until("the new policy holds", () -> code(later) == Code.PERMISSION_DENIED);
  }

  /** A slip of the pen locks nobody out, and lets nobody in. */
  @Test
  void brokenFilesLeaveThingsAsTheyAre() throws Exception {
    String later = Tokens.random();
    Files.writeString(policy, "roles: [");
    Files.writeString(tokens, "tokens: {}");
    // Time for both to be read: a third file that is right is read after them.
    Files.writeString(tokens, entry("orders", orders) + "nonsense");
    Files.writeString(tokens, "tokens:\n" + entry("orders", orders) + entry("late", later));
    Eventually.until("the tokens were read", () -> code(later) != Code.UNAUTHENTICATED);

    assertThat(code(orders)).isNull();
    assertThat(code(later)).isEqualTo(Code.PERMISSION_DENIED);
  }

  @Test
  void expiredTokensAreRefused() throws Exception {
    writeTokens(
        "  - {principal: orders, digest: '%s', expires: 2020-01-01T00:00:00Z}\n"
            .formatted(Tokens.digest(orders)),
        entry("ops", ops));

    Eventually.until("it has expired", () -> code(orders) == Code.UNAUTHENTICATED);
  }

  @Test
  void brokenFilesStopTheStart() {
    assertThatThrownBy(() -> Tokens.parse("tokens: [{principal: a, digest: x}]"))
        .isInstanceOf(BadSettings.class)
        .hasMessage("tokens[0].digest: must be sha256: and 64 hexadecimal digits");
    assertThatThrownBy(() -> Tokens.parse("tokens:\n" + entry("a", orders) + entry("b", orders)))
        .hasMessage("tokens[1].digest: is there twice");
    assertThatThrownBy(() -> TestServer.start("tokens", folder.resolve("none").toString()))
        .isInstanceOf(BadSettings.class)
        .hasMessageStartingWith("tokens: cannot read");
    assertThatThrownBy(() -> TestServer.start("policy", policy.toString()))
        .hasMessage("policy: needs tokens, jwt-keys or tls-client-authorities");
    assertThatThrownBy(() -> TestServer.start("host", "0.0.0.0")).isInstanceOf(BadSettings.class);
  }

  /** Who holds and who changed something is told by the server, not by the caller. */
  @Test
  void holdersAndChangesNameThePrincipal() {
    locks(orders, "default")
        .acquire(AcquireRequest.newBuilder().setName("a").setLabel("host-7").build());
    assertThat(locks(ops, "default").get(get("a")).getLabel()).isEqualTo("host-7 (orders)");
    acquire("b");
    assertThat(locks(ops, "default").get(get("b")).getLabel()).isEqualTo("orders");
    locks(orders, "default")
        .acquire(AcquireRequest.newBuilder().setName("c").setLabel("x".repeat(256)).build());
    assertThat(locks(ops, "default").get(get("c")).getLabel()).endsWith("(orders)");

    ConfigGrpc.ConfigBlockingStub config =
        ConfigGrpc.newBlockingStub(server.channel()).withInterceptors(bearer(orders, "default"));
    config.set(
        SetRequest.newBuilder()
            .setType("t")
            .setComponent("c")
            .setValue(Struct.getDefaultInstance())
            .setActor("ops")
            .build());
    assertThat(
            config
                .listVersions(
                    ListVersionsRequest.newBuilder().setType("t").setComponent("c").build())
                .getConfigurations(0)
                .getActor())
        .isEqualTo("ops (orders)");
  }

  @Test
  void callsForOperatorsAndRefusedOnesAreAudited() throws Exception {
    acquire("a");
    locks(ops, "default").revoke(RevokeRequest.newBuilder().setName("a").build());
    Refused.by(
        () -> locks(orders, "default").revoke(RevokeRequest.newBuilder().setName("a").build()));
    Refused.by(() -> locks("nobody", "default").get(get("a")));
    Eventually.until("three lines", () -> lines().size() == 3);

    List<JsonNode> lines = lines().stream().map(AccessTest::json).toList();
    assertThat(lines)
        .extracting(line -> line.get("principal").asText())
        .containsExactly("ops", "orders", "");
    assertThat(lines)
        .extracting(line -> line.get("outcome").asText())
        .containsExactly("ALLOWED", "PERMISSION_DENIED", "UNAUTHENTICATED");
    assertThat(lines.get(0).get("rpc").asText()).isEqualTo("quoin.locks.v1.Locks/Revoke");
    assertThat(lines.get(0).get("peer").asText()).startsWith("127.0.0.1:");
    assertThat(lines.get(0).has("time")).isTrue();
    LogsGrpc.LogsBlockingStub logs =
        LogsGrpc.newBlockingStub(server.channel()).withInterceptors(bearer(ops, "quoin-audit"));
    Eventually.until("the same in Logs", () -> entries(logs, "default") == 1);
    Eventually.until("refused ones apart", () -> entries(logs, "-") == 2);
  }

  /** Strangers make up as many namespaces as they like, which are no names of logs. */
  @Test
  void refusedCallsNameNoLogs() {
    for (int i = 0; i < 5; i++) {
      String namespace = "made-up-" + i;
      Refused.by(() -> locks("nobody", namespace).get(get("a")));
      Refused.by(() -> locks(orders, namespace).get(get("a")));
    }
    LogsGrpc.LogsBlockingStub logs =
        LogsGrpc.newBlockingStub(server.channel()).withInterceptors(bearer(ops, "quoin-audit"));
    Eventually.until("all are told", () -> entries(logs, "-") == 10);

    assertThat(logs.listNames(ListNamesRequest.getDefaultInstance()).getNamesList())
        .containsExactly("-");
  }

  /** Refused for a quota, or let in without being known: both are seen. */
  @Test
  void quotasAndOpenCallsForOperatorsAreAudited() throws Exception {
    Files.writeString(policy, POLICY + "open: [quoin.locks.v1.Locks/Revoke]\n");
    Eventually.until("the policy is used", this::mayRevoke);
    Eventually.until(
        "a call of nobody known is audited",
        () -> audited("", "quoin.locks.v1.Locks/Revoke", "ALLOWED") > 0);

    Refused refused =
        Refused.by(
            () ->
                locks(orders, "default")
                    .acquire(AcquireRequest.newBuilder().setName("a".repeat(500)).build()));
    assertThat(refused.reason()).isEqualTo("QUOTA_EXCEEDED");
    Eventually.until(
        "a quota is audited",
        () -> audited("orders", "quoin.locks.v1.Locks/Acquire", "QUOTA_EXCEEDED") == 1);
    Eventually.until(
        "it is told why",
        () -> {
          // Those before may have been too many for this second.
          Refused.by(() -> locks("nonsense", "default").get(get("a")));
          return lines().stream().anyMatch(line -> line.contains("the token is not known"));
        });
    assertThat(String.join("", lines())).doesNotContain("nonsense").doesNotContain(orders);
  }

  private boolean mayRevoke() {
    try {
      server.locks().revoke(RevokeRequest.newBuilder().setName("a").build());
      return true;
    } catch (io.grpc.StatusRuntimeException e) {
      return false;
    }
  }

  private long audited(String principal, String rpc, String outcome) {
    return lines().stream()
        .map(AccessTest::json)
        .filter(line -> line.get("principal").asText().equals(principal))
        .filter(line -> line.get("rpc").asText().equals(rpc))
        .filter(line -> line.get("outcome").asText().equals(outcome))
        .count();
  }

  /** Whoever could write there could hide what they did among lines of their own. */
  @Test
  void onlyTheServerWritesInTheAudit() throws Exception {
    LogsGrpc.LogsBlockingStub logs =
        LogsGrpc.newBlockingStub(server.channel()).withInterceptors(bearer(ops, "quoin-audit"));
    WriteRequest line =
        WriteRequest.newBuilder().setName("default").setText("nothing happened").build();
    Refused refused = Refused.by(() -> logs.write(line));
    assertThat(refused.reason()).isEqualTo("PERMISSION_DENIED");
    assertThat(
            Refused.by(
                    () ->
                        locks(ops, "quoin-audit")
                            .acquire(AcquireRequest.newBuilder().setName("a").build()))
                .reason())
        .isEqualTo("PERMISSION_DENIED");
    logs.listNames(ListNamesRequest.getDefaultInstance());

    // Also where all is open, and where nobody is asked who they are.
    Files.writeString(policy, POLICY + "open: [quoin.logs.v1.Logs]\n");
    LogsGrpc.LogsBlockingStub unknown =
        LogsGrpc.newBlockingStub(server.channel()).withInterceptors(TestServer.in("quoin-audit"));
    Eventually.until("reading is open", () -> mayList(unknown));
    assertThat(Refused.by(() -> unknown.write(line)).reason()).isEqualTo("PERMISSION_DENIED");
    try (TestServer open = TestServer.start("redis", TestRedis.uri(), "redis-timeout", "10s")) {
      LogsGrpc.LogsBlockingStub anybody =
          LogsGrpc.newBlockingStub(open.channel()).withInterceptors(TestServer.in("quoin-audit"));
      assertThat(Refused.by(() -> anybody.write(line)).reason()).isEqualTo("PERMISSION_DENIED");
      assertThat(mayList(anybody)).isTrue();
    }
    assertThatThrownBy(() -> TestServer.start("syslog-namespace", "quoin-audit"))
        .hasMessage("syslog-namespace: only the server writes in quoin-audit");
  }

  private static boolean mayList(LogsGrpc.LogsBlockingStub logs) {
    try {
      logs.listNames(ListNamesRequest.getDefaultInstance());
      return true;
    } catch (io.grpc.StatusRuntimeException e) {
      return false;
    }
  }

  private static int entries(LogsGrpc.LogsBlockingStub logs, String name) {
    return logs.listRecent(ListRecentRequest.newBuilder().setName(name).build()).getEntriesCount();
  }

  private List<String> lines() {
    try (Stream<String> lines = Files.lines(audit)) {
      return lines.toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode json(String line) {
    try {
      return new JsonMapper().readTree(line);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void acquire(String name) {
    locks(orders, "default").acquire(AcquireRequest.newBuilder().setName(name).build());
  }

  private Code code(String token) {
    try {
      locks(token, "default").get(get("a"));
      return null;
    } catch (io.grpc.StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private static GetRequest get(String name) {
    return GetRequest.newBuilder().setName(name).build();
  }

  private LocksGrpc.LocksBlockingStub locks(String token, String namespace) {
    return server.locks().withInterceptors(bearer(token, namespace));
  }

  private static io.grpc.ClientInterceptor bearer(String token, String namespace) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    headers.put(Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER), namespace);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private void writeTokens(String... entries) throws IOException {
    Files.writeString(tokens, "tokens:\n" + String.join("", entries));
  }

  private static String entry(String principal, String token) {
    return "  - {principal: %s, digest: '%s'}\n".formatted(principal, Tokens.digest(token));
  }
}
