// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class ConnectionTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final Duration LEASE = Duration.ofSeconds(30);

  @TempDir Path folder;

  @Test
  void anAddressCanNameSeveralServers() throws IOException {
    try (TestServer other = new TestServer();
        Quoin both = Quoin.connect(SERVER.address() + ", " + other.address())) {
      String name = SharedServer.freshNamespace();

      // Two servers with a Redis each: only who asks both in turn gets the lock twice.
      assertThat(both.locks().tryAcquire(name, LEASE)).isPresent();
      Eventually.until(
          "the other server is asked", () -> both.locks().tryAcquire(name, LEASE).isPresent());
    }
  }

  @Test
  void whatIsNoAddressIsRefusedAtOnce() {
    assertThatThrownBy(() -> Quoin.connect("not an address"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anAddressGetsItsPortWhenItHasNone() {
    assertThat(AddressList.target("localhost")).isEqualTo("dns:///localhost:7400");
    assertThat(AddressList.target("[::1]:1")).isEqualTo("dns:///[::1]:1");
    assertThat(AddressList.target("a:1, b")).isEqualTo("quoin-list:///a:1,b:7400");
    assertThat(AddressList.target("unix:/run/quoin")).isEqualTo("unix:/run/quoin");
  }

  @Test
  void aConnectionCanBeEncrypted() throws Exception {
    Path certificate = folder.resolve("certificate.pem");
    Path key = folder.resolve("key.pem");
    makeCertificate(certificate, key);
    Map<String, String> flags =
        Map.of("tls-certificate", certificate.toString(), "tls-key", key.toString());
    try (TestServer server = new TestServer(flags);
        Quoin quoin = Quoin.builder().address(server.address()).tls(certificate).build();
        Quoin stranger = Quoin.builder().address(server.address()).tls().build()) {
      assertThat(quoin.locks().tryAcquire("report", LEASE)).isPresent();
      assertThatThrownBy(() -> stranger.locks().get(r -> r.setName("report")))
          .isInstanceOf(UnavailableException.class);
    }
  }

  @Test
  void bothSidesCanShowACertificate() throws Exception {
    Path certificate = folder.resolve("certificate.pem");
    Path key = folder.resolve("key.pem");
    makeCertificate(certificate, key);
    Map<String, String> flags =
        Map.of(
            "tls-certificate",
            certificate.toString(),
            "tls-key",
            key.toString(),
            "tls-client-authorities",
            certificate.toString());
    try (TestServer server = new TestServer(flags);
        Quoin quoin =
            Quoin.builder()
                .address(server.address())
                .tls(certificate)
                .clientCertificate(certificate, key)
                .build();
        Quoin stranger = Quoin.builder().address(server.address()).tls(certificate).build()) {
      assertThat(quoin.locks().tryAcquire("report", LEASE)).isPresent();
      assertThatThrownBy(() -> stranger.locks().get(r -> r.setName("report")))
          .isInstanceOf(UnavailableException.class);
    }
  }

  /** A certificate for localhost that signs itself, made by the keytool of the JDK. */
  private void makeCertificate(Path certificate, Path key) throws Exception {
    Path store = folder.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "quoin",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost",
                "-keystore",
                store.toString(),
                "-storepass",
                "for tests only")
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(output).isZero();
    char[] password = "for tests only".toCharArray();
    KeyStore keys = KeyStore.getInstance(store.toFile(), password);
    Files.writeString(certificate, pem("CERTIFICATE", keys.getCertificate("quoin").getEncoded()));
    Files.writeString(key, pem("PRIVATE KEY", keys.getKey("quoin", password).getEncoded()));
  }

  private static String pem(String what, byte[] content) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
  }
}
