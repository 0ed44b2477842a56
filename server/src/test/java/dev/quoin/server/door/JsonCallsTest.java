// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.Web;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Calls with a request and a response as JSON. */
@Tag("redis")
final class JsonCallsTest {
  private static final String ACQUIRE = "quoin.locks.v1.Locks/Acquire";
  private static final String GET = "quoin.locks.v1.Locks/Get";
  private static final String RELEASE = "quoin.locks.v1.Locks/Release";

  private static TestServer server;
  private static Web web;

  @BeforeAll
  static void start() {
    server = TestServer.withHttp();
    web = Web.of(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void responsesAreTheJsonOfProto3() {
    Web.Answer taken = web.call(ACQUIRE, "{\"name\": \"report\", \"lease\": \"60s\"}");

    assertThat(taken.status()).isEqualTo(200);
    assertThat(taken.header("content-type")).startsWith("application/json");
    assertThat(taken.header("cache-control")).isEqualTo("no-store");
    assertThat(taken.json().get("acquired").isBoolean()).isTrue();
    // 64 bits do not fit into the numbers of JavaScript.
    assertThat(taken.json().get("fence").isTextual()).isTrue();
    assertThat(taken.json().get("expireTime").asText()).endsWith("Z");
    JsonNode held = web.call(ACQUIRE, "{\"name\": \"report\"}").json();
    assertThat(held.get("acquired").asBoolean(true)).isFalse();
    assertThat(held.get("retryAfter").asText()).endsWith("s");
    JsonNode state = web.call(GET, "{\"name\": \"report\"}").json();
    assertThat(state.get("mode").asText()).isEqualTo("MODE_EXCLUSIVE");
    assertThat(state.get("waiterCount").asText()).isEqualTo("0");
    assertThat(server.locks().get(GetRequest.newBuilder().setName("report").build()).getFence())
        .isEqualTo(taken.json().get("fence").asLong());
  }

  @Test
  void bytesAreBase64AndFieldsHaveBothNames() {
    web.call(
        "quoin.queues.v1.Queues/Enqueue",
        "{\"queue\": \"q\", \"task\": {\"kind\": \"k\", \"payload\": \"AAH/\"}, \"request_id\": \"r\"}");

    JsonNode leased =
        web.call("quoin.queues.v1.Queues/Lease", "{\"queues\": [\"q\"], \"maxItems\": 1}").json();

    assertThat(leased.toString()).contains("\"payload\":\"AAH/\"");
  }

  @Test
  void refusalsCarryDetailsAndTheStatusOfHttp() {
    assertRefused(web.call(GET, "{}"), 400, 3, "INVALID_REQUEST");
    assertThat(web.call(GET, "{}").json().at("/details/1/fieldViolations/0/field").asText())
        .isEqualTo("name");
    Web.Answer notHeld = web.call(RELEASE, "{\"name\": \"a\", \"token\": \"t\"}");
    assertRefused(notHeld, 400, 9, "LOCK_NOT_HELD");
    assertThat(notHeld.json().at("/details/0/domain").asText()).isEqualTo("quoin.dev");
    assertThat(notHeld.json().at("/details/0/metadata/name").asText()).isEqualTo("a");
    assertThat(notHeld.json().at("/details/0/@type").asText())
        .isEqualTo("type.googleapis.com/google.rpc.ErrorInfo");
    assertThat(notHeld.header("quoin-request-id")).isNotEmpty();
    assertRefused(
        web.call("quoin.queues.v1.Queues/Get", "{\"queue\": \"q\", \"taskId\": \"1\"}"),
        404,
        5,
        "TASK_NOT_FOUND");
    assertRefused(
        web.call(GET, "{\"name\": \"a\"}", "quoin-namespace", "Not One"),
        400,
        3,
        "INVALID_REQUEST");
  }

  private static void assertRefused(Web.Answer answer, int status, int code, String reason) {
    assertThat(answer.body()).contains(reason);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.json().get("code").asInt()).isEqualTo(code);
    assertThat(answer.json().get("message").asText()).isNotEmpty();
    assertThat(answer.reason()).isEqualTo(reason);
  }

  @Test
  void whatIsWrongInTheJsonIsNamed() {
    assertThat(wrong(GET, "{\"nme\": \"a\"}"))
        .isEqualTo("nme: there is no such field in quoin.locks.v1.GetRequest");
    assertThat(wrong(ACQUIRE, "{\"name\": \"a\", \"lease\": \"soon\"}"))
        .startsWith("lease: ")
        .contains("soon");
    assertThat(wrong(ACQUIRE, "{\"name\": \"a\", \"mode\": \"MODE_BOTH\"}"))
        .startsWith("mode: ")
        .contains("MODE_BOTH");
    assertThat(
            wrong(
                "quoin.queues.v1.Queues/Enqueue",
                "{\"queue\": \"q\", \"task\": {\"kind\": \"k\", \"payloadTxt\": \"x\"}}"))
        .startsWith("task.payloadTxt: there is no such field");
    assertThat(
            wrong(
                "quoin.search.v1.Search/CreateIndex",
                "{\"index\": \"i\", \"fields\": [{\"name\": \"a\"}, {\"nam\": \"b\"}]}"))
        .startsWith("fields[1].nam: there is no such field");
    assertThat(wrong(GET, "{\"name\": \"a\"")).contains("not JSON").contains("line 1");
    assertThat(wrong(GET, "")).contains("must be a JSON object");
    assertThat(wrong(GET, "[]")).contains("must be a JSON object");
    assertThat(wrong(GET, "{} {}")).contains("one JSON object");
    assertThat(wrong(GET, "{\"name\": \"a\", \"name\": \"b\"}")).contains("Duplicate");
    assertThat(wrong(GET, "{\"name\": " + "[".repeat(200) + "]".repeat(200) + "}"))
        .contains("depth");
  }

  private static String wrong(String rpc, String json) {
    Web.Answer answer = web.call(rpc, json);
    assertRefused(answer, 400, 3, "INVALID_REQUEST");
    return answer.json().get("message").asText();
  }

  @Test
  void textsThatAreNoTextAreRefusedAndNotReplaced() {
    for (String name : new String[] {"x\\ud800", "\\uDC00x", "\\udc00\\ud800", "\\uD83Dx\\uDE00"}) {
      Web.Answer answer = web.call(ACQUIRE, "{\"name\": \"" + name + "\", \"lease\": \"60s\"}");
      assertRefused(answer, 400, 3, "INVALID_REQUEST");
      assertThat(answer.json().get("message").asText()).contains("surrogate");
    }
    assertThat(web.call(GET, "{\"name\": \"x?\"}").json().get("held").asBoolean()).isFalse();
    assertThat(web.call(ACQUIRE, "{\"name\": \"\\uD83D\\uDE00\"}").status()).isEqualTo(200);
    assertThat(web.call(ACQUIRE, "{\"name\": \"\\\\ud800\"}").status()).isEqualTo(200);
    byte[][] bodies = {
      "{\"name\":\"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1),
      "{\"name\":\"\u00c0\u00af\"}".getBytes(StandardCharsets.ISO_8859_1),
      "{\"name\":\"\u00ed\u00a0\u0080\"}".getBytes(StandardCharsets.ISO_8859_1),
      "{\"name\":\"a\"}".getBytes(StandardCharsets.UTF_16LE)
    };
    for (byte[] body : bodies) {
      assertRefused(web.post(GET, Web.JSON, body), 400, 3, "INVALID_REQUEST");
    }
  }

  /** A value of a byte takes a hundred while it is read. */
  @Test
  void jsonOfTooManyValuesIsRefusedBeforeItIsRead() {
    String many = "{\"name\": [" + "0,".repeat(300_000) + "0]}";

    assertThat(wrong(GET, many)).contains("Token count");
  }

  @Test
  void longRequestsAreReadApart() {
    String documents = "x".repeat(200_000);

    assertThat(
            web.call(
                    "quoin.queues.v1.Queues/Enqueue",
                    "{\"queue\": \"q\", \"task\": {\"kind\": \"k\", \"payloadText\": \"%s\"}}"
                        .formatted(documents))
                .status())
        .isEqualTo(200);
    assertThat(wrong(GET, "{\"nme\": \"%s\"}".formatted(documents)))
        .isEqualTo("nme: there is no such field in quoin.locks.v1.GetRequest");
  }

  @Test
  void callersWhoSayHowLongTheyWaitAreAnsweredThen() {
    web.call(ACQUIRE, "{\"name\": \"a\"}");
    long begin = System.nanoTime();

    Web.Answer late =
        web.call(ACQUIRE, "{\"name\": \"a\", \"wait\": \"60s\"}", "grpc-timeout", "300m");

    // A wait ends a little before the caller's time is over, if the server gets to it.
    if (late.status() == 200) {
      assertThat(late.json().get("acquired").asBoolean(true)).isFalse();
    } else {
      assertThat(late.status()).isEqualTo(504);
      assertThat(late.json().get("code").asInt()).isEqualTo(4);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    Eventually.until("nobody waits", () -> waiters() == 0);
    assertThat(wrong(GET, "{\"name\": \"a\"}", "grpc-timeout", "soon")).startsWith("grpc-timeout");
  }

  private static String wrong(String rpc, String json, String... headers) {
    return web.call(rpc, json, headers).json().get("message").asText();
  }

  private static long waiters() {
    return server.locks().get(GetRequest.newBuilder().setName("a").build()).getWaiterCount();
  }

  @Test
  void whoHangsUpWaitsNoLongerAndGetsNoLock() throws Exception {
    String token = web.call(ACQUIRE, "{\"name\": \"a\"}").json().get("token").asText();
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    CompletableFuture<?> waiting =
        client.sendAsync(
            web.request(ACQUIRE)
                .header("content-type", Web.JSON)
                .POST(
                    java.net.http.HttpRequest.BodyPublishers.ofString(
                        "{\"name\": \"a\", \"wait\": \"60s\"}"))
                .build(),
            java.net.http.HttpResponse.BodyHandlers.ofString());
    Eventually.until("it waits", () -> waiters() == 1);

    waiting.cancel(true);

    Eventually.until("it waits no longer", () -> waiters() == 0);
    web.call(RELEASE, "{\"name\": \"a\", \"token\": \"%s\"}".formatted(token));
    assertThat(server.locks().get(GetRequest.newBuilder().setName("a").build()).getHeld())
        .isFalse();
    assertThat(waiting).isDone();
  }

  @Test
  void namespacesAndHttp2AreUnderstood() throws Exception {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    Web second = new Web("http://127.0.0.1:" + server.server().httpPort(), client);

    Web.Answer taken = second.call(ACQUIRE, "{\"name\": \"a\"}", "quoin-namespace", "other");

    assertThat(taken.whole().version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(taken.json().get("acquired").asBoolean()).isTrue();
    assertThat(web.call(GET, "{\"name\": \"a\"}").json().get("held").asBoolean(true)).isFalse();
    assertThat(
            server
                .locksIn("other")
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .get(GetRequest.newBuilder().setName("a").build())
                .getHeld())
        .isTrue();
  }

  @Test
  void onlyCallsOfOneRequestAndOneResponseAreJson() {
    assertThat(web.call("quoin.locks.v1.Locks/Hold", "{\"name\": \"a\"}").status()).isEqualTo(501);
    assertThat(web.call("quoin.queues.v1.Queues/Work", "{}").status()).isEqualTo(501);
    assertThat(web.call("quoin.locks.v1.Locks/Nothing", "{}").status()).isEqualTo(404);
    assertThat(web.get(GET).status()).isEqualTo(405);
    assertThat(web.get(GET).header("allow")).isEqualTo("POST");
  }

  /** They are not looked at one by one, of which each would take a hundredth of a millisecond. */
  @Test
  void listOfTooManyThingsIsRefusedAsSuch() {
    String things = "{},".repeat(20_999) + "{}";

    Web.Answer answer = web.call("quoin.queues.v1.Queues/Nack", "{\"failed\": [" + things + "]}");

    assertThat(answer.status()).isEqualTo(400);
    JsonNode violations = answer.json().at("/details/1/fieldViolations");
    assertThat(violations).hasSize(1);
    assertThat(violations.get(0).get("field").asText()).isEqualTo("failed");
    assertThat(violations.get(0).get("description").asText())
        .isEqualTo("must contain no more than 1000 item(s)");
  }
}
