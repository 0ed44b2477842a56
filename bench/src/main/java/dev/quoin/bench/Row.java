// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

/** One line of the results. */
interface Row {
  String name();

  int inFlight();

  /** Measures it once. */
  Measurement measure(Testbed testbed, Options options) throws InterruptedException;

  /** Whether its calls go through a server, Quoin or a peer, and not straight to Redis. */
  boolean usesServer();

  default String id() {
    return name() + "/" + inFlight();
  }
}
