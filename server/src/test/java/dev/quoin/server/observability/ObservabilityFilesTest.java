// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.observability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.Scrape;
import dev.quoin.server.testing.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The files for Grafana and Prometheus say what a server really tells. */
@Tag("redis")
final class ObservabilityFilesTest {
  private static final Path FILES = Path.of("../deploy/observability");
  private static final boolean WRITES = "write".equals(System.getProperty("quoin.docs"));
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");

  /** What Prometheus itself adds. */
  private static final Set<String> OF_PROMETHEUS = Set.of("job", "instance", "le");

  private static RedisProcess redis;
  private static TestServer server;

  /** The labels of all series of each metric. */
  private static final Map<String, Set<String>> METRICS = new HashMap<>();

  /** A server that has been used in all the ways that leave a trace in its metrics. */
  @BeforeAll
  static void start() {
    int port = Scrape.freePort();
    Scrape scrape = new Scrape(port);
    redis = RedisProcess.start("--appendonly", "yes");
    server =
        TestServer.start(
            "redis", "redis://127.0.0.1:" + redis.port(), "metrics-port", String.valueOf(port));
    server.asyncLocks().hold(HoldRequest.newBuilder().setName("held").build(), stream());
    server.asyncLocks().hold(HoldRequest.newBuilder().setName("held").build(), stream());
    server
        .locks()
        .acquire(
            AcquireRequest.newBuilder().setName("held").setWait(Durations.fromMillis(50)).build());
    Refused.by(
        () ->
            server
                .locks()
                .release(ReleaseRequest.newBuilder().setName("free").setToken("x").build()));
    QueuesGrpc.newBlockingStub(server.channel())
        .enqueue(
            EnqueueRequest.newBuilder()
                .setQueue("mail")
                .setTask(
                    NewTask.newBuilder().setKind("send").setPayload(ByteString.copyFromUtf8("x")))
                .build());
    LogsGrpc.newStub(server.channel())
        .tail(
            TailRequest.newBuilder().addNames("web").build(),
            new OpenStream<TailRequest, TailResponse>());
    System.gc();
    Eventually.until(
        Duration.ofSeconds(60),
        "all is measured",
        () ->
            scrape
                .names()
                .containsAll(
                    Set.of(
                        "quoin_queue_tasks",
                        "quoin_redis_replicas",
                        "quoin_stored_memory_bytes",
                        "quoin_wait_duration_seconds_bucket",
                        "quoin_log_lag",
                        "jvm_memory_used_after_last_gc_bytes")));
    scrape
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              Set<String> labels =
                  METRICS.computeIfAbsent(line.split("[{ ]")[0], name -> new TreeSet<>());
              LABEL.matcher(line).results().forEach(label -> labels.add(label.group(1)));
            });
  }

  private static OpenStream<HoldRequest, HoldResponse> stream() {
    return new OpenStream<>();
  }

  @AfterAll
  static void stop() {
    OpenStream.cancelAll();
    server.close();
    redis.close();
  }

  private static void assertIsThere(String query) {
    PromQl.Query read = PromQl.read(query);
    assertThat(read.selected()).as(query).isNotEmpty();
    Set<String> labels = new TreeSet<>(OF_PROMETHEUS);
    read.selected()
        .forEach(
            (metric, selectedBy) -> {
              if (metric.equals("up")) {
                return;
              }
              assertThat(METRICS).as(query).containsKey(metric);
              Set<String> known = new TreeSet<>(METRICS.get(metric));
              labels.addAll(known);
              assertThat(known).as(query).containsAll(selectedBy);
            });
    assertThat(labels).as(query).containsAll(read.grouped());
  }

  private static JsonNode alerts() throws IOException {
    return new YAMLMapper()
        .readTree(Files.readString(FILES.resolve("alerts.yaml")))
        .get("groups")
        .get(0)
        .get("rules");
  }

  @Test
  void theDashboardIsWhatTheProgramMakes() throws IOException {
    Path file = FILES.resolve("dashboard.json");
    if (WRITES) {
      Files.writeString(file, Dashboard.json());
    }
    assertThat(Files.readString(file)).as("run make generate").isEqualTo(Dashboard.json());
  }

  @Test
  void allThatTheDashboardShowsIsThere() throws IOException {
    JsonNode dashboard = new JsonMapper().readTree(Dashboard.json());
    List<String> queries = new ArrayList<>(dashboard.findValuesAsText("expr"));
    assertThat(queries).hasSizeGreaterThan(20);
    queries.forEach(ObservabilityFilesTest::assertIsThere);
    assertIsThere("label_values(quoin_calls_total, quoin_namespace)");
    assertThat(dashboard.findValuesAsText("id")).doesNotHaveDuplicates();
  }

  @Test
  void allThatAlertsAskForIsThereAndEachIsExplained() throws IOException {
    String page = Files.readString(Path.of("../docs/operating.md"));
    List<String> names = new ArrayList<>();
    for (JsonNode rule : alerts()) {
      assertIsThere(rule.get("expr").asText());
      names.add(rule.get("alert").asText());
      assertThat(rule.get("labels").get("severity").asText()).isIn("page", "ticket");
      assertThat(rule.get("annotations").get("summary").asText()).endsWith(".");
      assertThat(rule.path("for").asText("1m")).matches("\\d+[smh]");
      assertThat(page).as("docs/operating.md").contains("`" + rule.get("alert").asText() + "`");
    }
    assertThat(names).hasSizeGreaterThan(10).doesNotHaveDuplicates();
  }

  /** Where there is a promtool (Debian has it in the package prometheus), it has the last word. */
  @Test
  void prometheusItselfTakesTheAlerts() throws Exception {
    Process promtool;
    try {
      promtool =
          new ProcessBuilder("promtool", "check", "rules", FILES.resolve("alerts.yaml").toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      Assumptions.abort("promtool is not installed");
      return;
    }
    String said = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor()).as(said).isZero();
  }

  @Test
  void whatIsNoQueryIsFound() {
    for (String wrong :
        List.of(
            "rate(x[5m]",
            "sum by (a (x)",
            "x{a=b}",
            "x{a}",
            "nothing(x)",
            "x[5q]",
            "x > ",
            "histogram_quantile(x)",
            "x y")) {
      assertThatThrownBy(() -> PromQl.read(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(PromQl.read("sum by (a) (rate(x{b=\"c\"}[5m])) / y > 0.5").selected())
        .isEqualTo(Map.of("x", Set.of("b"), "y", Set.of()));
  }
}
