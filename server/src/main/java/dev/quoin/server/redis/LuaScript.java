// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Lua script from {@code lua/<name>.lua}. Its header comment is its signature: the lines {@code
 * -- KEYS[n] …} and {@code -- ARGV[n] …} say what it takes ({@code ARGV[n..]} for any number from n
 * on), {@code -- Returns …} what it answers. {@code -- Reads only.} makes Redis see to that, and
 * lets callers who wait for the same share an answer. {@code -- Goes first.} is for what keeps or
 * gives back what somebody has: when there is much to do it goes before other work, and it is done
 * when its caller has gone, too. A fragment is put in by {@code -- @include lib/<name>}, or {@code
 * -- @include <feature>/_<name>} when only that feature has it.
 *
 * <p>A script that several features share takes their resources by {@code -- KEYS[1..]} and
 * includes {@code resource/_<name>}, which is the fragment of the feature it is loaded for.
 *
 * @param name feature and verb, for example "locks/acquire"
 * @param body what Redis runs, includes resolved
 * @param sha SHA-1 of the body in hexadecimal, by which Redis knows it
 * @param keys how many keys it takes
 * @param arguments how many arguments it takes at least
 * @param anyKeys whether more keys may follow
 * @param variadic whether more arguments may follow
 * @param returns the replies it can give
 * @param readsOnly whether it changes nothing
 * @param goesFirst whether it goes before other work
 */
public record LuaScript(
    String name,
    String body,
    String sha,
    int keys,
    int arguments,
    boolean anyKeys,
    boolean variadic,
    Returns returns,
    boolean readsOnly,
    boolean goesFirst) {
  private static final Pattern INCLUDE =
      Pattern.compile("^ *-- @include (lib/[a-z_]+|[a-z]+/_[a-z_]+)$", Pattern.MULTILINE);

  /** Loads a script; one that is missing, or has no proper header, stops the start. */
  public static LuaScript load(String name) {
    return of(name, read(name));
  }

  /**
   * Loads the script of a feature: its own or, when it has none, the one that all share.
   *
   * @param shared folder of the scripts that features share
   */
  public static LuaScript load(String shared, String feature, String verb) {
    String name = feature + '/' + verb;
    if (LuaScript.class.getResource(path(name)) != null) {
      return load(name);
    }
    String source = read(shared + '/' + verb);
    return of(name, source.replace("@include resource/", "@include " + feature + '/'));
  }

  private static LuaScript of(String name, String source) {
    String header = header(source);
    boolean readsOnly = header.contains("\n-- Reads only.\n");
    String body = resolve(source, new LinkedHashSet<>());
    return new LuaScript(
        name,
        body,
        sha1(body),
        count(name, header, "KEYS"),
        count(name, header, "ARGV"),
        header.contains("-- KEYS[1..] "),
        header.matches("(?s).*-- ARGV\\[\\d+\\.\\.] .*"),
        Returns.parse("lua/" + name + ".lua", header),
        readsOnly,
        header.contains("\n-- Goes first.\n"));
  }

  /** Throws when a caller passes something else than the header says. */
  void check(int givenKeys, int givenArguments) {
    boolean argumentsFit = variadic ? givenArguments >= arguments - 1 : givenArguments == arguments;
    boolean keysFit = anyKeys ? givenKeys >= keys : givenKeys == keys;
    if (!keysFit || !argumentsFit) {
      throw new IllegalArgumentException(
          "lua/%s.lua takes %d keys and %d arguments, not %d and %d"
              .formatted(name, keys, arguments, givenKeys, givenArguments));
    }
  }

  private static String header(String source) {
    StringBuilder header = new StringBuilder();
    for (String line : source.lines().toList()) {
      if (!line.startsWith("--")) {
        break;
      }
      header.append(line).append('\n');
    }
    return header.toString();
  }

  private static int count(String name, String header, String table) {
    Matcher line =
        Pattern.compile("^-- " + table + "\\[(\\d+)(?:\\.\\.)?\\] ", Pattern.MULTILINE)
            .matcher(header);
    int count = 0;
    while (line.find()) {
      count++;
      if (Integer.parseInt(line.group(1)) != count) {
        throw new IllegalStateException(
            "lua/%s.lua: the header jumps to %s[%s]".formatted(name, table, line.group(1)));
      }
    }
    return count;
  }

  private static String resolve(String source, Set<String> included) {
    return INCLUDE
        .matcher(source)
        .replaceAll(
            include ->
                Matcher.quoteReplacement(
                    included.add(include.group(1))
                        ? resolve(read(include.group(1)), included)
                        : ""));
  }

  private static String read(String name) {
    String path = path(name);
    try (InputStream file = LuaScript.class.getResourceAsStream(path)) {
      if (file == null) {
        throw new IllegalStateException("no script " + path + " on the class path");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + path, e);
    }
  }

  private static String path(String name) {
    return "/lua/" + name + ".lua";
  }

  private static String sha1(String body) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      return HexFormat.of().formatHex(digest.digest(body.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JVM has no SHA-1", e);
    }
  }
}
