// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Speaks TLS in front of a server on loopback that does not, with a certificate of its own. */
public final class TlsProxy implements AutoCloseable {
  public static final String PASSWORD = "for tests only";

  private final ServerSocket socket;
  private final int target;
  private final Path authority;

  private TlsProxy(ServerSocket socket, int target, Path authority) {
    this.socket = socket;
    this.target = target;
    this.authority = authority;
  }

  /** Starts a proxy for a port of loopback; keeps its certificate in a folder. */
  public static TlsProxy start(int target, Path folder) {
    try {
      KeyStore keys = makeKeys(folder);
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(keys, PASSWORD.toCharArray());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      Path authority = folder.resolve("authority.pem");
      byte[] certificate = keys.getCertificate("quoin").getEncoded();
      Files.writeString(
          authority,
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate)
              + "\n-----END CERTIFICATE-----\n");
      ServerSocket socket =
          context
              .getServerSocketFactory()
              .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
      TlsProxy proxy = new TlsProxy(socket, target, authority);
      daemon(proxy::accept);
      return proxy;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public int port() {
    return socket.getLocalPort();
  }

  /** PEM file with the certificate, which signs itself. */
  public Path authority() {
    return authority;
  }

  @Override
  public void close() {
    closeQuietly(socket);
  }

  /** A new key under the name "quoin", with a certificate for localhost that signs itself. */
  public static KeyStore makeKeys(Path folder) throws IOException, GeneralSecurityException {
    return makeKeys(folder, "dns:localhost");
  }

  /**
   * The same for another subject alternative name.
   *
   * @param name as keytool takes it, such as {@code uri:spiffe://example/orders}; empty for none
   */
  static KeyStore makeKeys(Path folder, String name) throws IOException, GeneralSecurityException {
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
                name.isEmpty() ? "ku=digitalSignature" : "san=" + name,
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.onExit().join().exitValue() != 0) {
      throw new IOException("keytool: " + output);
    }
    return KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        daemon(() -> copy(client, server));
        daemon(() -> copy(server, client));
      } catch (IOException e) {
        // The proxy is closed, or this client did not speak TLS.
      }
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      in.transferTo(out);
    } catch (IOException e) {
      // One side has gone; both are closed now.
    }
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "tls-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private static void closeQuietly(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
