// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.rpc.Code;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.Reasons;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.testing.SourceFiles;
import dev.quoin.server.testing.TestRedis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every Lua script owes, and the code that runs it. */
final class LuaLawsTest {
  private static final Path LUA = Path.of("src/main/resources/lua");
  private static final Pattern INCLUDE = Pattern.compile("-- @include (\\S+)");
  private static final Pattern REFUSAL =
      Pattern.compile("error_reply\\(\\s*'([A-Z_]+)|ERROR_REASON_([A-Z_]+)");

  private static final Set<String> FEATURES =
      Services.ALL.stream()
          .map(service -> service.contract().getName().split("\\.")[1])
          .collect(Collectors.toUnmodifiableSet());

  /** Reasons below this are those of all services. */
  private static final int FIRST_BLOCK = 100;

  private static final int BLOCK = 100;

  /** Commands that answer with all there is. */
  private static final Pattern WHOLE =
      Pattern.compile("'(KEYS|SMEMBERS|HGETALL|HKEYS|HVALS|SORT)'");

  /** From the first to the last. */
  private static final Pattern ALL_RANKS =
      Pattern.compile("'(LRANGE|ZRANGE|ZREVRANGE)', [^,]+, '?0'?, '?-1'?\\b(?!.*'BY(SCORE|LEX)')");

  private static final Pattern BY_SCORE =
      Pattern.compile("'ZRANGE', .*'BY(SCORE|LEX)'|'Z(REV)?RANGEBY(SCORE|LEX)', .*");

  /** One place and no range. */
  private static final Pattern ONE_SCORE = Pattern.compile("'ZRANGE', [^,]+, (\\w+), \\1, .*");

  @TestFactory
  Stream<DynamicTest> everyScriptHasASignatureAndCompilesOnRedis() {
    return scripts()
        .map(
            name ->
                dynamicTest(
                    name,
                    () -> {
                      for (LuaScript script : loaded(name)) {
                        assertThat(script.keys()).isPositive();
                        assertThat(TestRedis.nodes().get(0).commands().scriptLoad(script.body()))
                            .isEqualTo(script.sha());
                      }
                    }));
  }

  @TestFactory
  Stream<DynamicTest> everyScriptNamesItsKeysAndArgumentsFirst() {
    return scripts()
        .map(
            name ->
                dynamicTest(
                    name,
                    () -> {
                      String code = SourceFiles.read(LUA.resolve(name + ".lua"));
                      String body = code.substring(code.indexOf("\nlocal "));
                      String afterNames =
                          body.lines()
                              .dropWhile(
                                  line -> line.isEmpty() || line.matches("local .*(KEYS|ARGV).*"))
                              .reduce("", (a, b) -> a + "\n" + b);
                      assertThat(afterNames)
                          .as("what follows the first lines, which alone take KEYS and ARGV")
                          .doesNotContain("KEYS[")
                          .doesNotContain("ARGV[");
                      assertThat(code.lines().count()).as("lines").isLessThanOrEqualTo(120);
                    }));
  }

  @Test
  void fragmentsStandWithTheFeatureThatIncludesThem() {
    Map<String, Set<String>> features = new TreeMap<>();
    names().filter(LuaLawsTest::isFragment).forEach(name -> features.put(name, new TreeSet<>()));
    // The shared scripts include resources under another name.
    resources().forEach(name -> features.get(name).add(folder(name)));
    Stream.concat(scripts(), resources())
        .forEach(
            script ->
                included(script, new TreeSet<>())
                    .forEach(fragment -> features.get(fragment).add(folder(script))));
    assertThat(features).isNotEmpty();
    features.forEach(
        (fragment, included) -> {
          if (folder(fragment).equals("lib")) {
            assertThat(included)
                .as(fragment + " is for several features; that of one stands in its folder")
                .hasSizeGreaterThan(1);
          } else {
            assertThat(included).as("who includes " + fragment).containsExactly(folder(fragment));
          }
        });
  }

  @Test
  void everyRefusalOfAScriptIsAPublicReason() {
    List<String> reasons = names().flatMap(name -> reasons(LUA.resolve(name + ".lua"))).toList();
    assertThat(reasons)
        .isNotEmpty()
        .allSatisfy(
            reason ->
                assertThat(Reasons.byName(reason))
                    .as(reason + " in error_reason.proto")
                    .isPresent());
  }

  @Test
  void everyReasonHasACode() {
    assertThat(Reasons.all())
        .isNotEmpty()
        .allSatisfy(reason -> assertThat(Reasons.code(reason)).isNotEqualTo(Code.OK));
    assertThat(Reasons.name(ErrorReason.ERROR_REASON_LOCK_NOT_HELD)).isEqualTo("LOCK_NOT_HELD");
  }

  /** The block of a feature is where its reasons are; so all are in one, and nobody else's. */
  @Test
  void everyFeatureHasABlockOfReasonsForItself() {
    Map<Integer, Set<String>> features = new TreeMap<>();
    Map<String, Set<Integer>> blocks = new TreeMap<>();
    Stream.concat(SourceFiles.below(LUA, ".lua"), SourceFiles.java())
        .forEach(
            file -> {
              String feature = feature(file);
              reasons(file)
                  .map(reason -> Reasons.byName(reason).orElseThrow())
                  .map(ErrorReason::getNumber)
                  .filter(number -> number >= FIRST_BLOCK && !feature.isEmpty())
                  .forEach(
                      number -> {
                        features
                            .computeIfAbsent(number / BLOCK, block -> new TreeSet<>())
                            .add(feature);
                        blocks
                            .computeIfAbsent(feature, name -> new TreeSet<>())
                            .add(number / BLOCK);
                      });
            });
    assertThat(blocks).containsKeys("locks", "queues", "chat");
    assertThat(blocks)
        .allSatisfy(
            (feature, own) ->
                assertThat(own)
                    .as("the hundreds in which the reasons of " + feature + " are")
                    .hasSize(1));
    assertThat(features)
        .allSatisfy(
            (block, own) ->
                assertThat(own)
                    .as("features with reasons from " + block * BLOCK + " on: take a free hundred")
                    .hasSize(1));
    assertThat(Reasons.all())
        .filteredOn(reason -> reason.getNumber() >= FIRST_BLOCK)
        .allSatisfy(
            reason ->
                assertThat(features)
                    .as("blocks of which a feature uses a reason, for " + reason)
                    .containsKey(reason.getNumber() / BLOCK));
  }

  @TestFactory
  Stream<DynamicTest> noScriptReadsWithoutABound() {
    return names()
        .map(
            name ->
                dynamicTest(
                    name,
                    () ->
                        assertThat(calls(SourceFiles.read(LUA.resolve(name + ".lua"))))
                            .as("commands, none of which may read without LIMIT or COUNT")
                            .noneMatch(LuaLawsTest::isUnbounded)));
  }

  @Test
  void readsWithoutABoundAreFound() {
    assertThat(calls("x = redis.call('LRANGE', f(log, ')'), 0,\n  -1) y = redis.pcall('TIME')"))
        .containsExactly("'LRANGE', f(log, ')'), 0, -1", "'TIME'");
    assertThat(
            List.of(
                "'HGETALL', key",
                "'LRANGE', log, 0, -1",
                "'ZRANGE', key, 0, -1, 'WITHSCORES'",
                "'ZRANGE', key, '-inf', now, 'BYSCORE'",
                "'ZRANGEBYSCORE', key, '-inf', now",
                "'XRANGE', log, '-', '+'"))
        .allMatch(LuaLawsTest::isUnbounded);
    assertThat(
            List.of(
                "'LRANGE', log, 0, 9",
                "'ZRANGE', key, -1, -1, 'WITHSCORES'",
                "'ZRANGE', key, version, version, 'BYSCORE'",
                "'ZRANGE', key, 0, now, 'BYSCORE', 'LIMIT', 0, 10",
                "'XRANGE', log, '-', '+', 'COUNT', 10"))
        .noneMatch(LuaLawsTest::isUnbounded);
  }

  /** Replies are read in order: no number of a place has to be kept in step with a script. */
  @Test
  void noPlaceOfAReplyStandsInCode() {
    Pattern place = Pattern.compile("\\b(reply|answer)\\.(flag|integer|real|text|bytes)\\([^)]");
    assertThat(SourceFiles.java().filter(file -> place.matcher(SourceFiles.read(file)).find()))
        .isEmpty();
    assertThat("reply.integer(0)").containsPattern(place);
  }

  private static boolean isUnbounded(String call) {
    return WHOLE.matcher(call).lookingAt()
        || ALL_RANKS.matcher(call).lookingAt()
        || BY_SCORE.matcher(call).lookingAt()
            && !call.contains("'LIMIT'")
            && !ONE_SCORE.matcher(call).matches()
        || call.matches("'X(REV)?RANGE', .*") && !call.contains("'COUNT'");
  }

  /** The arguments of all calls of Redis, each on one line. */
  private static List<String> calls(String code) {
    List<String> calls = new ArrayList<>();
    var begin = Pattern.compile("redis\\.p?call\\(\\s*").matcher(code);
    while (begin.find()) {
      int depth = 1;
      boolean quoted = false;
      int end = begin.end();
      for (; depth > 0; end++) {
        char c = code.charAt(end);
        quoted ^= c == '\'';
        depth += quoted ? 0 : c == '(' ? 1 : c == ')' ? -1 : 0;
      }
      calls.add(code.substring(begin.end(), end - 1).replaceAll("\\s+", " "));
    }
    return calls;
  }

  /** What a script includes, and what that includes. */
  private static Set<String> included(String name, Set<String> found) {
    for (MatchResult include :
        INCLUDE.matcher(SourceFiles.read(LUA.resolve(name + ".lua"))).results().toList()) {
      if (!include.group(1).startsWith("resource/") && found.add(include.group(1))) {
        included(include.group(1), found);
      }
    }
    return found;
  }

  private static Stream<String> reasons(Path file) {
    return REFUSAL
        .matcher(SourceFiles.read(file))
        .results()
        .map(found -> found.group(1) == null ? found.group(2) : found.group(1));
  }

  /** The feature a file is of, empty for what is of several. */
  private static String feature(Path file) {
    Path root = file.startsWith(LUA) ? LUA : SourceFiles.JAVA;
    Path inside = root.relativize(file);
    String folder = inside.getNameCount() == 1 ? "" : inside.getName(0).toString();
    return FEATURES.contains(folder) ? folder : "";
  }

  /** A script, or what becomes of a shared one in the features whose resources it can work on. */
  private static List<LuaScript> loaded(String name) {
    if (!folder(name).equals("waiting")) {
      return List.of(LuaScript.load(name));
    }
    String verb = name.substring(name.indexOf('/') + 1);
    List<String> resources = resources().map(LuaLawsTest::folder).toList();
    assertThat(resources).isNotEmpty();
    return resources.stream().map(feature -> LuaScript.load("waiting", feature, verb)).toList();
  }

  /** The fragments by which shared scripts work on the resources of features. */
  private static Stream<String> resources() {
    return names().filter(name -> name.endsWith("/_resource"));
  }

  private static boolean isFragment(String name) {
    return name.startsWith("lib/") || name.contains("/_");
  }

  private static String folder(String name) {
    return name.substring(0, name.indexOf('/'));
  }

  /** The scripts by their names, fragments left out. */
  private static Stream<String> scripts() {
    return names().filter(name -> !isFragment(name));
  }

  /** Scripts and fragments by their names. */
  private static Stream<String> names() {
    return SourceFiles.below(LUA, ".lua")
        .map(file -> LUA.relativize(file).toString().replace(".lua", ""));
  }
}
