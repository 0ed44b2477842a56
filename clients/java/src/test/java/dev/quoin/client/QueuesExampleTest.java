// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class QueuesExampleTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void theStoryIsToldToItsEnd() throws Exception {
    assertThat(Example.run("QueuesExample", SERVER.address()))
        .containsExactly(
            "TASK_STATE_DONE after 1: told ann",
            "TASK_STATE_DONE after 2: told bob",
            "TASK_STATE_DEAD after 1: ");
  }
}
