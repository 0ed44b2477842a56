// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SettingsReaderTest {
  @TempDir Path folder;

  @Test
  void defaultsAreSafe() {
    Settings settings = SettingsReader.read(null, Map.of(), Map.of());

    assertThat(settings.host()).isEqualTo("127.0.0.1");
    assertThat(settings.port()).isEqualTo(7400);
    assertThat(settings.redis()).isEmpty();
    assertThat(settings.insecure()).isFalse();
    assertThat(settings.allowVolatileRedis()).isFalse();
    assertThat(settings.redisTimeout()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void flagsGoBeforeTheEnvironmentAndThatBeforeTheFile() throws IOException {
    Path file = file("port: 1\nmetrics-port: 2\nkey-prefix: three\n");

    Settings settings =
        SettingsReader.read(
            file,
            Map.of("QUOIN_PORT", "10", "QUOIN_METRICS_PORT", "20", "PATH", "/bin"),
            Map.of("port", "100"));

    assertThat(settings.port()).isEqualTo(100);
    assertThat(settings.metricsPort()).isEqualTo(20);
    assertThat(settings.keyPrefix()).isEqualTo("three");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port|65536|a whole number from 0 to 65535",
        "port|-1|a whole number from 0 to 65535",
        "port|seven|a whole number from 0 to 65535",
        "max-request-bytes|10|a whole number from 65536 to 1073741824",
        "redis-timeout|2|a duration such as 500ms, 2s, 5m or 1h",
        "insecure|yes|true or false",
        "log-level|loud|error, warn, info, debug",
        "key-prefix|a:b|letters, digits",
        "redis|http://example.org|redis://",
        "redis|localhost:6379|redis://",
        "host|0.0.0.0|tls-certificate",
        "jwt-keys|keys.json|needs jwt-issuer and jwt-audience",
        "jwt-keys|http://192.0.2.1/keys|could replace keys fetched by http",
        "jwt-keys|http:///keys|must be a file, or an http or https URL",
        "policy|policy.yaml|needs tokens, jwt-keys or tls-client-authorities",
        "tls-key|key.pem|set both or neither",
      })
  void badValueIsRefusedByItsNameWithWhatIsAllowed(String name, String value, String allowed) {
    assertThatThrownBy(() -> SettingsReader.read(null, Map.of(), Map.of(name, value)))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining(name)
        .hasMessageContaining(allowed);
  }

  @Test
  void unknownSettingIsRefusedWhereverItStands() throws IOException {
    Path file = file("prot: 1\n");

    assertThatThrownBy(() -> SettingsReader.read(file, Map.of(), Map.of()))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining("prot")
        .hasMessageContaining("metrics-port");
    assertThatThrownBy(() -> SettingsReader.read(null, Map.of("QUOIN_PROT", "1"), Map.of()))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining("QUOIN_PROT")
        .hasMessageContaining("QUOIN_PORT");
  }

  @Test
  void passwordInTheRedisUriIsNotRepeatedInTheMessage() {
    assertThatThrownBy(
            () -> SettingsReader.read(null, Map.of(), Map.of("redis", "ftp://:hunter2@host")))
        .isInstanceOf(BadSettings.class)
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void fileThatIsNoListOfSettingsIsRefused() throws IOException {
    for (String text : new String[] {"- a\n- b\n", "port: {a: 1}\n", "\tport: 1", "word"}) {
      Path file = file(text);
      assertThatThrownBy(() -> SettingsReader.read(file, Map.of(), Map.of()))
          .as(text)
          .isInstanceOf(BadSettings.class);
    }
    assertThatThrownBy(() -> SettingsReader.read(folder.resolve("none"), Map.of(), Map.of()))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining("none");
  }

  @Test
  void emptyFileIsFine() throws IOException {
    assertThat(SettingsReader.read(file("# nothing\n"), Map.of(), Map.of()).port()).isEqualTo(7400);
  }

  @Test
  void variablesOfTheTerminalAreNoSettings() {
    Map<String, String> shell = Map.of("QUOIN_ADDRESS", "localhost:1", "QUOIN_TOKEN", "secret");

    assertThat(SettingsReader.read(null, shell, Map.of()).port()).isEqualTo(7400);
  }

  @Test
  void variablesThatKubernetesSetsForAServiceCalledQuoinAreNoSettings() {
    Map<String, String> pod =
        Map.of(
            "QUOIN_SERVICE_HOST", "10.0.0.1",
            "QUOIN_SERVICE_PORT", "7400",
            "QUOIN_PORT_7400_TCP", "tcp://10.0.0.1:7400");

    assertThat(SettingsReader.read(null, pod, Map.of()).port()).isEqualTo(7400);
    assertThatThrownBy(
            () -> SettingsReader.read(null, Map.of("QUOIN_PORT", "tcp://10.0.0.1:7400"), Map.of()))
        .hasMessageContaining("enableServiceLinks");
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("quoin.yaml"), text);
  }
}
