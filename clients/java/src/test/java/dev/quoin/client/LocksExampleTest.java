// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LocksExampleTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void theStoryIsToldToItsEnd() throws Exception {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    PrintStream console = System.out;
    System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
    try {
      Class.forName("LocksExample")
          .getMethod("main", String[].class)
          .invoke(null, (Object) new String[] {SERVER.address()});
    } finally {
      System.setOut(console);
    }

    assertThat(output.toString(StandardCharsets.UTF_8).lines())
        .hasSize(3)
        .satisfiesExactly(
            line -> assertThat(line).startsWith("worker-1 writes the report with fence "),
            line -> assertThat(line).isEqualTo("worker-2 sees it held by worker-1"),
            line -> assertThat(line).startsWith("worker-2 goes on with fence "));
  }
}
