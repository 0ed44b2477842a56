// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Seal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Where the next page of a list begins: a position, sealed together with what was asked for. So a
 * position that comes back is one that a server handed out for the same list.
 */
public final class PageToken {
  private PageToken() {}

  /**
   * The token for a position.
   *
   * @param asked everything that decides what the list holds, beside the namespace
   */
  public static String of(RequestContext scope, String position, Object... asked) {
    byte[] text = position.getBytes(StandardCharsets.UTF_8);
    byte[] token =
        Arrays.copyOf(scope.seal().mark(text, context(scope, asked)), Seal.BYTES + text.length);
    System.arraycopy(text, 0, token, Seal.BYTES, text.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(token);
  }

  /**
   * The position of a token, empty for an empty token: the first page.
   *
   * @throws InvalidRequest when the token was not handed out for what is asked now
   */
  public static String position(RequestContext scope, String token, Object... asked) {
    if (token.isEmpty()) {
      return "";
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException e) {
      throw unknown();
    }
    if (bytes.length <= Seal.BYTES) {
      throw unknown();
    }
    byte[] text = Arrays.copyOfRange(bytes, Seal.BYTES, bytes.length);
    if (!scope.seal().isOn(text, Arrays.copyOf(bytes, Seal.BYTES), context(scope, asked))) {
      throw unknown();
    }
    return new String(text, StandardCharsets.UTF_8);
  }

  private static InvalidRequest unknown() {
    return InvalidRequest.of(
        "page_token", "must be the next_page_token of a list asked for with the same arguments");
  }

  private static Object[] context(RequestContext scope, Object[] asked) {
    Object[] context = Arrays.copyOf(asked, asked.length + 1);
    context[asked.length] = scope.namespace();
    return context;
  }
}
