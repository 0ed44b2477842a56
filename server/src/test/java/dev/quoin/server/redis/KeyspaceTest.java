// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.cluster.SlotHash;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class KeyspaceTest {
  private final Keyspace keyspace = new Keyspace("quoin", "locks");

  @Test
  void keysOfAnEntityShareAHashTag() {
    String entity = keyspace.entity("default", "orders/42");

    assertThat(entity).isEqualTo("quoin:default:locks:{orders/42}:");
    assertThat(SlotHash.getSlot(entity + "owner")).isEqualTo(SlotHash.getSlot(entity + "line"));
  }

  @Test
  void noNameLeavesItsPlace() {
    List<String> names =
        List.of(
            "a", "a}:b", "{", "}", "{}", "a:b", "%", "%7B", "a\nb", "\u0085", "ü", "🔒", "a%3Ab");
    Set<String> keys = new HashSet<>();
    for (String name : names) {
      String entity = keyspace.entity("default", name);
      keys.add(entity);
      assertThat(entity.chars().filter(c -> c == '{').count()).as(name).isEqualTo(1);
      assertThat(entity.chars().filter(c -> c == '}').count()).as(name).isEqualTo(1);
      assertThat(entity.chars().filter(c -> c == ':').count()).as(name).isEqualTo(4);
      assertThat(entity.chars().noneMatch(Character::isISOControl)).as(name).isTrue();
    }
    assertThat(keys).as("different names have different keys").hasSize(names.size());
  }

  @Test
  void readableNamesStayReadable() {
    assertThat(Keyspace.encode("market/main/item 7 süß 🔒")).isEqualTo("market/main/item 7 süß 🔒");
    assertThat(Keyspace.encode("a:{b}%\n")).isEqualTo("a%3A%7Bb%7D%25%0A");
  }
}
