// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.errors.InvalidRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * Where the next page of a list begins: a position, bound to what was asked for by the first 8
 * bytes of a SHA-256 of it. It guards against mistakes, not against malice: a position is input
 * like any.
 */
public final class PageToken {
  private static final int HASH_BYTES = 8;

  private PageToken() {}

  /**
   * The token for a position.
   *
   * @param asked everything that decides what the list holds, the namespace included
   */
  public static String of(String position, Object... asked) {
    byte[] text = position.getBytes(StandardCharsets.UTF_8);
    byte[] token = Arrays.copyOf(hash(asked), HASH_BYTES + text.length);
    System.arraycopy(text, 0, token, HASH_BYTES, text.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /**
   * The position of a token, empty for an empty token: the first page.
   *
   * @throws InvalidRequest when the token was not given out for what is asked now
   */
  public static String position(String token, Object... asked) {
    if (token.isEmpty()) {
      return "";
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException e) {
      throw unknown();
    }
    if (bytes.length <= HASH_BYTES
        || !MessageDigest.isEqual(Arrays.copyOf(bytes, HASH_BYTES), hash(asked))) {
      throw unknown();
    }
    return new String(bytes, HASH_BYTES, bytes.length - HASH_BYTES, StandardCharsets.UTF_8);
  }

  private static InvalidRequest unknown() {
    return InvalidRequest.of(
        "page_token", "must be the next_page_token of a list asked for with the same arguments");
  }

  private static byte[] hash(Object[] asked) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Object argument : asked) {
        byte[] text = String.valueOf(argument).getBytes(StandardCharsets.UTF_8);
        digest.update((text.length + ":").getBytes(StandardCharsets.UTF_8));
        digest.update(text);
      }
      return Arrays.copyOf(digest.digest(), HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
