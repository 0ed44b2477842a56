// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("redis")
final class KeyScanTest {
  private static final Keyspace THINGS = new Keyspace("quoin", "things");
  private static final Scope SCOPE = new Scope("default", null);
  private static TestConnection connection;

  @BeforeAll
  static void connect() {
    connection = TestConnection.open();
  }

  @AfterAll
  static void stop() {
    connection.close();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 100, 1_000})
  void everyNameIsFoundInPagesThatAreNeverTooLong(int size) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 300; i++) {
      names.add("thing/" + i);
      add("thing/" + i);
      TestRedis.commands().set("somebody-else:" + i, "");
    }

    List<String> found = all("", size, page -> {});

    assertThat(new HashSet<>(found)).isEqualTo(names);
  }

  @Test
  void namesThatStayAreFoundWhileOthersComeAndGo() {
    for (int i = 0; i < 200; i++) {
      add("stays " + i);
      add("goes " + i);
    }
    int[] turn = {0};

    List<String> found =
        all(
            "",
            3,
            page -> {
              TestRedis.commands().del(THINGS.entity("default", "goes " + turn[0]) + "a");
              add("comes " + turn[0]++);
            });

    for (int i = 0; i < 200; i++) {
      assertThat(found).contains("stays " + i);
    }
  }

  @Test
  void prefixIsTakenLiterallyAndOtherPartsNamespacesAndFeaturesAreLeftOut() {
    List<String> odd = List.of("a*b", "a?b", "a[b]", "a\\b", "a:{b}%", "a\u0085b", "aü🔒", "a");
    odd.forEach(KeyScanTest::add);
    TestRedis.commands().set(THINGS.entity("default", "a1") + "b", "");
    TestRedis.commands().set(THINGS.entity("other", "a2") + "a", "");
    TestRedis.commands().set(new Keyspace("quoin", "thing").entity("default", "a3") + "a", "");

    assertThat(all("", 10, page -> {})).containsExactlyInAnyOrderElementsOf(odd);
    assertThat(all("a*", 10, page -> {})).containsExactly("a*b");
    assertThat(all("a?", 10, page -> {})).containsExactly("a?b");
    assertThat(all("a[", 10, page -> {})).containsExactly("a[b]");
    assertThat(all("a\\", 10, page -> {})).containsExactly("a\\b");
    assertThat(all("a:{b}%", 10, page -> {})).containsExactly("a:{b}%");
    assertThat(all("a\u0085", 10, page -> {})).containsExactly("a\u0085b");
    assertThat(all("aü", 10, page -> {})).containsExactly("aü🔒");
    assertThat(all("b", 10, page -> {})).isEmpty();
  }

  @Test
  void pageLooksAtABoundedNumberOfKeys() {
    for (int i = 0; i < 100; i++) {
      String[] pairs = new String[2 * 1_000];
      for (int j = 0; j < pairs.length; j += 2) {
        pairs[j] = "somebody-else:{" + i + "}" + j;
        pairs[j + 1] = "";
      }
      TestRedis.commands()
          .eval(
              "redis.call('MSET', unpack(ARGV)) return 1",
              io.lettuce.core.ScriptOutputType.INTEGER,
              new String[] {"{" + i + "}"},
              pairs);
    }
    add("a");
    int[] pages = {0};

    List<String> found = all("", 10, page -> pages[0]++);

    assertThat(found).containsExactly("a");
    assertThat(pages[0]).isGreaterThanOrEqualTo(100_000 / KeyScan.LOOKED_AT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.0.0", "x", "..", "-1.0.0", "0.0.0.0"})
  void positionOfOtherNodesIsRefused(String position) {
    assertThatThrownBy(() -> page("", position, 10)).isInstanceOf(InvalidRequest.class);
  }

  private static void add(String name) {
    TestRedis.commands().set(THINGS.entity("default", name) + "a", "");
  }

  private static List<String> all(String prefix, int size, Consumer<KeyScan.Page> between) {
    List<String> names = new ArrayList<>();
    String position = "";
    do {
      KeyScan.Page page = page(prefix, position, size);
      assertThat(page.names()).hasSizeLessThanOrEqualTo(size);
      names.addAll(page.names());
      between.accept(page);
      position = page.next();
    } while (!position.isEmpty());
    return names;
  }

  private static KeyScan.Page page(String prefix, String position, int size) {
    return KeyScan.page(connection.redis(), SCOPE, THINGS, prefix, "a", position, size)
        .toCompletableFuture()
        .orTimeout(30, TimeUnit.SECONDS)
        .join();
  }
}
