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
        .containsExactly("in use: 1 of 3", "one call more is fine", "bulk upload with 3 permits");
  }
}
