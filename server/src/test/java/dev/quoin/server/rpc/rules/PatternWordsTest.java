// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nobody has to read a regular expression in a refusal. */
final class PatternWordsTest {
  private static final Path CONTRACT = Path.of("../proto/quoin");
  private static final Pattern RULE = Pattern.compile("pattern: \"(.+)\"");

  @Test
  void patternsOfTheContractHaveWords() throws IOException {
    List<String> patterns;
    try (Stream<Path> files = Files.walk(CONTRACT)) {
      patterns =
          files
              .filter(file -> file.toString().endsWith(".proto"))
              .flatMap(file -> RULE.matcher(read(file)).results())
              .map(found -> found.group(1).replace("\\\\", "\\"))
              .distinct()
              .toList();
    }

    assertThat(patterns)
        .hasSizeGreaterThan(3)
        .allSatisfy(pattern -> assertThat(PatternWords.words(pattern)).isPresent());
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
