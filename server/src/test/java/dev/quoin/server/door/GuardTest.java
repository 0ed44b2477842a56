// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.RequestHeadersBuilder;
import dev.quoin.server.settings.SettingsReader;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.Web;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a page of somebody else cannot make a browser do. */
@Tag("redis")
final class GuardTest {
  private static final String GET = "quoin.locks.v1.Locks/Get";
  private static TestServer server;
  private static Web web;

  @BeforeAll
  static void start() {
    server =
        TestServer.withHttp("http-hosts", "quoin.example", "http-origins", "https://app.example");
    web = Web.of(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static boolean allows(Guard guard, String host, String origin) {
    RequestHeadersBuilder headers = RequestHeaders.builder(HttpMethod.POST, "/").authority(host);
    if (origin != null) {
      headers.set("origin", origin);
    }
    return guard.refusal(headers.build()) == null;
  }

  @Test
  void hostsAreAddressesOrKnownNames() {
    Guard guard = new Guard(SettingsReader.read(null, Map.of(), Map.of("http-hosts", "q.example")));

    for (String host :
        new String[] {
          "localhost",
          "LOCALHOST:7402",
          "a.localhost",
          "127.0.0.1:7402",
          "[::1]:7402",
          "10.0.0.7",
          "q.example",
          "Q.example:80"
        }) {
      assertThat(allows(guard, host, null)).as(host).isTrue();
    }
    for (String host :
        new String[] {
          "evil.example",
          "localhost.evil.example",
          "127.0.0.1.evil.example",
          "xlocalhost",
          "q.example.evil.example",
          "[::1].evil.example",
          "127.0.0.1@evil.example",
          "1.2.3",
          ""
        }) {
      assertThat(allows(guard, host, null)).as(host).isFalse();
    }
    Guard any = new Guard(SettingsReader.read(null, Map.of(), Map.of("http-hosts", "*")));
    assertThat(allows(any, "evil.example", null)).isTrue();
  }

  @Test
  void originsAreTheServersOwnOrNamed() {
    Guard guard =
        new Guard(
            SettingsReader.read(null, Map.of(), Map.of("http-origins", "https://app.example")));

    assertThat(allows(guard, "localhost:7402", "http://localhost:7402")).isTrue();
    assertThat(allows(guard, "localhost:7402", "https://app.example")).isTrue();
    for (String origin :
        new String[] {
          "http://localhost:3000",
          "https://localhost:7402",
          "http://localhost",
          "null",
          "",
          "https://app.example.evil.example",
          "http://app.example"
        }) {
      assertThat(allows(guard, "localhost:7402", origin)).as(origin).isFalse();
    }
  }

  @Test
  void namesThatWereLedHereAreRefused() {
    String answer =
        Web.raw(
            server.server().httpPort(),
            "POST /"
                + GET
                + " HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\n"
                + "Content-Length: 14\r\nConnection: close\r\n\r\n{\"name\":\"abc\"}");

    assertThat(answer).startsWith("HTTP/1.1 403").contains("evil.example").contains("http-hosts");
    assertThat(
            Web.raw(
                server.server().httpPort(),
                "GET /healthz HTTP/1.1\r\nHost: quoin.example\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200");
  }

  @Test
  void formsOfPagesAreNoCalls() {
    for (String type :
        new String[] {
          "text/plain",
          "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x",
          "application/grpc",
          "application/protobuf",
          "text/json",
          "application/jsonp"
        }) {
      Web.Answer answer = web.post(GET, type, "{\"name\": \"a\"}".getBytes());
      assertThat(answer.status()).as(type).isEqualTo(415);
      assertThat(answer.json().get("message").asText()).contains("application/json");
    }
    assertThat(
            web.send(web.request(GET).POST(BodyPublishers.ofString("{\"name\": \"a\"}"))).status())
        .isEqualTo(415);
    assertThat(
            web.post(GET, "application/json; charset=utf-8", "{\"name\": \"a\"}".getBytes())
                .status())
        .isEqualTo(200);
  }

  @Test
  void pagesOfOtherOriginsMayCallOnlyWhenTheyAreNamed() {
    Web.Answer own = web.call(GET, "{\"name\": \"a\"}", "origin", address());
    assertThat(own.status()).isEqualTo(200);
    assertThat(own.header("access-control-allow-origin")).isEmpty();
    Web.Answer named = web.call(GET, "{\"name\": \"a\"}", "origin", "https://app.example");
    assertThat(named.status()).isEqualTo(200);
    assertThat(named.header("access-control-allow-origin")).isEqualTo("https://app.example");
    assertThat(named.header("access-control-allow-credentials")).isEmpty();
    Web.Answer other = web.call(GET, "{\"name\": \"a\"}", "origin", "https://evil.example");
    assertThat(other.status()).isEqualTo(403);
    assertThat(other.header("access-control-allow-origin")).isEmpty();
  }

  @Test
  void browsersAreToldBeforeWhatOtherOriginsMaySend() {
    Web.Answer asked = ask("https://app.example");
    assertThat(asked.status()).isEqualTo(200);
    assertThat(asked.header("access-control-allow-methods")).isEqualTo("POST");
    assertThat(asked.header("access-control-allow-headers"))
        .contains("authorization")
        .contains("x-grpc-web");
    assertThat(ask("https://evil.example").status()).isEqualTo(403);
  }

  private static Web.Answer ask(String origin) {
    return web.send(
        web.request(GET, "origin", origin, "access-control-request-method", "POST")
            .method("OPTIONS", BodyPublishers.noBody()));
  }

  private static String address() {
    return "http://127.0.0.1:" + server.server().httpPort();
  }

  @Test
  void everyAnswerForbidsToBeTakenForSomethingElse() {
    for (String path : new String[] {"", "healthz", "docs/", "openapi.json", "nowhere", GET}) {
      Web.Answer answer = web.get(path);
      assertThat(answer.header("x-content-type-options")).as(path).isEqualTo("nosniff");
      assertThat(answer.header("x-frame-options")).as(path).isEqualTo("DENY");
      assertThat(answer.header("content-security-policy"))
          .as(path)
          .startsWith("default-src 'none'")
          .contains("frame-ancestors 'none'");
      assertThat(answer.header("server")).as(path).isEmpty();
    }
  }
}
