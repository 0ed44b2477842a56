// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;

/**
 * A change of a component that somebody asks for.
 *
 * @param expectedVersion version it must have, "0" for none, empty for any
 * @param requestId id of the request, empty for none
 */
record Change(
    String type, String component, String expectedVersion, String author, String requestId) {

  /** Tells requests with the same id apart; empty when there is no id. */
  String digest(String rpc, String what) {
    return digest(rpc, what.getBytes(StandardCharsets.UTF_8));
  }

  /** As {@link #digest(String, String)}. */
  String digest(String rpc, byte[] what) {
    if (requestId.isEmpty()) {
      return "";
    }
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String text : List.of(rpc, component, expectedVersion, author)) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
        digest.update(bytes);
      }
      return Base64.getUrlEncoder().withoutPadding().encodeToString(digest.digest(what));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JVM has no SHA-256", e);
    }
  }
}
