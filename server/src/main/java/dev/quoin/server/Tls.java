// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.access.Authorities;
import dev.quoin.server.door.DoorTls;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.Settings;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.TlsServerCredentials.ClientAuth;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import io.grpc.util.AdvancedTlsX509TrustManager.Verification;
import io.grpc.util.CertificateUtils;
import io.netty.handler.ssl.util.KeyManagerFactoryWrapper;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * The certificate of the server and the authorities of its clients. The files are read again when
 * they change, so that certificates can be renewed while it runs; files that do not belong
 * together, as while they are being replaced, or cannot be read leave things as they are.
 */
final class Tls implements Authorities, AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Tls.class.getName());
  private static final long PERIOD_SECONDS = 5;

  private final List<Path> files;
  private final boolean demandsCertificates;
  private final AdvancedTlsX509KeyManager identity = new AdvancedTlsX509KeyManager();
  private final AdvancedTlsX509TrustManager clients;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(new DefaultThreadFactory("quoin-tls", true));
  private volatile X509TrustManager checker;
  private volatile List<byte[]> last = List.of();

  Tls(Settings settings) {
    // Whoever has a token needs no certificate.
    demandsCertificates = settings.tokens().isEmpty() && settings.jwtKeys().isEmpty();
    files = new ArrayList<>();
    files.add(Path.of(settings.tlsCertificate()));
    files.add(Path.of(settings.tlsKey()));
    if (!settings.tlsClientAuthorities().isEmpty()) {
      files.add(Path.of(settings.tlsClientAuthorities()));
    }
    try {
      clients =
          AdvancedTlsX509TrustManager.newBuilder()
              .setVerification(Verification.CERTIFICATE_ONLY_VERIFICATION)
              .build();
      use(read());
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      timer.shutdown();
      throw new BadSettings(
          "tls-certificate, tls-key, tls-client-authorities: cannot be used: " + describe(e));
    }
    timer.scheduleWithFixedDelay(this::look, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
  }

  ServerCredentials credentials() {
    TlsServerCredentials.Builder tls = TlsServerCredentials.newBuilder().keyManager(identity);
    if (asksClients()) {
      tls.trustManager(clients)
          .clientAuth(demandsCertificates ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL);
    }
    return tls.build();
  }

  /** The same for the HTTP port. */
  DoorTls ofHttp() {
    return new DoorTls(
        new KeyManagerFactoryWrapper(identity),
        context -> {
          if (asksClients()) {
            context
                .trustManager(clients)
                .clientAuth(
                    demandsCertificates
                        ? io.netty.handler.ssl.ClientAuth.REQUIRE
                        : io.netty.handler.ssl.ClientAuth.OPTIONAL);
          }
        });
  }

  @Override
  public Object current() {
    return last;
  }

  @Override
  public void check(X509Certificate[] chain) throws CertificateException {
    // How keys are exchanged is no matter of the certificate of a client.
    checker.checkClientTrusted(chain, "UNKNOWN");
  }

  private void look() {
    List<byte[]> now = List.of();
    try {
      now = read();
      if (!same(now, last)) {
        use(now);
        LOG.info("read the changed certificates: " + files);
      }
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      LOG.warning("keeping the certificates there were: " + describe(e));
      // Said once for each change; a change that was not complete is a new one when it is.
      last = now.isEmpty() ? last : now;
    }
  }

  private List<byte[]> read() throws IOException {
    List<byte[]> contents = new ArrayList<>();
    for (Path file : files) {
      contents.add(Files.readAllBytes(file));
    }
    return contents;
  }

  private void use(List<byte[]> contents) throws IOException, GeneralSecurityException {
    X509Certificate[] chain = certificates(contents.get(0), files.get(0));
    PrivateKey key = CertificateUtils.getPrivateKey(new ByteArrayInputStream(contents.get(1)));
    refuseOthersKey(chain[0], key);
    if (asksClients()) {
      X509Certificate[] authorities = certificates(contents.get(2), files.get(2));
      clients.updateTrustCredentials(authorities);
      checker = checker(authorities);
    }
    identity.updateIdentityCredentials(chain, key);
    last = contents;
  }

  /** That of connections wants one that is in the midst of its handshake. */
  private static X509TrustManager checker(X509Certificate[] authorities)
      throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (X509Certificate authority : authorities) {
      store.setCertificateEntry(String.valueOf(store.size()), authority);
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return (X509TrustManager) factory.getTrustManagers()[0];
  }

  private boolean asksClients() {
    return files.size() > 2;
  }

  private static X509Certificate[] certificates(byte[] pem, Path file)
      throws GeneralSecurityException {
    X509Certificate[] found = CertificateUtils.getX509Certificates(new ByteArrayInputStream(pem));
    if (found.length == 0) {
      throw new GeneralSecurityException(file + " holds no certificate");
    }
    return found;
  }

  /** Only what the key signed does the certificate verify. */
  private static void refuseOthersKey(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm();
        };
    byte[] text = {1, 2, 3};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(text);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(text);
    if (!signature.verify(signed)) {
      throw new GeneralSecurityException("the private key is not that of the certificate");
    }
  }

  private static boolean same(List<byte[]> some, List<byte[]> others) {
    if (some.size() != others.size()) {
      return false;
    }
    for (int i = 0; i < some.size(); i++) {
      if (!Arrays.equals(some.get(i), others.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static String describe(Exception e) {
    return e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
