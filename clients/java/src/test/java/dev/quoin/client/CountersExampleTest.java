// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CountersExampleTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void theStoryIsToldToItsEnd() throws Exception {
    assertThat(Example.run("CountersExample", SERVER.address()))
        .containsExactly("0 views", "1001 views so far");
  }
}
