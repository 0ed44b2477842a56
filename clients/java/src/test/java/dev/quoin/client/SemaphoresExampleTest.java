// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SemaphoresExampleTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void theStoryIsToldToItsEnd() throws Exception {
    assertThat(Example.run("SemaphoresExample", SERVER.address()))
        .hasSize(3)
        .startsWith("in use: 1 of 3", "one call more is fine")
        .last()
        .asString()
        .startsWith("bulk upload with fence ");
  }
}
