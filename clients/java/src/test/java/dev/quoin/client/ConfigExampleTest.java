// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ConfigExampleTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void theStoryIsToldToItsEnd() throws Exception {
    assertThat(Example.run("ConfigExample", SERVER.address()))
        .containsExactly(
            "statistics are at 10.0.0.1",
            "statistics moved to 10.0.0.2, stale: false",
            "the shop is at 10.0.1.1:8080");
  }
}
