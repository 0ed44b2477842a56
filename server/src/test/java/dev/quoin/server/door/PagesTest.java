// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.linecorp.armeria.server.Server;
import dev.quoin.server.Services;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.Web;
import io.grpc.MethodDescriptor.MethodType;
import java.net.http.HttpClient;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a browser finds. */
@Tag("redis")
final class PagesTest {
  private static TestServer server;
  private static Web web;
  private static Server own;
  private static Web files;

  @BeforeAll
  static void start() {
    server = TestServer.withHttp();
    web = Web.of(server);
    own = Server.builder().http(0).serviceUnder("/", new Pages("pages/")).build();
    own.start().join();
    files = new Web("http://127.0.0.1:" + own.activeLocalPort(), HttpClient.newHttpClient());
  }

  @AfterAll
  static void stop() {
    server.close();
    own.stop().join();
  }

  @Test
  void healthIsThere() {
    assertThat(web.get("healthz").json().get("status").asText()).isEqualTo("SERVING");
    assertThat(web.get("readyz").status()).isEqualTo(200);
  }

  @Test
  void theConsoleIsTheFirstPageAndLoadsOnlyWhatIsItsOwn() {
    Web.Answer page = web.get("");
    assertThat(page.header("content-type")).startsWith("text/html");
    assertThat(page.header("content-security-policy")).isEqualTo(Door.OWN_PAGES);
    assertThat(page.header("cache-control")).isEqualTo("no-cache");
    Matcher link = Pattern.compile("(?:src|href)=\"([^\"]+)\"").matcher(page.body());
    while (link.find()) {
      assertThat(web.get(link.group(1)).status()).as(link.group(1)).isEqualTo(200);
    }
    String libraries = web.get("lib/view.js").body();
    Matcher library = Pattern.compile("webjars/[^']+").matcher(libraries);
    while (library.find()) {
      Web.Answer answer = web.get(library.group());
      assertThat(answer.status()).as(library.group()).isEqualTo(200);
      assertThat(answer.header("content-type")).startsWith("text/javascript");
      assertThat(answer.header("cache-control")).contains("immutable");
    }
  }

  @Test
  void theContractIsThereWithItsComments() {
    Web.Answer answer = web.get("contract.binpb");

    assertThat(answer.header("content-type")).startsWith("application/");
    assertThat(answer.body()).contains("quoin/locks/v1/locks.proto", "Acquires the lock.");
  }

  @Test
  void docsShowEveryServiceWithItsComments() {
    assertThat(web.get("docs/").header("content-type")).startsWith("text/html");
    JsonNode specification = web.get("docs/specification.json").json();

    Set<String> services = new TreeSet<>(specification.at("/services").findValuesAsText("name"));
    assertThat(services)
        .containsAll(Services.ALL.stream().map(service -> service.contract().getName()).toList());
    assertThat(specification.at("/docStrings/quoin.locks.v1.Locks~1Acquire/docString").asText())
        .contains("lock");
  }

  @Test
  void openApiDescribesTheUnaryRpcs() {
    Web.Answer answer = web.get("openapi.json");
    assertThat(answer.header("content-type")).startsWith("application/json");
    JsonNode document = answer.json();

    assertThat(document.get("openapi").asText()).isEqualTo("3.1.0");
    Set<String> unary =
        Services.ALL.stream()
            .flatMap(service -> service.contract().getMethods().stream())
            .filter(method -> method.getType() == MethodType.UNARY)
            .map(method -> '/' + method.getFullMethodName())
            .collect(Collectors.toSet());
    Set<String> described = new TreeSet<>();
    document.get("paths").fieldNames().forEachRemaining(described::add);
    assertThat(described).isEqualTo(new TreeSet<>(unary));
    JsonNode acquire = document.at("/paths/~1quoin.locks.v1.Locks~1Acquire/post");
    assertThat(acquire.get("summary").asText()).isNotEmpty();
    assertThat(acquire.at("/requestBody/content/application~1json/schema/$ref").asText())
        .isEqualTo("#/components/schemas/quoin.locks.v1.AcquireRequest");
    JsonNode request = document.at("/components/schemas/quoin.locks.v1.AcquireRequest");
    assertThat(request.at("/properties/name/type").asText()).isEqualTo("string");
    assertThat(request.at("/properties/name/description").asText()).isNotEmpty();
    assertThat(request.at("/properties/requestId").isObject()).isTrue();
    assertThat(request.at("/properties/lease/pattern").asText()).contains("s$");
    assertThat(document.at("/components/schemas/quoin.locks.v1.AcquireResponse/properties/fence"))
        .hasToString(
            "{\"type\":[\"string\",\"integer\"],\"format\":\"int64\",\"description\":"
                + document.at(
                    "/components/schemas/quoin.locks.v1.AcquireResponse/properties/fence/description")
                + "}");
    // Whatever is referred to is there.
    for (String place : document.findValuesAsText("$ref")) {
      assertThat((Object) document.at(place.substring(1)))
          .as(place)
          .isNotEqualTo(com.fasterxml.jackson.databind.node.MissingNode.getInstance());
    }
  }

  @Test
  void filesHaveATypeADigestAndAPolicy() {
    Web.Answer page = files.get("");
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body()).contains("A page of the tests");
    assertThat(page.header("content-type")).isEqualTo("text/html; charset=utf-8");
    assertThat(page.header("content-security-policy"))
        .contains("script-src 'self'")
        .doesNotContain("unsafe");
    assertThat(page.header("cache-control")).isEqualTo("no-cache");
    String digest = page.header("etag");
    assertThat(digest).isNotEmpty();
    assertThat(files.get("", "if-none-match", digest).status()).isEqualTo(304);
    assertThat(files.get("", "if-none-match", "\"other\"").status()).isEqualTo(200);
    assertThat(files.get("app/main.js").header("content-type")).startsWith("text/javascript");
  }

  @Test
  void pathsThatLeadNowhereAreRefusedLikeCalls() {
    String deep = "a/".repeat(2_000) + "a.js";
    for (String path : new String[] {"none.js", ".hidden.js", "app/", "openapi.json/", deep}) {
      assertNothing(web.get(path), path);
    }
    assertNothing(web.call("quoin.locks.v1.Locks/Nothing", "{}"), "an RPC");
    assertNothing(web.call(deep, "{}"), "a call");
  }

  private static void assertNothing(Web.Answer answer, String what) {
    assertThat(answer.status()).as(what).isEqualTo(404);
    assertThat(answer.json().get("code").asInt()).as(what).isEqualTo(12);
    assertThat(answer.json().get("message").asText()).as(what).contains("nothing at this path");
  }

  @Test
  void thereIsNoWayOutOfTheFolder() {
    for (String path :
        new String[] {
          "../logback.xml",
          "%2e%2e/lua/locks/acquire.lua",
          "app/..%2f..%2flua/locks/acquire.lua",
          ".hidden.js",
          "app",
          "app/",
          "none.js",
          "app/main.class"
        }) {
      assertThat(files.get(path).status()).as(path).isIn(400, 404);
    }
  }
}
