// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs the programs of the folder examples. */
final class Example {
  private Example() {}

  /** What an example prints. */
  static List<String> run(String program, String... arguments) throws ReflectiveOperationException {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    PrintStream console = System.out;
    System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
    try {
      Class.forName(program).getMethod("main", String[].class).invoke(null, (Object) arguments);
    } finally {
      System.setOut(console);
    }
    return output.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
