// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import build.buf.validate.ValidateProto;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.TextFormat;
import dev.quoin.rules.v1.RulesProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the contract owes its readers: one name for one thing, verbs, shared rules, short texts. */
final class ContractLawsTest {
  private static final Path CONTRACT = Path.of("../proto/target/quoin.desc");

  /** Names with several types, and why. */
  private static final Map<String, String> OF_SEVERAL_TYPES =
      Map.ofEntries(
          Map.entry("ads", "whole ones, and what is shown of those a decision has chosen"),
          Map.entry("events", "a list, and the message of a stream that has one"),
          Map.entry("explanation", "what somebody said; how a score came about"),
          Map.entry("facets", "what is asked for, and what was counted"),
          Map.entry("fields", "definitions of fields, and what documents and log entries hold"),
          Map.entry("groups", "of users, and conditions that go together"),
          Map.entry("index", "the name of an index, and the number of an item"),
          Map.entry("locations", "names of places, and boxes"),
          Map.entry("matched", "whether a part of a text did, and which parts of a filter"),
          Map.entry("outcome", "what became of a document, and of a report"),
          Map.entry("profile", "of a user, and the name of weights"),
          Map.entry("reason", "why something happened, from the enum of what can happen there"),
          Map.entry("state", "of a task, and of an ad"),
          Map.entry("status", "what became of a task, and what somebody posted"),
          Map.entry("statuses", "of tasks in Queues, what users posted in Statuses"),
          Map.entry("tags", "as texts, and as a part of a query"),
          Map.entry("type", "a name of configuration, and an enum"),
          Map.entry("value", "what callers bring along: a number to Stats, a structure to Config"),
          Map.entry("values", "of a facet with their counts, and of a condition"),
          Map.entry("weights", "numbers by queue, and by field"),
          Map.entry("window", "a length of time, and one of several"),
          Map.entry("words", "as texts, and as a part of a query"));

  /** What the name of an RPC begins with. */
  private static final Pattern VERB =
      Pattern.compile(
          "("
              + String.join(
                  "|",
                  "Ack",
                  "Acquire",
                  "Add",
                  "Analyze",
                  "Announce",
                  "Approve",
                  "BatchGet",
                  "Block",
                  "Bulk",
                  "Cancel",
                  "Change",
                  "Check",
                  "Configure",
                  "Create",
                  "Delete",
                  "Deny",
                  "Drop",
                  "Edit",
                  "Enqueue",
                  "Explain",
                  "Extend",
                  "Favorite",
                  "Fetch",
                  "Filter",
                  "Firehose",
                  "Follow",
                  "Get",
                  "Hide",
                  "Hold",
                  "Increment",
                  "Join",
                  "Kick",
                  "Lease",
                  "Leave",
                  "Like",
                  "List",
                  "Mark",
                  "Mute",
                  "Mutuals",
                  "Nack",
                  "Parse",
                  "Pause",
                  "Post",
                  "Preview",
                  "Publish",
                  "Purge",
                  "Put",
                  "Query",
                  "Rebuild",
                  "Record",
                  "Redrive",
                  "Refill",
                  "Release",
                  "Remove",
                  "Renew",
                  "Report",
                  "Repost",
                  "Request",
                  "Reschedule",
                  "Resolve",
                  "Resume",
                  "Retract",
                  "Revoke",
                  "Rollback",
                  "Sample",
                  "Send",
                  "Session",
                  "Set",
                  "Signal",
                  "Stream",
                  "Subscribe",
                  "Suggest",
                  "Suspend",
                  "Tail",
                  "Target",
                  "Top",
                  "Unblock",
                  "Unfavorite",
                  "Unfollow",
                  "Unlike",
                  "Unmute",
                  "Update",
                  "Wait",
                  "Watch",
                  "Work",
                  "Write")
              + ")([A-Z].*)?");

  /** The predefined rules that fields of requests keep, by their names. */
  private static final Map<String, List<String>> RULES = rules();

  private static final int LINES_OF_AN_RPC = 9;

  private static List<FileDescriptorProto> files;

  /**
   * @param type the type, of messages and enums without the package
   * @param meaning the first word of the comment
   */
  private record Field(
      String name, String type, String meaning, String fullName, FieldDescriptorProto proto) {}

  private static Map<String, List<String>> rules() {
    Map<String, List<String>> rules = new HashMap<>();
    for (String name :
        List.of(
            "name",
            "names",
            "queue",
            "queues",
            "chat_id",
            "user",
            "users",
            "sender",
            "type",
            "component",
            "service",
            "instance",
            "context",
            "kind",
            "kinds")) {
      rules.put(name, List.of("name"));
    }
    rules.put("actor", List.of("actor", "name"));
    for (String name :
        List.of(
            "label",
            "explanation",
            "prefix",
            "request_id",
            "token",
            "page_token",
            "page_size",
            "max_items")) {
      rules.put(name, List.of(name));
    }
    rules.put("acquire_request_id", List.of("request_id"));
    rules.put("lease_request_id", List.of("request_id"));
    rules.put("client_message_id", List.of("request_id"));
    rules.put("task_id", List.of("token"));
    rules.put("task_ids", List.of("token"));
    rules.put("id", List.of("token", "name"));
    return rules;
  }

  @BeforeAll
  static void read() throws IOException {
    ExtensionRegistry registry = ExtensionRegistry.newInstance();
    ValidateProto.registerAllExtensions(registry);
    RulesProto.registerAllExtensions(registry);
    files =
        FileDescriptorSet.parseFrom(Files.readAllBytes(CONTRACT), registry).getFileList().stream()
            .filter(file -> file.getPackage().startsWith("quoin."))
            .toList();
    assertThat(files).isNotEmpty();
  }

  @Test
  void oneNameHasOneType() {
    Map<String, TreeSet<String>> types = new TreeMap<>();
    fields().forEach(f -> types.computeIfAbsent(f.name(), n -> new TreeSet<>()).add(f.type()));
    types.values().removeIf(of -> of.size() == 1);
    assertThat(types.keySet())
        .as("names of fields with several types, %s: give yours the type or another name", types)
        .isEqualTo(OF_SEVERAL_TYPES.keySet());
  }

  @Test
  void oneNameHasOneMeaning() {
    Map<String, TreeMap<String, String>> meanings = new TreeMap<>();
    fields()
        .forEach(
            f ->
                meanings
                    .computeIfAbsent(f.name(), n -> new TreeMap<>())
                    .put(f.meaning(), f.fullName()));
    meanings.values().removeIf(of -> of.size() == 1);
    assertThat(meanings)
        .as(
            "names of fields whose comments begin differently: begin yours as the others, or rename it")
        .isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> rpcsAreVerbs() {
    return files.stream()
        .flatMap(file -> file.getServiceList().stream())
        .flatMap(service -> service.getMethodList().stream())
        .map(
            method ->
                dynamicTest(
                    method.getName(),
                    () ->
                        assertThat(method.getName())
                            .as("begins with a verb; if none of these will do, add yours to VERB")
                            .matches(VERB)));
  }

  @TestFactory
  Stream<DynamicTest> whatRecursInRequestsKeepsAPredefinedRule() {
    return fields()
        .filter(field -> RULES.containsKey(field.name()) && isAsked(field.fullName()))
        .map(
            field ->
                dynamicTest(
                    field.fullName(),
                    () ->
                        assertThat(RULES.get(field.name()))
                            .anySatisfy(
                                rule ->
                                    assertThat(
                                            TextFormat.printer()
                                                .emittingSingleLine(true)
                                                .printToString(field.proto().getOptions()))
                                        .contains("[quoin.rules.v1." + rule + "]"))));
  }

  @TestFactory
  Stream<DynamicTest> anRpcIsDescribedInAFewLines() {
    List<DynamicTest> tests = new ArrayList<>();
    for (FileDescriptorProto file : files) {
      Map<List<Integer>, String> comments = comments(file);
      for (int s = 0; s < file.getServiceCount(); s++) {
        ServiceDescriptorProto service = file.getService(s);
        for (int m = 0; m < service.getMethodCount(); m++) {
          String text = comments.getOrDefault(List.of(6, s, 2, m), "");
          tests.add(
              dynamicTest(
                  service.getName() + '/' + service.getMethod(m).getName(),
                  () -> assertThat(text.strip().lines()).hasSizeBetween(1, LINES_OF_AN_RPC)));
        }
      }
    }
    return tests.stream();
  }

  /** Whether a message is a part of requests only: those say what is allowed. */
  private static boolean isAsked(String field) {
    return field.matches(".*\\.\\w+Request\\..*")
        || field.matches("quoin\\.queues\\.v1\\.(NewTask|Done|Failed|Progress|DeadFilter)\\..*");
  }

  private static Stream<Field> fields() {
    List<Field> fields = new ArrayList<>();
    for (FileDescriptorProto file : files) {
      Map<List<Integer>, String> comments = comments(file);
      for (int i = 0; i < file.getMessageTypeCount(); i++) {
        collect(file.getMessageType(i), List.of(4, i), file.getPackage() + '.', comments, fields);
      }
    }
    return fields.stream();
  }

  private static void collect(
      DescriptorProto message,
      List<Integer> path,
      String around,
      Map<List<Integer>, String> comments,
      List<Field> fields) {
    if (message.getOptions().getMapEntry()) {
      return;
    }
    String name = around + message.getName();
    for (int i = 0; i < message.getFieldCount(); i++) {
      FieldDescriptorProto field = message.getField(i);
      String comment = comments.getOrDefault(path(path, 2, i), "").strip();
      String type =
          field.hasTypeName()
              ? field.getTypeName().replaceFirst("^.*\\.", "").replaceFirst("^\\w+Entry$", "map")
              : field.getType().name();
      fields.add(
          new Field(
              field.getName(),
              type,
              comment.split("[^A-Za-z]", 2)[0].toLowerCase(Locale.ROOT),
              name + '.' + field.getName(),
              field));
    }
    for (int i = 0; i < message.getNestedTypeCount(); i++) {
      collect(message.getNestedType(i), path(path, 3, i), name + '.', comments, fields);
    }
  }

  private static List<Integer> path(List<Integer> around, int... inside) {
    List<Integer> path = new ArrayList<>(around);
    for (int step : inside) {
      path.add(step);
    }
    return path;
  }

  private static Map<List<Integer>, String> comments(FileDescriptorProto file) {
    Map<List<Integer>, String> comments = new HashMap<>();
    file.getSourceCodeInfo()
        .getLocationList()
        .forEach(
            location ->
                comments.put(List.copyOf(location.getPathList()), location.getLeadingComments()));
    return comments;
  }
}
