// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LocksExampleTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void theStoryIsToldToItsEnd() throws Exception {
    assertThat(Example.run("LocksExample", SERVER.address()))
        .hasSize(3)
        .satisfiesExactly(
            line -> assertThat(line).startsWith("worker-1 writes the report with fence "),
            line -> assertThat(line).isEqualTo("worker-2 sees it held by worker-1"),
            line -> assertThat(line).startsWith("worker-2 goes on with fence "));
  }
}
