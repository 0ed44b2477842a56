// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.quoin.access.v1.AccessProto;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.rules.v1.RulesProto;
import dev.quoin.server.access.Caller;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.Texts;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Says in requests who makes them. Labels of holders and actors of changes name the principal,
 * whatever the caller gave; users who act are those the caller may act for.
 */
final class Attribution {
  /** As long as a label may be; actors may be longer. */
  private static final int LABEL_BYTES = 256;

  private static final Map<Descriptor, Attribution> KNOWN = new ConcurrentHashMap<>();

  private final List<FieldDescriptor> labels;
  private final List<FieldDescriptor> users;

  private Attribution(Descriptor request) {
    this.labels = request.getFields().stream().filter(Attribution::isLabel).toList();
    this.users =
        request.getFields().stream()
            .filter(field -> field.getOptions().getExtension(AccessProto.actingUser))
            .toList();
  }

  private static boolean isLabel(FieldDescriptor field) {
    var rules = field.getOptions().getExtension(build.buf.validate.ValidateProto.field).getString();
    return rules.getExtension(RulesProto.label) || rules.getExtension(RulesProto.actor);
  }

  /** The request as features see it; throws when it acts for somebody else. */
  static Message of(Message request, Caller caller) {
    if (caller == Caller.ANYBODY) {
      return request;
    }
    Attribution of = KNOWN.computeIfAbsent(request.getDescriptorForType(), Attribution::new);
    of.checkUser(request, caller);
    return of.labels.isEmpty() ? request : of.labelled(request, caller.principal().name());
  }

  /** Throws when somebody may act as one user only, where the request is no user's. */
  static void refuseBound(Caller caller) {
    if (!caller.user().isEmpty()) {
      throw denied(caller.user(), "this RPC is no user's");
    }
  }

  private void checkUser(Message request, Caller caller) {
    String user = caller.user();
    if (user.isEmpty()) {
      return;
    }
    if (users.isEmpty()) {
      refuseBound(caller);
    } else if (users.stream().anyMatch(field -> !request.getField(field).toString().equals(user))) {
      throw denied(user, "see " + users.get(0).getName());
    }
  }

  private static ApiException denied(String user, String why) {
    return new ApiException(
        ErrorReason.ERROR_REASON_PERMISSION_DENIED,
        "the caller may only act as user \"" + user + "\": " + why);
  }

  private Message labelled(Message request, String principal) {
    Message.Builder changed = request.toBuilder();
    for (FieldDescriptor field : labels) {
      String given = (String) request.getField(field);
      changed.setField(field, labelled(given, principal));
    }
    return changed.build();
  }

  private static String labelled(String given, String principal) {
    if (given.isEmpty() || given.equals(principal)) {
      return principal;
    }
    String by = " (" + principal + ')';
    return Texts.cut(given, LABEL_BYTES - by.getBytes(StandardCharsets.UTF_8).length) + by;
  }
}
