// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.observability;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/** Makes deploy/observability/dashboard.json: {@code make generate} writes it. */
final class Dashboard {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final int WIDTH = 24;
  private static final int COLUMNS = 3;
  private static final int HEIGHT = 8;
  private static final String NS = "{quoin_namespace=~\"$namespace\"}";

  /** Queries by legend, as a graph. */
  record Panel(String title, String unit, Map<String, String> queries) {
    static Panel of(String title, String unit, String legend, String query) {
      return new Panel(title, unit, Map.of(legend, query));
    }
  }

  /** Panels that belong together. */
  record Group(String title, List<Panel> panels) {}

  private static String perSecond(String by, String counter) {
    return "sum by (" + by + ") (rate(" + counter + "[$__rate_interval]))";
  }

  private static String p99(String by, String histogram) {
    return "histogram_quantile(0.99, " + perSecond("le, " + by, histogram + "_bucket") + ")";
  }

  static List<Group> groups() {
    return List.of(
        new Group(
            "Calls",
            List.of(
                Panel.of(
                    "Calls by status",
                    "reqps",
                    "{{grpc_status}}",
                    perSecond("grpc_status", "grpc_server_call_duration_seconds_count")),
                Panel.of(
                    "p99 of work by RPC, without waits asked for",
                    "s",
                    "{{grpc_method}}",
                    p99("grpc_method", "quoin_call_work_duration_seconds")),
                Panel.of(
                    "Refusals by reason",
                    "reqps",
                    "{{quoin_reason}}",
                    perSecond("quoin_reason", "quoin_refusals_total" + NS)),
                Panel.of(
                    "Calls by namespace",
                    "reqps",
                    "{{quoin_namespace}}",
                    perSecond("quoin_namespace", "quoin_calls_total" + NS)),
                Panel.of(
                    "Open streams",
                    "short",
                    "{{grpc_method}}",
                    "sum by (grpc_method) (quoin_streams_open" + NS + ")"),
                Panel.of(
                    "Connections",
                    "short",
                    "{{instance}}",
                    "sum by (instance) (quoin_connections_open)"))),
        new Group(
            "Locks and semaphores",
            List.of(
                Panel.of(
                    "Waiters",
                    "short",
                    "{{quoin_feature}} {{quoin_namespace}}",
                    "sum by (quoin_feature, quoin_namespace) (quoin_waiters" + NS + ")"),
                Panel.of(
                    "Leases held by streams",
                    "short",
                    "{{quoin_feature}} {{quoin_namespace}}",
                    "sum by (quoin_feature, quoin_namespace) (quoin_holders" + NS + ")"),
                Panel.of(
                    "p99 of waits asked for",
                    "s",
                    "{{grpc_method}}",
                    p99("grpc_method", "quoin_wait_duration_seconds")))),
        new Group(
            "Queues and logs",
            List.of(
                Panel.of(
                    "Tasks by state",
                    "short",
                    "{{quoin_queue}} {{quoin_state}}",
                    "max by (quoin_namespace, quoin_queue, quoin_state) (quoin_queue_tasks"
                        + NS
                        + ")"),
                Panel.of(
                    "Age of the oldest task",
                    "s",
                    "{{quoin_queue}}",
                    "max by (quoin_namespace, quoin_queue) (quoin_queue_oldest_age_seconds"
                        + NS
                        + ")"),
                Panel.of(
                    "Entries that streams are behind",
                    "short",
                    "{{quoin_feature}} {{quoin_namespace}}",
                    "max by (quoin_feature, quoin_namespace) (quoin_log_lag" + NS + ")"))),
        new Group(
            "Redis",
            List.of(
                Panel.of(
                    "Redis answers", "short", "{{instance}}", "min by (instance) (quoin_redis_up)"),
                new Panel(
                    "Memory",
                    "bytes",
                    Map.of(
                        "{{quoin_redis_node}}",
                        "max by (quoin_redis_node) (quoin_redis_memory_used_bytes)",
                        "limit {{quoin_redis_node}}",
                        "max by (quoin_redis_node) (quoin_redis_memory_max_bytes)")),
                Panel.of(
                    "Evicted keys",
                    "short",
                    "{{quoin_redis_node}}",
                    "max by (quoin_redis_node) (quoin_redis_evicted_keys)"),
                Panel.of(
                    "p99 of scripts",
                    "s",
                    "{{db_stored_procedure_name}}",
                    "topk(10, "
                        + p99("db_stored_procedure_name", "db_client_operation_duration_seconds")
                        + ")"),
                Panel.of(
                    "Stored by namespace",
                    "bytes",
                    "{{quoin_namespace}}",
                    "max by (quoin_namespace, quoin_feature) (quoin_stored_memory_bytes"
                        + NS
                        + ")"),
                Panel.of(
                    "Replicas",
                    "short",
                    "{{quoin_redis_node}}",
                    "max by (quoin_redis_node) (quoin_redis_replicas)"))),
        new Group(
            "Servers",
            List.of(
                Panel.of(
                    "Heap after collections",
                    "bytes",
                    "{{instance}}",
                    "sum by (instance) (jvm_memory_used_after_last_gc_bytes{jvm_memory_type=\"heap\"})"),
                Panel.of(
                    "Time since background work",
                    "s",
                    "{{quoin_maintainer}}",
                    "max by (quoin_maintainer) (quoin_maintainer_lag_seconds)"),
                Panel.of(
                    "Servers by version",
                    "short",
                    "{{version}}",
                    "count by (version) (quoin_build)"))));
  }

  static String json() throws JsonProcessingException {
    ObjectNode dashboard = JSON.createObjectNode();
    dashboard.put("title", "Quoin").put("uid", "quoin").put("schemaVersion", 39);
    dashboard.put("editable", true).put("refresh", "30s");
    dashboard.putObject("time").put("from", "now-3h").put("to", "now");
    variables(dashboard.putObject("templating").putArray("list"));
    ArrayNode panels = dashboard.putArray("panels");
    int y = 0;
    int id = 1;
    for (Group group : groups()) {
      ObjectNode row = panels.addObject().put("id", id++).put("type", "row");
      row.put("title", group.title()).put("collapsed", false);
      place(row, 0, y++, WIDTH, 1);
      row.putArray("panels");
      for (int i = 0; i < group.panels().size(); i++) {
        int width = WIDTH / COLUMNS;
        int line = i / COLUMNS;
        panel(
            panels.addObject().put("id", id++),
            group.panels().get(i),
            i % COLUMNS * width,
            y + line * HEIGHT,
            width);
      }
      y += (group.panels().size() + COLUMNS - 1) / COLUMNS * HEIGHT;
    }
    return JSON.writeValueAsString(dashboard) + '\n';
  }

  private static void variables(ArrayNode list) {
    list.addObject()
        .put("name", "datasource")
        .put("type", "datasource")
        .put("query", "prometheus")
        .put("label", "Prometheus");
    ObjectNode namespace = list.addObject().put("name", "namespace").put("type", "query");
    namespace.put("label", "Namespace").put("multi", true).put("includeAll", true);
    namespace.put("allValue", ".*").put("refresh", 2);
    namespace.put("query", "label_values(quoin_calls_total, quoin_namespace)");
    source(namespace);
    namespace.putObject("current").put("text", "All").put("value", "$__all");
  }

  private static void panel(ObjectNode node, Panel panel, int x, int y, int width) {
    node.put("type", "timeseries").put("title", panel.title());
    place(node, x, y, width, HEIGHT);
    source(node);
    ObjectNode defaults = node.putObject("fieldConfig").putObject("defaults");
    defaults.put("unit", panel.unit()).put("min", 0);
    node.withObject("/fieldConfig").putArray("overrides");
    ArrayNode targets = node.putArray("targets");
    char ref = 'A';
    for (Map.Entry<String, String> query : new java.util.TreeMap<>(panel.queries()).entrySet()) {
      ObjectNode target = targets.addObject().put("refId", String.valueOf(ref++));
      target.put("expr", query.getValue()).put("legendFormat", query.getKey());
      source(target);
    }
  }

  private static void place(ObjectNode node, int x, int y, int width, int height) {
    node.putObject("gridPos").put("x", x).put("y", y).put("w", width).put("h", height);
  }

  private static void source(ObjectNode node) {
    node.putObject("datasource").put("type", "prometheus").put("uid", "${datasource}");
  }

  private Dashboard() {}
}
