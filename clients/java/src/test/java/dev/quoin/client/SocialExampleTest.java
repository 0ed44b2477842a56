// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SocialExampleTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void networkIsLoadedWalkedAndPostedTo() throws Exception {
    assertThat(Example.run("SocialExample", SERVER.address(), "100"))
        .anyMatch(line -> line.startsWith("100 users, "))
        .contains("page 2 of a home timeline:")
        .last()
        .asString()
        .matches("the best-known author was answered after .* ms, all had the post after .* ms");
  }
}
