// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;

/** A certificate that signs itself, and its key, as PEM. */
public record Pem(String certificate, String key) {
  /** Of localhost. */
  public static Pem make(Path folder) throws IOException, GeneralSecurityException {
    return of(TlsProxy.makeKeys(folder));
  }

  /**
   * Of somebody.
   *
   * @param name as keytool takes it, such as {@code uri:spiffe://example/orders}; empty for none
   */
  public static Pem make(Path parent, String name) throws IOException, GeneralSecurityException {
    return of(TlsProxy.makeKeys(Files.createTempDirectory(parent, "keys"), name));
  }

  private static Pem of(KeyStore keys) throws GeneralSecurityException {
    Key key = keys.getKey("quoin", TlsProxy.PASSWORD.toCharArray());
    return new Pem(
        pem("CERTIFICATE", keys.getCertificate("quoin").getEncoded()),
        pem("PRIVATE KEY", key.getEncoded()));
  }

  private static String pem(String kind, byte[] bytes) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(kind, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes), kind);
  }
}
