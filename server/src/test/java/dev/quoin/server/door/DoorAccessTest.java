// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Pem;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.Web;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may do what by HTTP: the same as by gRPC. */
@Tag("redis")
final class DoorAccessTest {
  private static final String POLICY =
      """
      roles: {worker: [{'*': write}], operator: [{'*': admin}]}
      bindings:
        - {role: worker, principals: [orders, 'spiffe://example/orders'], namespaces: [default]}
        - {role: operator, principals: [ops], namespaces: ['*']}
      """;

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> NAMESPACE =
      Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER);
  private static final Map<Code, Integer> STATUSES =
      Map.of(Code.OK, 200, Code.UNAUTHENTICATED, 401, Code.PERMISSION_DENIED, 403);
  private static final char[] PASSWORD = "password".toCharArray();

  @TempDir Path folder;
  private Pem own;
  private Pem orders;
  private Pem stranger;
  private Path audit;
  private TestServer server;

  @BeforeEach
  void start() throws Exception {
    TestRedis.clear();
    own = Pem.make(Files.createDirectory(folder.resolve("own")));
    orders = Pem.make(folder, "uri:spiffe://example/orders");
    stranger = Pem.make(folder, "uri:spiffe://example/orders");
    audit = folder.resolve("audit.json");
    server =
        TestServer.withHttp(
            "tls-certificate", file("tls.crt", own.certificate()),
            "tls-key", file("tls.key", own.key()),
            "tls-client-authorities", file("clients.crt", orders.certificate()),
            "tokens",
                file("tokens.yaml", "tokens:\n" + token("orders") + token("ops") + token("idle")),
            "policy", file("policy.yaml", POLICY),
            "audit-file", audit.toString());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  /** The token of a principal is its name. */
  private static String token(String principal) throws Exception {
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(principal.getBytes());
    return "  - {principal: %s, digest: 'sha256:%s'}\n"
        .formatted(principal, HexFormat.of().formatHex(digest));
  }

  private record Who(String token, Pem certificate) {}

  @Test
  void everyCallerMayDoTheSameByBothWays() throws Exception {
    List<Who> callers = new ArrayList<>();
    for (String token : new String[] {null, "orders", "ops", "idle", "nobody"}) {
      callers.add(new Who(token, null));
      callers.add(new Who(token, orders));
    }
    List<String> different = new ArrayList<>();
    int refused = 0;
    for (Who who : callers) {
      for (String namespace : new String[] {"default", "other"}) {
        for (String rpc : new String[] {"Get", "Revoke"}) {
          Code code = byGrpc(who, namespace, rpc);
          int status = byHttp(who, namespace, rpc);
          refused += code == Code.OK ? 0 : 1;
          if (!STATUSES.containsKey(code) || status != STATUSES.get(code)) {
            different.add("%s %s %s: %s, %d".formatted(who, namespace, rpc, code, status));
          }
        }
      }
    }
    assertThat(different).isEmpty();
    assertThat(refused).isBetween(10, 35);
  }

  private Code byGrpc(Who who, String namespace, String rpc) throws Exception {
    TlsChannelCredentials.Builder tls =
        TlsChannelCredentials.newBuilder()
            .trustManager(new ByteArrayInputStream(own.certificate().getBytes()));
    if (who.certificate() != null) {
      tls.keyManager(
          new ByteArrayInputStream(who.certificate().certificate().getBytes()),
          new ByteArrayInputStream(who.certificate().key().getBytes()));
    }
    ChannelCredentials credentials = tls.build();
    ManagedChannel channel =
        Grpc.newChannelBuilder("localhost:" + server.server().port(), credentials).build();
    Metadata headers = new Metadata();
    headers.put(NAMESPACE, namespace);
    if (who.token() != null) {
      headers.put(AUTHORIZATION, "Bearer " + who.token());
    }
    try {
      var locks =
          LocksGrpc.newBlockingStub(channel)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
      if (rpc.equals("Get")) {
        locks.get(GetRequest.newBuilder().setName("a").build());
      } else {
        locks.revoke(dev.quoin.locks.v1.RevokeRequest.newBuilder().setName("a").build());
      }
      return Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    } finally {
      channel.shutdownNow();
    }
  }

  private int byHttp(Who who, String namespace, String rpc) throws Exception {
    List<String> headers = new ArrayList<>(List.of("quoin-namespace", namespace));
    if (who.token() != null) {
      headers.addAll(List.of("authorization", "Bearer " + who.token()));
    }
    return web(who.certificate())
        .call("quoin.locks.v1.Locks/" + rpc, "{\"name\": \"a\"}", headers.toArray(String[]::new))
        .status();
  }

  private Web web(Pem certificate) throws Exception {
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(keys(certificate), trust().getTrustManagers(), null);
    return new Web(
        "https://localhost:" + server.server().httpPort(),
        HttpClient.newBuilder().sslContext(tls).build());
  }

  private TrustManagerFactory trust() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry("own", certificates(own)[0]);
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }

  private static KeyManager[] keys(Pem pem) throws Exception {
    if (pem == null) {
      return null;
    }
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    var key =
        io.grpc.util.CertificateUtils.getPrivateKey(new ByteArrayInputStream(pem.key().getBytes()));
    store.setKeyEntry("client", key, PASSWORD, certificates(pem));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, PASSWORD);
    return factory.getKeyManagers();
  }

  private static java.security.cert.X509Certificate[] certificates(Pem pem) throws Exception {
    return io.grpc.util.CertificateUtils.getX509Certificates(
        new ByteArrayInputStream(pem.certificate().getBytes()));
  }

  @Test
  void certificateThatNobodySignedOpensNoConnection() {
    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> byHttp(new Who("ops", stranger), "default", "Get")))
        .isNotNull();
  }

  /** The record names the socket, whatever a caller claims. */
  @Test
  void recordNamesTheTruePeer() throws Exception {
    Web.Answer revoked =
        web(null)
            .call(
                "quoin.locks.v1.Locks/Revoke",
                "{\"name\": \"a\"}",
                "authorization",
                "Bearer ops",
                "x-forwarded-for",
                "10.9.8.7",
                "forwarded",
                "for=10.9.8.7",
                "x-real-ip",
                "10.9.8.7",
                "quoin-request-id",
                "mine");

    assertThat(revoked.status()).isEqualTo(200);
    Eventually.until("it is written", () -> lines().size() == 1);
    JsonNode line = new JsonMapper().readTree(lines().get(0));
    assertThat(line.get("principal").asText()).isEqualTo("ops");
    assertThat(line.get("peer").asText()).startsWith("127.0.0.1:");
    assertThat(line.get("rpc").asText()).isEqualTo("quoin.locks.v1.Locks/Revoke");
    assertThat(line.get("request_id").asText()).isEqualTo("mine");
  }

  private List<String> lines() {
    try {
      return Files.readAllLines(audit);
    } catch (IOException e) {
      return List.of();
    }
  }

  @Test
  void refusalsAskForATokenAndPagesAreForEverybody() throws Exception {
    Web.Answer refused = web(null).call("quoin.locks.v1.Locks/Get", "{\"name\": \"a\"}");
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.header("www-authenticate")).isEqualTo("Bearer");
    assertThat(refused.reason()).isEqualTo("UNAUTHENTICATED");
    assertThat(web(null).get("healthz").status()).isEqualTo(200);
    assertThat(web(null).get("openapi.json").status()).isEqualTo(200);
  }
}
