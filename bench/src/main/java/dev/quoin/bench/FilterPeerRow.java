// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

/**
 * What {@link FilteredFeedRow} measures of Quoin, measured of another server by a program of {@code
 * bench/peers}, which checks what each subscriber receives, too.
 *
 * @param inFlight how many subscribers there are, each with a connection of its own
 * @param matching how many of them each publication matches
 * @param broker where publications are kept
 */
record FilterPeerRow(String name, int inFlight, int matching, String broker, PeerProgram program)
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
        Measurement.FILTERED_PER_SECOND,
        "filtered",
        testbed.redisPort(),
        broker,
        inFlight,
        matching,
        FilteredFeedRow.rate(matching),
        options.warmUp(),
        options.duration());
  }
}
