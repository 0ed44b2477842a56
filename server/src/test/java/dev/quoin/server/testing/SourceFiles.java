// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The files of the server, for laws about them. */
public final class SourceFiles {
  public static final Path JAVA = Path.of("src/main/java/dev/quoin/server");
  public static final Path TESTS = Path.of("src/test/java/dev/quoin/server");

  private SourceFiles() {}

  /** The Java files of the server. */
  public static Stream<Path> java() {
    return below(JAVA, ".java");
  }

  /** The files in a folder and below whose names end in a certain way. */
  public static Stream<Path> below(Path folder, String ending) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text of a file. */
  public static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
