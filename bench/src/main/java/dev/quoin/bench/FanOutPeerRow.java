// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

/**
 * What {@link ChatWorkload} measures of Quoin, measured of another server with its own client: a
 * program of {@code bench/peers} that starts the server as a process of its own, on the Redis that
 * Quoin uses, and prints the metrics as one line of JSON.
 *
 * @param subscribers how many receive each message
 */
record FanOutPeerRow(String name, int inFlight, int subscribers, PeerProgram program)
    implements Row {
  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    return program.measure(
        name,
        Measurement.CALLS_PER_SECOND,
        testbed.redisPort(),
        subscribers,
        inFlight,
        options.warmUp(),
        options.duration());
  }
}
