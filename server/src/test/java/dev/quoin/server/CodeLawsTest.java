// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.CompiledCode;
import dev.quoin.server.testing.PackageGraph;
import dev.quoin.server.testing.SourceFiles;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the Java code of the server keeps to. */
final class CodeLawsTest {
  private static final int MOST_LINES = 400;

  /** Methods of the JDK, gRPC, Netty and Lettuce that wait for something else to happen. */
  private static final Pattern WAITING =
      Pattern.compile(
          ".*Future\\.(get|join|sync\\w*|await\\w*)"
              + "|java/lang/(Thread\\.(sleep|join)|Object\\.wait)"
              + "|java/util/concurrent/.*\\.(await\\w*|acquire\\w*|sleep|take|park\\w*)"
              + "|.*\\.awaitTermination|io/lettuce/.*\\.sync");

  /** Classes that wait while the server starts or ends, in threads of their own. */
  private static final Set<String> MAY_WAIT =
      Set.of("Main", "QuoinServer", "EmbeddedRedis", "Audit", "Sockets", "RedisConnector");

  private final PackageGraph packages = PackageGraph.read();

  @Test
  void packagesFormNoCycle() {
    assertThat(packages.uses()).containsKeys("server", "kernel", "rpc", "rpc.rules", "locks");
    assertThat(packages.cycle()).isEmpty();
  }

  @Test
  void aCycleIsFound() {
    assertThat(graph("server>kernel locks, locks>kernel, kernel>redis, redis>").cycle()).isEmpty();
    assertThat(graph("server>kernel locks, locks>server, kernel>redis, redis>").cycle())
        .containsExactly("locks", "server");
    assertThat(graph("a>b, b>c x, c>d, d>b, x>").cycle()).containsExactly("b", "c", "d");
  }

  @Test
  void onlyTheRootKnowsFeatures() {
    Set<String> features = PackageGraph.features();
    assertThat(features).contains("locks", "queues", "errorservice").doesNotContain("kernel");
    packages
        .uses()
        .forEach(
            (name, used) -> {
              if (!name.equals(PackageGraph.ROOT)) {
                assertThat(used).as(name + " uses").doesNotContainAnyElementsOf(features);
              }
            });
  }

  @Test
  void everyPackageSaysInThreeSentencesWhatItIs() {
    assertThat(packages.uses().keySet())
        .allSatisfy(
            name ->
                assertThat(PackageGraph.sentences(name))
                    .as("three sentences in the package-info.java of " + name)
                    .hasSize(3));
  }

  @Test
  void nothingInTheServerWaitsForAnAnswer() {
    Map<String, Set<String>> calls = CompiledCode.calls();
    calls.values().forEach(methods -> methods.removeIf(WAITING.asMatchPredicate().negate()));
    calls.values().removeIf(Set::isEmpty);
    assertThat(calls)
        .as("classes that wait, and for what: compose futures instead")
        .containsOnlyKeys(MAY_WAIT);
  }

  @Test
  void luaStandsInFilesAndKeysAreWrittenInOnePlace() {
    assertThat(names(file -> file.contains("redis.call"))).as("classes with Lua").isEmpty();
    assertThat(names(file -> file.contains("\":{\"")))
        .as("classes that write keys")
        .containsExactly("Keyspace.java");
  }

  @Test
  void statusesAreMadeInOnePlace() {
    assertThat(names(file -> file.contains("io.grpc.protobuf.StatusProto")))
        .containsExactly("ErrorMapper.java");
  }

  @Test
  void filesStayShort() {
    assertThat(names(file -> file.lines().count() > MOST_LINES))
        .as("files of more than %d lines", MOST_LINES)
        .isEmpty();
  }

  /** The names of the files with a certain text. */
  private static List<String> names(Predicate<String> text) {
    return SourceFiles.java()
        .filter(file -> text.test(SourceFiles.read(file)))
        .map(file -> file.getFileName().toString())
        .toList();
  }

  /** A graph written as "name>used used, name>used". */
  private static PackageGraph graph(String text) {
    var uses = new TreeMap<String, SortedSet<String>>();
    Stream.of(text.split(", "))
        .map(line -> line.split(">", 2))
        .forEach(
            line ->
                uses.put(
                    line[0],
                    new TreeSet<>(line[1].isEmpty() ? List.of() : List.of(line[1].split(" ")))));
    return new PackageGraph(uses);
  }
}
