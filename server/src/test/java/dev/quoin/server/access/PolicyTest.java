// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.settings.BadSettings;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What policies say. */
final class PolicyTest {
  private static final RpcMethods METHODS = AccessMatrixTest.methods();
  private static final String ACQUIRE = "quoin.locks.v1.Locks/Acquire";
  private static final String REVOKE = "quoin.locks.v1.Locks/Revoke";

  @Test
  void whatNothingAllowsIsDenied() {
    Policy policy = policy("roles: {}\nbindings: []");

    assertThat(decide(policy, "a", "own", ACQUIRE).allowed()).isFalse();
    assertThat(decide(policy, "a", "own", ACQUIRE).reason())
        .isEqualTo("no binding is of principal a");
    assertThat(decide(policy, "a", "own", "grpc.health.v1.Health/Check").allowed()).isTrue();
  }

  @Test
  void rolesListServicesAndSingleRpcs() {
    Policy policy =
        policy(
            """
            roles:
              worker:
                - quoin.locks.v1.Locks: write
                - quoin.queues.v1.Queues/Enqueue
            bindings:
              - {role: worker, principals: ['orders-*'], namespaces: [shop, 'shop-*']}
            """);

    assertThat(decide(policy, "orders-1", "shop", ACQUIRE).allowed()).isTrue();
    assertThat(decide(policy, "orders-1", "shop", "quoin.locks.v1.Locks/Get").allowed()).isTrue();
    assertThat(decide(policy, "orders-1", "shop-eu", ACQUIRE).allowed()).isTrue();
    assertThat(decide(policy, "orders-1", "shops", ACQUIRE).allowed()).isFalse();
    assertThat(decide(policy, "orders", "shop", ACQUIRE).allowed()).isFalse();
    assertThat(decide(policy, "orders-1", "shop", REVOKE).reason())
        .isEqualTo(
            "none of its roles there (worker) allows quoin.locks.v1.Locks/Revoke, which takes admin"
                + " of quoin.locks.v1.Locks");
    assertThat(decide(policy, "orders-1", "shop", "quoin.queues.v1.Queues/Enqueue").allowed())
        .isTrue();
    assertThat(decide(policy, "orders-1", "shop", "quoin.queues.v1.Queues/Get").allowed())
        .isFalse();
  }

  /** Characters that mean something in regular expressions mean nothing here. */
  @Test
  void onlyTheStarStandsForOthers() {
    Policy policy =
        policy(
            """
            roles: {all: [{'*': admin}]}
            bindings:
              - {role: all, principals: ['spiffe://a.b/(x)+*'], namespaces: ['*']}
            """);

    assertThat(decide(policy, "spiffe://a.b/(x)+/1", "n", ACQUIRE).allowed()).isTrue();
    assertThat(decide(policy, "spiffe://aXb/xx/1", "n", ACQUIRE).allowed()).isFalse();
  }

  /** Whoever is an operator of one namespace learns nothing of the others. */
  @Test
  void whatIsAboutAllNamespacesTakesAll() {
    Policy policy =
        policy(
            """
            roles: {all: [{'*': admin}]}
            bindings:
              - {role: all, principals: [one], namespaces: [own, 'own-*']}
              - {role: all, principals: [every], namespaces: ['*']}
            """);
    String list = "quoin.admin.v1.Admin/ListNamespaces";

    assertThat(decide(policy, "one", "own", ACQUIRE).allowed()).isTrue();
    assertThat(decide(policy, "one", "own", list).allowed()).isFalse();
    assertThat(decide(policy, "every", "own", list).allowed()).isTrue();
    // It shows the connections of everybody.
    String channelz = "grpc.channelz.v1.Channelz/GetServers";
    assertThat(decide(policy, "one", "", channelz).allowed()).isFalse();
    assertThat(decide(policy, "every", "", channelz).allowed()).isTrue();
    String reflection = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    assertThat(decide(policy, "one", "", reflection).allowed()).isTrue();
  }

  /** Also by a session, whose filter can be changed. */
  @Test
  void readersFollowFeeds() {
    Policy policy =
        policy(
            """
            roles: {reader: [{quoin.feeds.v1.Feeds: read}]}
            bindings:
              - {role: reader, principals: [a], namespaces: ['*']}
            """);

    assertThat(decide(policy, "a", "n", "quoin.feeds.v1.Feeds/Session").allowed()).isTrue();
    assertThat(decide(policy, "a", "n", "quoin.feeds.v1.Feeds/Publish").allowed()).isFalse();
  }

  @Test
  void bindingMayBeOfTheUserOfAClaim() {
    Policy policy =
        policy(
            """
            roles: {chat: [{quoin.chat.v1.Chat: write}]}
            bindings:
              - {role: chat, principals: ['*'], namespaces: [app], user_claim: user}
            """);
    RpcMethod send = METHODS.find("quoin.chat.v1.Chat/Send");

    Policy.Decision ann = policy.decide(Principal.of("sub-1", Map.of("user", "ann")), "app", send);
    assertThat(ann.allowed()).isTrue();
    assertThat(ann.user()).isEqualTo("ann");
    assertThat(policy.decide(Principal.of("sub-1", Map.of()), "app", send).allowed()).isFalse();
  }

  @Test
  void openServicesAskNobody() {
    Policy policy = policy("open: [grpc.reflection.v1.ServerReflection, quoin.errors.v1.Errors]");

    assertThat(policy.isOpen(METHODS.of("quoin.errors.v1.Errors/ListReasons"))).isTrue();
    assertThat(policy.isOpen(METHODS.of("grpc.health.v1.Health/Check"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "roles: [a] | roles: must hold",
        "rules: {} | rules: there is no such field",
        "roles: {a: b} | roles.a: must be a list",
        "roles: {a: [{quoin.locks.v1.Lock: read}]} | roles.a[0]: there is no service or RPC quoin.locks.v1.Lock",
        "roles: {a: [quoin.locks.v1.Locks/Take]} | roles.a[0]: there is no service or RPC quoin.locks.v1.Locks/Take",
        "roles: {a: [{quoin.locks.v1.Locks: all}]} | roles.a[0]: must be read, write or admin",
        "roles: {a: [quoin.locks.v1.Locks]} | roles.a[0]: must be 'service: permission' or 'service/method'",
        "bindings: [{role: a, principals: [b], namespaces: [c]}] | bindings[0].role: there is no role a",
        "'roles: {a: []}\nbindings: [{role: a, principals: [b], namespaces: [C]}]' | bindings[0].namespaces: C is no namespace",
        "bindings: [{role: a, principal: b}] | bindings[0].principal: there is no such field",
        "bindings: {} | bindings: must be a list",
        "'roles: {a: [], a: []}' | is not YAML",
        "open: [x.y.Z] | open: there is no service or RPC x.y.Z",
        "text | must hold roles, bindings, open"
      })
  void brokenPoliciesSayWhere(String text, String message) {
    assertThatThrownBy(() -> policy(text))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining(message);
  }

  @Test
  void bindingsNeedWhomAndWhere() {
    String role = "roles: {a: [{'*': read}]}\nbindings: ";
    assertThatThrownBy(() -> policy(role + "[{role: a, principals: [], namespaces: [b]}]"))
        .hasMessageContaining("bindings[0].principals: must not be empty");
    assertThatThrownBy(() -> policy(role + "[{role: a, principals: [b]}]"))
        .hasMessageContaining("bindings[0].namespaces: must not be empty");
  }

  private static Policy policy(String text) {
    return Policy.parse(text, METHODS);
  }

  private static Policy.Decision decide(
      Policy policy, String principal, String namespace, String method) {
    return policy.decide(Principal.of(principal, Map.of()), namespace, METHODS.find(method));
  }
}
