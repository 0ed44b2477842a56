// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.KickRequest;
import dev.quoin.chat.v1.ListChatsRequest;
import dev.quoin.chat.v1.SendRequest;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.external.keda.ExternalScalerGrpc;
import dev.quoin.external.keda.ScaledObjectRef;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An app calls Chat with the JWT of its user, who can only act as themselves. */
@Tag("redis")
final class ActingUserTest {
  private static final ECKey KEY = TestJwts.key("one");

  @TempDir Path folder;
  private Path audit;
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    TestRedis.clear();
    audit = folder.resolve("audit.json");
    String policy =
        """
        roles:
          app: [{quoin.chat.v1.Chat: write}]
          service: [{'*': write}]
          tasks: [{quoin.queues.v1.Queues: read}]
          scaler: [{externalscaler.ExternalScaler: read}]
        bindings:
          - {role: app, principals: ['app-*'], namespaces: [default], user_claim: user}
          - {role: service, principals: [backend], namespaces: [default]}
          - {role: tasks, principals: ['app-*'], namespaces: [default], user_claim: user}
          - {role: scaler, principals: ['app-*'], namespaces: [default]}
        """;
    server =
        TestServer.start(
            "redis", TestRedis.uri(),
            "redis-timeout", "10s",
            "jwt-keys",
                Files.writeString(folder.resolve("keys.json"), TestJwts.set(KEY)).toString(),
            "jwt-issuer", TestJwts.ISSUER,
            "jwt-audience", TestJwts.AUDIENCE,
            "policy", Files.writeString(folder.resolve("policy.yaml"), policy).toString(),
            "audit-file", audit.toString());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void userActsAsThemselvesOnly() throws Exception {
    ChatGrpc.ChatBlockingStub ann = chat("app-ios", Map.of("user", "ann"));
    ann.create(CreateRequest.newBuilder().setChatId("lobby").setActor("ann").build());
    ann.send(send("ann"));
    assertThat(
            ann.listChats(ListChatsRequest.newBuilder().setUser("ann").build())
                .getMembershipsList())
        .hasSize(1);

    assertDenied(Refused.by(() -> ann.send(send("bob"))));
    assertDenied(
        Refused.by(
            () -> ann.subscribe(SubscribeRequest.newBuilder().setUser("bob").build()).next()));
    assertDenied(
        Refused.by(
            () ->
                ann.kick(
                    KickRequest.newBuilder()
                        .setChatId("lobby")
                        .setActor("bob")
                        .setUser("ann")
                        .build())));
    Eventually.until("they are audited", () -> refusals() == 3);
  }

  /** A backend that its users trust says itself who acts. */
  @Test
  void othersActAsWhomTheySay() {
    ChatGrpc.ChatBlockingStub backend = chat("backend", Map.of());
    backend.create(CreateRequest.newBuilder().setChatId("lobby").setActor("ann").build());
    backend.send(send("ann"));
  }

  @Test
  void appsMayDoNothingElse() {
    assertThat(
            Refused.by(
                    () ->
                        LocksGrpc.newBlockingStub(server.channel())
                            .withInterceptors(bearer("app-ios", Map.of("user", "ann")))
                            .get(GetRequest.newBuilder().setName("a").build()))
                .code())
        .isEqualTo(Code.PERMISSION_DENIED);
    // Without the claim there is nobody to act as.
    assertThat(
            Refused.by(
                    () ->
                        chat("app-ios", Map.of())
                            .listChats(ListChatsRequest.newBuilder().setUser("ann").build()))
                .code())
        .isEqualTo(Code.PERMISSION_DENIED);
  }

  /** Also where the request names the namespace in which they may do nothing else. */
  @Test
  void appsMayDoNothingElseInANamespaceOfTheRequest() {
    ScaledObjectRef object =
        ScaledObjectRef.newBuilder().putScalerMetadata("queue", "mail").build();

    assertDenied(
        Refused.by(
            () ->
                ExternalScalerGrpc.newBlockingStub(server.channel())
                    .withInterceptors(bearer("app-ios", Map.of("user", "ann")))
                    .isActive(object)));
  }

  private long refusals() {
    try (var lines = Files.lines(audit)) {
      return lines.filter(line -> line.contains("PERMISSION_DENIED")).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertDenied(Refused refused) {
    assertThat(refused.code()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(refused.reason()).isEqualTo("PERMISSION_DENIED");
    assertThat(refused.status().getMessage()).contains("may only act as user \"ann\"");
  }

  private static SendRequest send(String sender) {
    return SendRequest.newBuilder().setChatId("lobby").setSender(sender).setBody("hello").build();
  }

  private ChatGrpc.ChatBlockingStub chat(String subject, Map<String, String> claims) {
    return ChatGrpc.newBlockingStub(server.channel()).withInterceptors(bearer(subject, claims));
  }

  private static io.grpc.ClientInterceptor bearer(String subject, Map<String, String> claims) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        "Bearer " + TestJwts.signed(KEY, subject, claims));
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }
}
