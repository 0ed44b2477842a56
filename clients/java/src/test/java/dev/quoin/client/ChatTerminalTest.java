// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ChatTerminalTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @Test
  void terminalDoesWhatItIsTold() throws Exception {
    InputStream keyboard = System.in;
    String lines = "helo\n/fix hello\n/last\n/kick nobody\n/fix\n/who\n/leave\n";
    System.setIn(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
    try {
      String me = System.getProperty("user.name");
      assertThat(Example.run("ChatTerminal", SERVER.address()))
          .contains("1 " + me + ": hello")
          .anyMatch(line -> line.startsWith("You are " + me + " in lobby."))
          .anyMatch(line -> line.startsWith("No: "))
          .anyMatch(line -> line.startsWith(me + " has read up to "));
    } finally {
      System.setIn(keyboard);
    }
  }
}
