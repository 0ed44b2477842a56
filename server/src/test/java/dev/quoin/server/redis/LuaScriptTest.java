// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class LuaScriptTest {
  @Test
  void headerIsTheSignature() {
    LuaScript script = LuaScript.load("test/signature");

    assertThat(script.keys()).isEqualTo(2);
    assertThat(script.arguments()).isEqualTo(3);
    assertThat(script.variadic()).isTrue();
    assertThat(script.sha()).hasSize(40);
  }

  @Test
  void fragmentsAreIncludedOnceEach() {
    String body = LuaScript.load("test/signature").body();

    assertThat(body).doesNotContain("@include").containsOnlyOnce("local function integer");
  }

  @Test
  void wrongNumberOfKeysOrArgumentsIsRefused() {
    LuaScript script = LuaScript.load("test/signature");

    script.check(2, 2);
    script.check(2, 9);
    assertThatThrownBy(() -> script.check(1, 3)).hasMessageContaining("takes 2 keys");
    assertThatThrownBy(() -> script.check(2, 1)).hasMessageContaining("test/signature");
  }

  @Test
  void brokenScriptsStopTheStart() {
    assertThatThrownBy(() -> LuaScript.load("test/none")).hasMessageContaining("test/none");
    assertThatThrownBy(() -> LuaScript.load("test/no_returns")).hasMessageContaining("Returns");
    assertThatThrownBy(() -> LuaScript.load("test/gap")).hasMessageContaining("KEYS[3]");
    assertThatThrownBy(() -> LuaScript.load("test/missing_fragment"))
        .hasMessageContaining("lib/missing");
  }
}
