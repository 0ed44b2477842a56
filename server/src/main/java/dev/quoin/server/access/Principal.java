// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Somebody who calls; the same object for all calls with the same token or certificate. */
public final class Principal {
  /** Everybody, where nobody has to say who they are. */
  public static final Principal ANYBODY = new Principal("", Map.of(), Instant.MAX);

  /** Labels of holders have to have room for it. */
  static final int LONGEST_NAME = 200;

  /** Longer ones are no names of namespaces. */
  private static final int LONGEST_NAMESPACE = 63;

  private static final int MOST_DECISIONS = 250;

  private final String name;
  private final Map<String, String> claims;
  private final Instant until;
  private Caller caller;
  private final Map<Question, Policy.Decision> decisions = new ConcurrentHashMap<>();

  /** What was decided once is decided until the policy changes. */
  private record Question(Policy policy, RpcMethod rpc, String namespace) {}

  Principal(String name, Map<String, String> claims, Instant until) {
    this.name = name;
    this.claims = Map.copyOf(claims);
    this.until = until;
  }

  static Principal of(String name, Instant until) {
    return new Principal(name, Map.of(), until);
  }

  /** One that came with a JWT. */
  public static Principal of(String name, Map<String, String> claims) {
    return new Principal(name, claims, Instant.MAX);
  }

  /** Whether somebody may be called so. */
  public static boolean isName(String text) {
    return !text.isEmpty()
        && text.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME
        && text.chars().noneMatch(Character::isISOControl);
  }

  /** As policies name it; empty where nobody has to say who they are. */
  public String name() {
    return name;
  }

  /** Makes calls for anybody. */
  Caller caller() {
    Caller known = caller;
    if (known == null) {
      known = new Caller(this, "");
      caller = known;
    }
    return known;
  }

  /** When what showed who it is ends. */
  Instant until() {
    return until;
  }

  /** Of the JWT it came with, as text. */
  Map<String, String> claims() {
    return claims;
  }

  /** What a policy says about a call of this one. */
  Policy.Decision decision(Policy policy, RpcMethod rpc, String namespace) {
    if (namespace.length() > LONGEST_NAMESPACE) {
      return policy.decide(this, namespace, rpc);
    }
    Question question = new Question(policy, rpc, namespace);
    Policy.Decision known = decisions.get(question);
    if (known == null) {
      if (decisions.size() >= MOST_DECISIONS) {
        decisions.clear();
      }
      known = policy.decide(this, namespace, rpc);
      decisions.put(question, known);
    }
    return known;
  }
}
