// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.settings.SettingsReader;
import dev.quoin.server.testing.PackageGraph;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The pages that are made from the code. They are compared here; {@code make generate} writes them.
 */
final class GeneratedDocsTest {
  private static final Path DOCS = Path.of("../docs");
  private static final Path SAMPLE = Path.of("../deploy/quoin.yaml");
  private static final Path CODE = Path.of("src/main/java/dev/quoin/server");
  private static final boolean WRITES = "write".equals(System.getProperty("quoin.docs"));

  /** A line of a key record's comment: key, type, meaning; two spaces or more between them. */
  private static final Pattern KEY =
      Pattern.compile("^ \\* (\\{prefix\\}:\\S+) {2,}(\\S.*?) {2,}(\\S.*)$", Pattern.MULTILINE);

  /** A setting in the sample, commented out. */
  private static final Pattern SAMPLE_SETTING =
      Pattern.compile("^#([a-z]\\S*: .+)$", Pattern.MULTILINE);

  /** As much of a text as goes into a line of the sample. */
  private static final Pattern SAMPLE_LINE = Pattern.compile("(.{1,96})( |$)");

  @Test
  void keyspacePageIsMadeFromTheKeyRecords() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Keyspace

        <!-- Made from the comments of the key records by `make generate`. -->

        What Quoin keeps in Redis, for operators. Callers never see keys, and the layout may change
        between versions: read it with `redis-cli`, do not build on it.

        * `{prefix}` is the setting `key-prefix`, `quoin` by default; `{namespace}` is that of the call.
        * The part in double braces stands in single braces in Redis: it is the hash tag, so that all
          keys of one thing live in one slot.
        * In names, control characters and `%`, `:`, `{`, `}` are written as `%` and two hexadecimal
          digits for each byte.
        """);
    String previous = "";
    for (Path file : keyRecords()) {
      String feature = file.getParent().getFileName().toString();
      if (!feature.equals(previous)) {
        page.append("\n## ").append(feature).append("\n\n");
        page.append("| key | type | holds |\n| --- | --- | --- |\n");
        previous = feature;
      }
      Matcher key = KEY.matcher(Files.readString(file));
      int keys = 0;
      while (key.find()) {
        keys++;
        page.append("| `%s` | %s | %s |%n".formatted(key.group(1), key.group(2), key.group(3)));
      }
      assertThat(keys).as("keys in the comment of " + file).isPositive();
    }
    compare(DOCS.resolve("keyspace.md"), page.toString());
  }

  @Test
  void configurationPageIsMadeFromTheSettings() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Configuration

        <!-- Made from the record Settings by `make generate`. -->

        Every setting is a flag of `quoin serve`, an environment variable, and a key of a YAML file.
        Flags go before the environment, the environment before the file, the file before the
        defaults. The file is named by `--config FILE` or `QUOIN_CONFIG` and holds one
        `setting: value` a line. An unknown setting or a value that is not allowed stops the start.

        | setting | flag | environment | default | allowed | what it is for |
        | --- | --- | --- | --- | --- | --- |
        """);
    for (SettingsReader.Entry entry : SettingsReader.entries()) {
      String fallback = entry.defaultText().isEmpty() ? "" : "`" + entry.defaultText() + "`";
      page.append(
          "| `%s` | `%s` | `%s` | %s | %s | %s |%n"
              .formatted(
                  entry.name(),
                  entry.flag(),
                  entry.variable(),
                  fallback,
                  entry.allowed(),
                  entry.about()));
    }
    compare(DOCS.resolve("configuration.md"), page.toString());
  }

  @Test
  void sampleConfigurationIsMadeFromTheSettings() {
    StringBuilder sample = new StringBuilder();
    sample.append(
        """
        # Configuration of Quoin: quoin serve --config FILE, or QUOIN_CONFIG=FILE.
        # Made from the record Settings by `make generate`.
        #
        # Every line that is commented out shows a default. Environment variables go before this file,
        # flags before both. An unknown setting or a value that is not allowed stops the start.
        """);
    for (SettingsReader.Entry entry : SettingsReader.entries()) {
      String about =
          "%s Allowed is %s. (%s)".formatted(entry.about(), entry.allowed(), entry.variable());
      String fallback = entry.defaultText().isEmpty() ? "\"\"" : entry.defaultText();
      sample.append('\n');
      sample.append(SAMPLE_LINE.matcher(about).replaceAll("# $1\n"));
      sample.append("#%s: %s\n".formatted(entry.name(), fallback));
    }
    compare(SAMPLE, sample.toString());
  }

  @Test
  void sampleConfigurationSetsTheDefaultsWhenNothingIsCommentedOut(@TempDir Path folder)
      throws IOException {
    String settings =
        SAMPLE_SETTING
            .matcher(Files.readString(SAMPLE))
            .results()
            .map(setting -> setting.group(1))
            .collect(Collectors.joining("\n"));
    assertThat(settings.lines()).hasSameSizeAs(SettingsReader.entries());
    Path file = Files.writeString(folder.resolve("quoin.yaml"), settings);

    assertThat(SettingsReader.read(file, Map.of(), Map.of()))
        .isEqualTo(SettingsReader.read(null, Map.of(), Map.of()));
  }

  @Test
  void packagesPageIsMadeFromTheCode() {
    PackageGraph packages = PackageGraph.read();
    Set<String> features = PackageGraph.features();
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Packages

        <!-- Made from package-info.java and imports by `make generate`. -->

        The packages below `dev.quoin.server`. A package uses only packages that are listed above it, and
        no feature uses another; tests enforce both.

        | package | what it is | uses |
        | --- | --- | --- |
        """);
    for (String name : packages.bottomUp()) {
      String kind = features.contains(name) ? " (feature)" : "";
      String used =
          packages.uses().get(name).stream()
              .filter(other -> !features.contains(other))
              .collect(Collectors.joining(", "));
      page.append(
          "| `%s`%s | %s | %s |%n"
              .formatted(
                  name,
                  kind,
                  PackageGraph.sentences(name).get(0),
                  name.equals(PackageGraph.ROOT) ? used + ", every feature" : used));
    }
    compare(DOCS.resolve("packages.md"), page.toString());
  }

  private static List<Path> keyRecords() throws IOException {
    try (Stream<Path> files = Files.walk(CODE)) {
      return files.filter(file -> file.toString().endsWith("Keys.java")).sorted().toList();
    }
  }

  private static void compare(Path page, String expected) {
    try {
      if (WRITES) {
        Files.writeString(page, expected);
      }
      String text = Files.readString(page);
      assertThat(expected.lines().filter(line -> text.lines().noneMatch(line::equals)))
          .as(page + " lacks lines that the code makes: run make generate")
          .isEmpty();
      assertThat(text)
          .as(page + " is not what the code says: run make generate")
          .isEqualTo(expected);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
