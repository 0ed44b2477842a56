// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What comes through, and what does not any more. */
final class FaultyProxyTest {
  private static final int PATIENCE_MILLIS = 10_000;

  private ServerSocket target;
  private FaultyProxy proxy;

  @BeforeEach
  void start() throws IOException {
    target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    proxy = FaultyProxy.start(target.getLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    target.close();
  }

  @Test
  void bytesComeThroughUntilTheConnectionIsCut() throws IOException {
    try (Socket client = connect();
        Socket server = target.accept()) {
      client.getOutputStream().write(7);
      assertThat(server.getInputStream().read()).isEqualTo(7);

      proxy.cut();

      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void silencedConnectionsStayOpenAndNewOnesAreGood() throws IOException {
    try (Socket client = connect();
        Socket server = target.accept()) {
      client.getOutputStream().write(7);
      assertThat(server.getInputStream().read()).isEqualTo(7);

      proxy.silence();
      server.getOutputStream().write(8);
      client.setSoTimeout(200);

      assertThatThrownBy(() -> client.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
      try (Socket other = connect();
          Socket good = target.accept()) {
        good.getOutputStream().write(9);
        assertThat(other.getInputStream().read()).isEqualTo(9);
      }
    }
  }

  private Socket connect() throws IOException {
    Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    client.setSoTimeout(PATIENCE_MILLIS);
    return client;
  }
}
