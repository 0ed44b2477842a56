// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.locks.v1.Mode;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.waiting.LeaseRequest;
import dev.quoin.server.waiting.Tokens;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;

/** Requests for locks: the token and the terms tell the mode. */
final class LockRequest {
  private static final String SHARED_TOKEN = "s.";
  private static final String SHARED = "s";
  private static final String EXCLUSIVE = "x";

  private LockRequest() {}

  static LeaseRequest of(
      RequestContext scope, String name, Mode mode, long leaseMillis, String label) {
    boolean shared = mode == Mode.MODE_SHARED;
    String token = shared ? SHARED_TOKEN + Tokens.next() : Tokens.next();
    return of(scope, name, token, leaseMillis, label);
  }

  /** Asks for what a token has already. */
  static LeaseRequest of(
      RequestContext scope, String name, String token, long leaseMillis, String label) {
    String terms = token.startsWith(SHARED_TOKEN) ? SHARED : EXCLUSIVE;
    return LeaseRequest.of(scope, name, token, leaseMillis, terms, label);
  }

  static boolean isShared(LeaseRequest request) {
    return request.terms().equals(SHARED);
  }

  /** A word for some names, in whatever order: one that no other names have. */
  static String group(List<String> names) {
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
