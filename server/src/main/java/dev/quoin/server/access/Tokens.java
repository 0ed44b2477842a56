// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.Yaml;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * The tokens of principals, of which only digests are kept. A token has 256 random bits, so that a
 * plain SHA-256 hides it; it is looked up by its digest, which tells nothing by the time it takes.
 */
public final class Tokens {
  static final String PREFIX = "quoin_";
  private static final String ALGORITHM = "sha256:";
  private static final int BYTES = 32;

  private final Map<String, Entry> byDigest;

  private record Entry(byte[] digest, Principal principal) {}

  private Tokens(Map<String, Entry> byDigest) {
    this.byDigest = byDigest;
  }

  /** A new token, which nobody can find out from what is kept. */
  public static String random() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** What is kept of a token. */
  public static String digest(String token) {
    return ALGORITHM + HexFormat.of().formatHex(hash(token));
  }

  /** Reads {@code tokens: [{principal, digest, expires}]}. */
  static Tokens parse(String text) {
    Map<String, Entry> byDigest = new HashMap<>();
    int number = 0;
    for (JsonNode token : Yaml.list(Yaml.root(text, "tokens"), "tokens")) {
      String path = "tokens[" + number++ + "]";
      Yaml.allowOnly(token, path, "principal", "digest", "expires");
      String digest = Yaml.text(token, "digest", path);
      if (!digest.matches("sha256:[0-9a-f]{64}")) {
        throw new BadSettings(path + ".digest: must be sha256: and 64 hexadecimal digits");
      }
      byte[] bytes = HexFormat.of().parseHex(digest.substring(ALGORITHM.length()));
      String name = Yaml.text(token, "principal", path);
      if (!Principal.isName(name)) {
        throw new BadSettings(
            path + ".principal: must be 1 to 200 bytes without control characters");
      }
      Principal principal = Principal.of(name, expiry(token, path));
      if (byDigest.put(digest, new Entry(bytes, principal)) != null) {
        throw new BadSettings(path + ".digest: is there twice");
      }
    }
    return new Tokens(byDigest);
  }

  private static Instant expiry(JsonNode token, String path) {
    if (!token.has("expires")) {
      return Instant.MAX;
    }
    try {
      return Instant.parse(Yaml.text(token, "expires", path));
    } catch (DateTimeParseException e) {
      throw new BadSettings(path + ".expires: must be a time such as 2027-01-31T00:00:00Z");
    }
  }

  /** Whose token it is; null when it is nobody's, or its time is over. */
  Principal find(String token) {
    byte[] hash = hash(token);
    Entry entry = byDigest.get(ALGORITHM + HexFormat.of().formatHex(hash));
    return entry != null
            && MessageDigest.isEqual(entry.digest(), hash)
            && Instant.now().isBefore(entry.principal().until())
        ? entry.principal()
        : null;
  }

  static byte[] hash(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JVM has no SHA-256", e);
    }
  }
}
