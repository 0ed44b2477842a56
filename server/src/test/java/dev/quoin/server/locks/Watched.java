// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.locks.v1.WatchRequest;
import dev.quoin.locks.v1.WatchResponse;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.TestServer;
import java.util.function.Predicate;

/** An open Watch stream of a test. */
final class Watched extends OpenStream<WatchRequest, WatchResponse> {
  static Watched open(TestServer server, String name) {
    Watched watched = new Watched();
    server.asyncLocks().watch(WatchRequest.newBuilder().setName(name).build(), watched);
    return watched;
  }

  WatchResponse next() {
    return any();
  }

  /** The next message of which something is true. */
  WatchResponse until(Predicate<WatchResponse> wanted) {
    WatchResponse message = next();
    while (!wanted.test(message)) {
      message = next();
    }
    return message;
  }
}
