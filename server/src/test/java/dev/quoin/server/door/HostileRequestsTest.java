// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.Web;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that no honest client sends. */
@Tag("redis")
final class HostileRequestsTest {
  private static final String GET = "/quoin.locks.v1.Locks/Get";
  private static final String BODY = "{\"name\":\"abc\"}";
  private static final String CHUNKS = "e\r\n" + BODY + "\r\n0\r\n\r\n";

  @TempDir static Path folder;
  private static TestServer server;
  private static Web web;

  @BeforeAll
  static void start() throws Exception {
    TestRedis.clear();
    String digest =
        HexFormat.of()
            .formatHex(
                java.security.MessageDigest.getInstance("SHA-256").digest("secret".getBytes()));
    server =
        TestServer.withHttp(
            "tokens",
            file("tokens.yaml", "tokens: [{principal: a, digest: 'sha256:" + digest + "'}]"),
            "quotas",
            file("quotas.yaml", "quotas: [{principals: [a], calls_per_second: 1, burst: 1}]"));
    web = Web.of(server);
  }

  private static String file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text).toString();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Where one request ends must not be read in two ways. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 14\r\nContent-Length: 5",
        "Content-Length: 14, 14",
        "Content-Length: +14",
        "Content-Length: -1",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: identity\r\nContent-Length: 14",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding:\u000bchunked"
      })
  void requestsWithTwoEndsAreRefusedAndTheirConnectionClosed(String headers) {
    String answer =
        Web.raw(
            server.server().httpPort(),
            "POST "
                + GET
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + headers
                + "\r\n\r\n"
                + CHUNKS
                + "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 400").doesNotContain("SERVING");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/" + GET,
        "/." + GET,
        "/a/.." + GET,
        "/%71uoin.locks.v1.Locks/Get",
        "/quoin.locks.v1.Locks%2FGet",
        GET + "/",
        GET + ";a=b",
        GET + "%20",
        "/quoin.locks.v1.Locks//Get",
        "http://localhost" + GET,
        "*"
      })
  void callsHaveOnePath(String path) {
    String answer =
        Web.rawAnswer(
            server.server().httpPort(),
            "POST "
                + path
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 14\r\n\r\n"
                + BODY);

    assertThat(answer).containsPattern("^HTTP/1.1 40[04]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/..",
        "/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/lib/%2e%2e/main.js",
        "/main.js%00",
        "//evil.example/",
        "/docs/../main.js",
        "/\\..\\x"
      })
  void noPathLeadsOutOfThePages(String path) {
    String answer =
        Web.rawAnswer(
            server.server().httpPort(), "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");

    assertThat(answer).containsPattern("^HTTP/1.1 40[04]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"healthz", "readyz", "openapi.json", "docs/"})
  void pagesAreReadOnly(String page) {
    for (String method : new String[] {"PUT", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE"}) {
      Web.Answer answer = web.send(web.request(page).method(method, BodyPublishers.noBody()));
      assertThat(answer.status()).as(method).isEqualTo(405);
      assertThat(answer.header("allow")).isEqualTo("GET, HEAD");
      assertThat(answer.json().get("message").asText()).isEqualTo("ask for this by GET");
    }
    Web.Answer head = web.send(web.request(page).method("HEAD", BodyPublishers.noBody()));
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
  }

  @Test
  void callsAreMadeByPostOnly() {
    for (String method : new String[] {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
      Web.Answer answer =
          web.send(web.request(GET.substring(1)).method(method, BodyPublishers.noBody()));
      assertThat(answer.status()).as(method).isEqualTo(405);
      assertThat(answer.header("allow")).isEqualTo("POST");
    }
  }

  @Test
  void whoHasUsedItsQuotaIsToldWhenToCallAgain() {
    Web.Answer answer = call();
    for (int i = 0; i < 10 && answer.status() == 200; i++) {
      answer = call();
    }

    assertThat(answer.status()).isEqualTo(429);
    assertThat(answer.reason()).isEqualTo("QUOTA_EXCEEDED");
    assertThat(Integer.parseInt(answer.header("retry-after"))).isBetween(1, 2);
  }

  private static Web.Answer call() {
    return web.call(GET.substring(1), BODY, "authorization", "Bearer secret");
  }
}
