// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.nio.charset.StandardCharsets;

/**
 * The keys of one feature: {@code <prefix>:<namespace>:<feature>:{<entity>}:<part>}.
 *
 * <p>The entity stands in braces, so that all its keys live in one hash slot: it is the unit of
 * atomicity.
 */
public final class Keyspace {
  private static final String HEX = "0123456789ABCDEF";

  private final String prefix;
  private final String feature;

  public Keyspace(String prefix, String feature) {
    this.prefix = prefix;
    this.feature = feature;
  }

  /** The beginning that all keys of an entity share; append the part. */
  public String entity(String namespace, String entity) {
    return prefix + ':' + namespace + ':' + feature + ":{" + encode(entity) + "}:";
  }

  /**
   * As {@link #entity}, for an entity of the feature itself that no caller's name can be: in
   * encoded names two hexadecimal digits follow a '%'.
   *
   * @param part a lower-case word that does not begin with two hexadecimal digits
   */
  public String own(String namespace, String part) {
    return prefix + ':' + namespace + ':' + feature + ":{%" + part + "}:";
  }

  /**
   * Where a key or a channel belongs.
   *
   * @param namespace whose it is
   * @param feature which keeps it
   */
  public record Place(String namespace, String feature) {}

  /** Where a key belongs that was made here; null for any other. */
  public static Place place(String key) {
    String[] parts = key.split(":", 4);
    return parts.length < 4 ? null : new Place(parts[1], parts[2]);
  }

  /**
   * Writes a name so that it cannot leave its place in a key: control characters, '%', ':', '{' and
   * '}' become percent escapes of their UTF-8 bytes, everything else stays readable.
   */
  public static String encode(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (isSpecial(name.charAt(i))) {
        return encodeFrom(name, i);
      }
    }
    return name;
  }

  private static String encodeFrom(String name, int firstSpecial) {
    StringBuilder encoded = new StringBuilder(name.length() + 16).append(name, 0, firstSpecial);
    for (int i = firstSpecial; i < name.length(); i++) {
      char c = name.charAt(i);
      if (isSpecial(c)) {
        for (byte b : String.valueOf(c).getBytes(StandardCharsets.UTF_8)) {
          encoded.append('%').append(HEX.charAt((b >> 4) & 0xF)).append(HEX.charAt(b & 0xF));
        }
      } else {
        encoded.append(c);
      }
    }
    return encoded.toString();
  }

  private static boolean isSpecial(char c) {
    return c == '%' || c == ':' || c == '{' || c == '}' || Character.isISOControl(c);
  }
}
