// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.Texts;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a request is about, so that a refusal can say so without a line in any feature: the fields
 * of the request by which the contract names things, wherever a message of it holds one.
 */
final class RequestSubject {
  /** The fields that name something, the wider thing first; the same in every service. */
  private static final List<String> NAMES =
      List.of(
          "queue",
          "queues",
          "network",
          "index",
          "query_id",
          "ad_id",
          "campaign",
          "actor_id",
          "reporter_id",
          "user_id",
          "other_id",
          "author_id",
          "list_id",
          "group_id",
          "name",
          "names",
          "task_id",
          "task_ids",
          "type",
          "component",
          "service",
          "instance",
          "chat_id",
          "user",
          "message_id",
          "login",
          "status_id",
          "in_reply_to",
          "repost_of",
          "report_id",
          "kind",
          "context",
          "id");

  private static final int NAMED_OF_LIST = 3;
  private static final int NAME_BYTES = 64;
  private static final int FEATURE_REASONS = 100;

  private final String nounOfName;
  private final Map<String, String> values = new LinkedHashMap<>();
  private final Map<String, String> words = new LinkedHashMap<>();

  private RequestSubject(String nounOfName) {
    this.nounOfName = nounOfName;
  }

  /**
   * @param method full name of the RPC: a name in a request to Locks is that of a lock
   */
  static RequestSubject of(String method, Message request) {
    RequestSubject subject = new RequestSubject(noun(method));
    subject.collect(request);
    return subject;
  }

  /** The refusal with the subject in its metadata and, unless it is about the server, its text. */
  ApiException addTo(ApiException refusal) {
    boolean isAboutSubject =
        refusal.reason().getNumber() >= FEATURE_REASONS
            || refusal.reason() == ErrorReason.ERROR_REASON_REQUEST_ID_REUSED;
    String text =
        words.entrySet().stream()
            .map(word -> word.getKey() + ' ' + word.getValue())
            .collect(Collectors.joining(", "));
    return refusal.about(isAboutSubject ? text : "", values);
  }

  private void collect(Message message) {
    for (String name : NAMES) {
      FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
      if (field != null) {
        add(field, message.getField(field));
      }
    }
    // In a stream of requests the thing is named by the message inside.
    message
        .getAllFields()
        .forEach(
            (field, value) -> {
              if (values.isEmpty() && !field.isRepeated() && value instanceof Message nested) {
                collect(nested);
              }
            });
  }

  private void add(FieldDescriptor field, Object value) {
    if (field.getJavaType() == JavaType.MESSAGE || field.getJavaType() == JavaType.ENUM) {
      return;
    }
    if (field.isRepeated()) {
      List<?> all = (List<?>) value;
      if (!all.isEmpty()) {
        values.putIfAbsent(field.getName(), listed(all, ","));
        words.putIfAbsent(
            noun(field), listed(all.stream().map(RequestSubject::quoted).toList(), ", "));
      }
    } else if (!value.equals(field.getDefaultValue())) {
      values.putIfAbsent(field.getName(), value.toString());
      words.putIfAbsent(noun(field), quoted(value));
    }
  }

  private String noun(FieldDescriptor field) {
    return switch (field.getName()) {
      case "name" -> nounOfName;
      case "names" -> nounOfName + 's';
      default -> field.getName().replaceFirst("_id(s?)$", "$1");
    };
  }

  private static String noun(String method) {
    String service = method.substring(0, method.indexOf('/'));
    String plural = service.substring(service.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return plural.endsWith("s") ? plural.substring(0, plural.length() - 1) : "name";
  }

  private static String quoted(Object value) {
    return '"' + Texts.cut(value.toString(), NAME_BYTES).replaceAll("\\p{Cntrl}", "?") + '"';
  }

  private static String listed(List<?> all, String separator) {
    String first =
        all.stream()
            .limit(NAMED_OF_LIST)
            .map(Object::toString)
            .collect(Collectors.joining(separator));
    int others = all.size() - NAMED_OF_LIST;
    return others > 0 ? first + " and " + others + " more" : first;
  }
}
