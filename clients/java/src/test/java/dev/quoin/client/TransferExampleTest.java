// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TransferExampleTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void theStoryIsToldToItsEnd() throws Exception {
    assertThat(Example.run("TransferExample", SERVER.address()))
        .startsWith(
            "2 readers look at account 3",
            "a transfer is refused: true",
            "the transfer holds 2 locks")
        .contains("account/3: transfer", "account/7: transfer");
  }
}
