// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LogsExampleTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void theStoryIsToldToItsEnd() throws Exception {
    assertThat(Example.run("LogsExample", SERVER.address()))
        .containsExactly(
            "shop reports: order 17 cannot be paid",
            "shop reports: order 42 cannot be paid",
            "2 x order {} cannot be paid");
  }
}
