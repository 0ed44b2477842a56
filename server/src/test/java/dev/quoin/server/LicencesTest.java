// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The jar carries the licences of all it is made of. */
final class LicencesTest {
  /** What only tests use, by the beginning of the names of the jars. */
  private static final Pattern FOR_TESTS =
      Pattern.compile(
          "(junit|assertj|testcontainers|docker-java|jna|duct-tape|byte-buddy|apiguardian|opentest4j"
              + "|commons-|surefire|annotations-17|opentelemetry-proto|common-java5).*");

  private static final Pattern ITEM =
      Pattern.compile("^\\* [\\w.-]+:([\\w.-]+)$", Pattern.MULTILINE);

  @Test
  void everyLibraryIsListedWithItsLicence() throws IOException {
    List<String> listed =
        ITEM.matcher(read("THIRD-PARTY.md")).results().map(item -> item.group(1)).toList();
    List<String> missing =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).getFileName().toString())
            .filter(name -> name.endsWith(".jar") && !FOR_TESTS.matcher(name).matches())
            .filter(name -> !name.startsWith("quoin-"))
            .filter(name -> listed.stream().noneMatch(artifact -> isOf(artifact, name)))
            .toList();

    assertThat(listed).hasSizeGreaterThan(50);
    assertThat(missing).isEmpty();
  }

  @Test
  void ownLicenceIsThere() throws IOException {
    assertThat(read("LICENSE")).contains("Apache License", "Version 2.0");
  }

  private static boolean isOf(String artifact, String jar) {
    return jar.matches(Pattern.quote(artifact) + "-\\d.*");
  }

  private static String read(String name) throws IOException {
    try (InputStream in = LicencesTest.class.getResourceAsStream("/META-INF/licenses/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
