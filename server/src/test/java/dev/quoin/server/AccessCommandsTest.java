// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.GetRequest;
import dev.quoin.server.testing.TestServer;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

/** The commands beside {@code serve}, as an operator types them. */
@ResourceLock(Resources.SYSTEM_OUT)
@ResourceLock(Resources.SYSTEM_ERR)
final class AccessCommandsTest {
  private static final String POLICY =
      """
      roles:
        worker: [{quoin.queues.v1.Queues: write}, quoin.locks.v1.Locks/Acquire]
        app: [{quoin.chat.v1.Chat: write}]
      bindings:
        - {role: worker, principals: ['orders-*'], namespaces: [shop]}
        - {role: app, principals: [phone], namespaces: [shop], user_claim: user}
      """;

  @TempDir Path folder;
  private Path policy;

  private record Result(int code, String out, String err) {}

  @BeforeEach
  void write() throws IOException {
    policy = Files.writeString(folder.resolve("policy.yaml"), POLICY);
  }

  /** What it prints can be put into the file as it is, and the token is good then. */
  @Test
  void aNewTokenIsGood() throws Exception {
    Result made = run("token", "new", "--principal", "it's me");

    assertThat(made.code()).isZero();
    String token = made.out().lines().findFirst().orElseThrow();
    assertThat(token).startsWith("quoin_");
    String entry = made.out().substring(token.length());
    assertThat(entry).doesNotContain(token);
    Path tokens = Files.writeString(folder.resolve("tokens.yaml"), entry);
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    try (TestServer server =
        TestServer.start("data", folder.resolve("data").toString(), "tokens", tokens.toString())) {
      assertThat(
              server
                  .locks()
                  .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                  .get(GetRequest.newBuilder().setName("a").build())
                  .getHeld())
          .isFalse();
    }
    assertThat(run("token", "new", "--principal", "it's me").out()).doesNotContain(token);
  }

  @Test
  void policyTestExplains() {
    Result allowed = test("orders-1", "shop", "quoin.queues.v1.Queues/Enqueue");
    assertThat(allowed.code()).isZero();
    assertThat(allowed.out())
        .isEqualTo("allowed: role worker allows quoin.queues.v1.Queues/Enqueue\n");

    Result admin = test("orders-1", "shop", "quoin.queues.v1.Queues/Purge");
    assertThat(admin.code()).isEqualTo(1);
    assertThat(admin.out())
        .isEqualTo(
            "denied: none of its roles there (worker) allows quoin.queues.v1.Queues/Purge,"
                + " which takes admin of quoin.queues.v1.Queues\n");
    assertThat(test("orders-1", "other", "quoin.queues.v1.Queues/Enqueue").out())
        .isEqualTo("denied: none of its bindings is for namespace other\n");
    assertThat(test("nobody", "shop", "quoin.queues.v1.Queues/Enqueue").out())
        .isEqualTo("denied: no binding is of principal nobody\n");
    assertThat(test("nobody", "shop", "grpc.health.v1.Health/Check").code()).isZero();
  }

  @Test
  void policyTestTakesClaims() {
    assertThat(test("phone", "shop", "quoin.chat.v1.Chat/Send").code()).isEqualTo(1);
    Result ann = test("phone", "shop", "quoin.chat.v1.Chat/Send", "--claim", "user=ann");
    assertThat(ann.code()).isZero();
    assertThat(ann.out()).contains("to user ann");
  }

  @Test
  void mistakesAreNamed() throws IOException {
    assertMistake("--rpc: there is no", "quoin.locks.v1.Locks/Aquire");
    assertThat(run("policy", "test", "--principal", "a", "--rpc", "x").err())
        .isEqualTo("quoin: --policy: names the file that is tested\n");
    assertThat(run("token", "new", "--principal", "").err()).contains("--principal");
    assertThat(run("token", "new").code()).isEqualTo(2);
    Files.writeString(policy, POLICY.replace("role: app", "role: apps"));
    assertMistake(policy + ": bindings[1].role: there is no role apps", "quoin.locks.v1.Locks/Get");
    Files.delete(policy);
    assertMistake("--policy: cannot read " + policy, "quoin.locks.v1.Locks/Get");
  }

  private void assertMistake(String text, String rpc) {
    Result result = test("a", "shop", rpc);
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).startsWith("quoin: ").contains(text).doesNotContain("Exception");
    assertThat(result.err().lines()).hasSize(1);
  }

  private Result test(String principal, String namespace, String rpc, String... more) {
    String[] all = new String[10 + more.length];
    String[] given = {
      "policy",
      "test",
      "--policy",
      policy.toString(),
      "--principal",
      principal,
      "--namespace",
      namespace,
      "--rpc",
      rpc
    };
    System.arraycopy(given, 0, all, 0, given.length);
    System.arraycopy(more, 0, all, given.length, more.length);
    return run(all);
  }

  private static Result run(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    ByteArrayOutputStream failed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(failed, true, StandardCharsets.UTF_8));
    try {
      int code = Main.commandLine().execute(arguments);
      return new Result(
          code, printed.toString(StandardCharsets.UTF_8), failed.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }
}
