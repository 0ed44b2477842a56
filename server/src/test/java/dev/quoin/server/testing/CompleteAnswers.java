// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Fails a call that answers without saying all it has to: every true or false and every number of a
 * response, so that false and 0 are seen by whoever prints it. All calls of tests come by here.
 */
public final class CompleteAnswers implements ClientInterceptor {
  /** Fields that are not set when they mean nothing, as their comments say. */
  private static final Set<String> MAY_BE_UNSET =
      Set.of(
          "quoin.ads.v1.BudgetStatus.allowance_micros",
          "quoin.locks.v1.AcquireResponse.fence",
          "quoin.locks.v1.AcquireResponse.position",
          "quoin.locks.v1.AcquireAllResponse.position",
          "quoin.queues.v1.Outcome.cancel_requested",
          "quoin.queues.v1.TaskStatus.priority",
          "quoin.queues.v1.TaskStatus.max_attempts",
          "quoin.queues.v1.TaskStatus.cancel_requested",
          "quoin.semaphores.v1.AcquireResponse.fence",
          "quoin.semaphores.v1.AcquireResponse.position");

  /**
   * What each stream says in the messages it shares with others; what it does not name here means
   * nothing there.
   */
  private static final Map<String, Set<String>> SAID_BY_STREAM =
      Map.of(
          "quoin.config.v1.WatchResponse",
          Set.of("Heartbeat.revision", "Heartbeat.stale", "Reconnect.revision"),
          "quoin.config.v1.WatchServiceResponse",
          Set.of("Heartbeat.revision", "Heartbeat.stale", "Reconnect.revision"),
          "quoin.config.v1.WatchMaintenanceResponse",
          Set.of("Heartbeat.stale"),
          "quoin.logs.v1.TailResponse",
          Set.of("Gap.missed"),
          "quoin.search.v1.WatchMatchesResponse",
          Set.of("Gap.missed"),
          "quoin.chat.v1.SubscribeResponse",
          Set.of("Gap.first_missed", "Gap.last_missed"));

  private static final Set<String> SHARED = Set.of("Heartbeat", "Reconnect", "Gap");

  /** Messages that callers bring along, and get back as they were. */
  private static final Set<String> BROUGHT_ALONG =
      Set.of(
          "quoin.ads.v1.Ad",
          "quoin.ads.v1.Budget",
          "quoin.ads.v1.FrequencyCap",
          "quoin.queues.v1.PutScheduleRequest",
          "quoin.logs.v1.LogEntry",
          "quoin.search.v1.FieldDefinition");

  /** Whether a field has to show that it was set. */
  public static boolean isAnswer(FieldDescriptor field) {
    return !field.isRepeated()
        && field.getRealContainingOneof() == null
        && switch (field.getJavaType()) {
          case BOOLEAN, INT, LONG, FLOAT, DOUBLE -> true;
          default -> false;
        };
  }

  /** Whether the fields of a message are what the server says. */
  public static boolean isSaidByTheServer(Descriptor message) {
    return message.getFullName().startsWith("quoin.")
        && !message.getOptions().getMapEntry()
        && !BROUGHT_ALONG.contains(message.getFullName());
  }

  @Override
  public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
      MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<RespT> listener, Metadata headers) {
        super.start(
            new SimpleForwardingClientCallListener<>(listener) {
              @Override
              public void onMessage(RespT message) {
                if (message instanceof Message answer) {
                  check(answer);
                }
                super.onMessage(message);
              }
            },
            headers);
      }
    };
  }

  /** Looks at an answer and all that is in it. */
  public static void check(Message answer) {
    check(answer, "");
  }

  private static void check(Message answer, String container) {
    if (!isSaidByTheServer(answer.getDescriptorForType())) {
      return;
    }
    for (FieldDescriptor field : answer.getDescriptorForType().getFields()) {
      if (isAnswer(field) && !answer.hasField(field) && isExpected(field, container)) {
        throw new AssertionError(field.getFullName() + " is not set in " + answer);
      }
      if (field.getJavaType() == JavaType.MESSAGE) {
        String name = answer.getDescriptorForType().getFullName();
        within(answer, field).forEach(inner -> check(inner, name));
      }
    }
  }

  private static boolean isExpected(FieldDescriptor field, String container) {
    Descriptor message = field.getContainingType();
    if (message.getFile().getPackage().equals("quoin.streams.v1")
        && SHARED.contains(message.getName())) {
      return SAID_BY_STREAM
          .getOrDefault(container, Set.of())
          .contains(message.getName() + '.' + field.getName());
    }
    return !MAY_BE_UNSET.contains(field.getFullName());
  }

  @SuppressWarnings("unchecked")
  private static Collection<Message> within(Message answer, FieldDescriptor field) {
    if (field.isRepeated()) {
      return (Collection<Message>) answer.getField(field);
    }
    return answer.hasField(field) ? List.of((Message) answer.getField(field)) : List.of();
  }
}
