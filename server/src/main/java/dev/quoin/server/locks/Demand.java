// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.locks.v1.Mode;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.waiting.Tokens;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;

/**
 * What somebody asks of a lock.
 *
 * @param scope for whom and until when
 * @param name name of the lock
 * @param token the token a grant is held by; it tells the mode
 * @param keeper the call that gives the grant back when it ends: the token itself, unless the grant
 *     is taken over from an earlier call
 * @param terms how it will be held
 */
record Demand(Scope scope, String name, String token, String keeper, Terms terms) {
  private static final String SHARED = "s.";

  /**
   * How a lock is to be held.
   *
   * @param leaseMillis how long it will be held unless renewed
   * @param holder label others see, may be empty
   * @param requestId id of the request, empty for none
   * @param group what tells the set of locks apart that are asked for together, a word
   */
  record Terms(long leaseMillis, String holder, String requestId, String group) {
    static final String ALONE = "-";

    /** The group of some names, in whatever order: one that no other names have. */
    static String together(List<String> names) {
      try {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (String name : new TreeSet<>(names)) {
          byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
          digest.update((bytes.length + " ").getBytes(StandardCharsets.UTF_8));
          digest.update(bytes);
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(digest.digest());
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("this JVM has no SHA-256", e);
      }
    }
  }

  /** Asks for a new grant. */
  static Demand anew(Scope scope, String name, Mode mode, Terms terms) {
    String token = mode == Mode.MODE_SHARED ? SHARED + Tokens.next() : Tokens.next();
    return new Demand(scope, name, token, token, terms);
  }

  /** Takes a grant over. */
  static Demand resumed(Scope scope, String name, String token, Terms terms) {
    return new Demand(scope, name, token, Tokens.next(), terms);
  }

  boolean isShared() {
    return token.startsWith(SHARED);
  }

  long leaseMillis() {
    return terms.leaseMillis();
  }

  /** The request id as scripts take it: no id is a word that no id can be. */
  String requestWord() {
    return word(terms.requestId());
  }

  static String word(String requestId) {
    return requestId.isEmpty() ? "-" : "=" + requestId;
  }

  /** What must be the same when the request is repeated. */
  String body() {
    String mode = isShared() ? "s" : "x";
    return terms.leaseMillis() + " " + mode + ' ' + terms.group() + ' ' + terms.holder();
  }

  /** How it is written in the line. */
  String text(String server) {
    return server + ' ' + keeper + ' ' + leaseMillis() + ' ' + requestWord() + ' ' + terms.holder();
  }
}
