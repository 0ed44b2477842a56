// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.protobuf.DescriptorProtos.MethodOptions.IdempotencyLevel;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.quoin.access.v1.AccessProto;
import dev.quoin.access.v1.Permission;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every RPC says what it takes to call it: READ, WRITE, or ADMIN for the few listed here. */
final class PermissionLawsTest {
  /** RPCs for operators only, and what they take from others or how they change how things work. */
  private static final Map<String, String> FOR_OPERATORS =
      Map.ofEntries(
          Map.entry("quoin.admin.v1.Admin/ListNamespaces", "tells about all namespaces"),
          Map.entry("quoin.admin.v1.Admin/ListUsage", "tells about all namespaces"),
          Map.entry("quoin.admin.v1.Admin/WatchServer", "tells of all namespaces"),
          Map.entry("quoin.ads.v1.AdServer/PutNetwork", "changes the rules of all auctions"),
          Map.entry("quoin.ads.v1.AdServer/Rebuild", "rewrites the index of all ads"),
          Map.entry("quoin.chat.v1.Chat/List", "shows the chats of all users"),
          Map.entry("quoin.config.v1.Config/SetMaintenance", "stops programs"),
          Map.entry("quoin.locks.v1.Locks/Revoke", "takes a lock from its holder"),
          Map.entry("quoin.queues.v1.Queues/Configure", "changes limits for everybody"),
          Map.entry("quoin.queues.v1.Queues/Pause", "stops a queue for everybody"),
          Map.entry("quoin.queues.v1.Queues/Purge", "deletes tasks of others"),
          Map.entry("quoin.queues.v1.Queues/Redrive", "runs dead tasks of others again"),
          Map.entry("quoin.queues.v1.Queues/Resume", "undoes what an operator did"),
          Map.entry("quoin.search.v1.Search/CreateIndex", "defines how documents are found"),
          Map.entry("quoin.search.v1.Search/DropIndex", "deletes documents of others"),
          Map.entry("quoin.search.v1.Search/UpdateIndex", "changes how documents are found"),
          Map.entry("quoin.semaphores.v1.Semaphores/Configure", "changes limits for everybody"),
          Map.entry("quoin.semaphores.v1.Semaphores/Delete", "takes permits from their holders"),
          Map.entry("quoin.semaphores.v1.Semaphores/Revoke", "takes permits from a holder"),
          Map.entry("quoin.social.v1.Groups/List", "shows the groups of all users"),
          Map.entry("quoin.social.v1.Moderation/Hide", "takes a status of others away"),
          Map.entry("quoin.social.v1.Moderation/ListReports", "shows what users have reported"),
          Map.entry("quoin.social.v1.Moderation/Resolve", "decides about reports"),
          Map.entry("quoin.social.v1.Moderation/SetLimits", "limits users"),
          Map.entry("quoin.social.v1.Moderation/Suspend", "stops users"),
          Map.entry("quoin.social.v1.Users/List", "shows all users"));

  /** What is the same for all users: roles that are bound to a user cannot call it. */
  private static final Set<String> OF_NO_USER =
      Set.of(
          "quoin.social.v1.Groups/Get",
          "quoin.social.v1.Statuses/TopMentions",
          "quoin.social.v1.Users/BatchGet",
          "quoin.social.v1.Users/CheckLogin",
          "quoin.social.v1.Users/Create",
          "quoin.social.v1.Users/Get");

  @TestFactory
  Stream<DynamicTest> everyRpcNamesItsPermission() {
    return rpcs()
        .map(
            rpc ->
                dynamicTest(
                    name(rpc),
                    () ->
                        assertThat(permission(rpc))
                            .as("give it the option (quoin.access.v1.permission)")
                            .isNotEqualTo(Permission.PERMISSION_UNSPECIFIED)));
  }

  @Test
  void onlyWhatIsForOperatorsTakesAdmin() {
    TreeSet<String> admin = new TreeSet<>();
    rpcs()
        .filter(rpc -> permission(rpc) == Permission.PERMISSION_ADMIN)
        .forEach(rpc -> admin.add(name(rpc)));
    assertThat(admin)
        .as("RPCs with PERMISSION_ADMIN: list yours with what it takes or changes, or use WRITE")
        .isEqualTo(new TreeSet<>(FOR_OPERATORS.keySet()));
  }

  /** Where a namespace stores as much as it may, operators can act, but not fill it further. */
  @Test
  void operatorsActWhereTooMuchIsStored() {
    TreeSet<String> held = new TreeSet<>();
    rpcs()
        .filter(rpc -> permission(rpc) == Permission.PERMISSION_ADMIN)
        .filter(rpc -> rpc.getOptions().getIdempotencyLevel() != IdempotencyLevel.NO_SIDE_EFFECTS)
        .filter(rpc -> !rpc.getOptions().getExtension(AccessProto.frees))
        .forEach(rpc -> held.add(name(rpc)));
    assertThat(held)
        .as("RPCs with PERMISSION_ADMIN without the option (quoin.access.v1.frees)")
        .containsExactly(
            "quoin.ads.v1.AdServer/PutNetwork",
            "quoin.ads.v1.AdServer/Rebuild",
            "quoin.search.v1.Search/CreateIndex",
            "quoin.search.v1.Search/UpdateIndex");
  }

  /** A reader changes nothing, and what changes nothing needs no more than READ. */
  @TestFactory
  Stream<DynamicTest> readersChangeNothing() {
    return rpcs()
        .filter(rpc -> !FOR_OPERATORS.containsKey(name(rpc)))
        .map(
            rpc ->
                dynamicTest(
                    name(rpc),
                    () ->
                        assertThat(permission(rpc) == Permission.PERMISSION_READ)
                            .as("READ is for what has NO_SIDE_EFFECTS, and only for that")
                            .isEqualTo(
                                rpc.getOptions().getIdempotencyLevel()
                                    == IdempotencyLevel.NO_SIDE_EFFECTS)));
  }

  /** Where a user acts, every RPC of the service says who, so that callers can be bound to one. */
  @Test
  void servicesOfUsersNameTheActingUserEverywhere() {
    Map<String, TreeSet<String>> without = new TreeMap<>();
    TreeSet<String> ofUsers = new TreeSet<>();
    rpcs()
        .filter(rpc -> !FOR_OPERATORS.containsKey(name(rpc)) && !OF_NO_USER.contains(name(rpc)))
        .forEach(
            rpc -> {
              String service = rpc.getService().getFullName();
              if (rpc.getInputType().getFields().stream().anyMatch(PermissionLawsTest::isActing)) {
                ofUsers.add(service);
              } else {
                without.computeIfAbsent(service, s -> new TreeSet<>()).add(rpc.getName());
              }
            });
    assertThat(ofUsers).contains("quoin.chat.v1.Chat");
    without.keySet().retainAll(ofUsers);
    assertThat(without).as("RPCs without a field that is acting_user").isEmpty();
  }

  private static boolean isActing(FieldDescriptor field) {
    return field.getOptions().getExtension(AccessProto.actingUser);
  }

  private static Permission permission(MethodDescriptor rpc) {
    return rpc.getOptions().getExtension(AccessProto.permission);
  }

  private static String name(MethodDescriptor rpc) {
    return rpc.getService().getFullName() + '/' + rpc.getName();
  }

  private static Stream<MethodDescriptor> rpcs() {
    return Services.ALL.stream()
        .flatMap(service -> service.contract().getMethods().stream())
        .map(
            method ->
                ((ProtoMethodDescriptorSupplier) method.getSchemaDescriptor())
                    .getMethodDescriptor());
  }
}
