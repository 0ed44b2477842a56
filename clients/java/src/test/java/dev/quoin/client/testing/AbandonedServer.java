// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client.testing;

import java.nio.file.Path;

/** A program that starts a server, tells its folder, and waits to be killed. */
final class AbandonedServer {
  private AbandonedServer() {}

  public static void main(String[] arguments) throws Exception {
    QuoinTestServer server = QuoinTestServer.start(Path.of(arguments[0]));
    System.out.println(server.folder());
    Thread.sleep(60_000);
    server.close();
  }
}
