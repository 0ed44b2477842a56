// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * Workers in a closed loop on one thing that a number of others hold, or wait for.
 *
 * @param others how many
 * @param crowd brings the others there
 * @param operation what a worker does, by the channel and its number
 */
record ScaleRow(
    String name, int others, Crowd crowd, BiFunction<Channel, Integer, Operation> operation)
    implements Row {
  private static final int WORKERS = 16;

  /** Those who hold something or wait for it while it is measured. */
  interface Crowd {
    void gather(Testbed testbed, ManagedChannel channel, int others) throws InterruptedException;
  }

  @Override
  public int inFlight() {
    return others;
  }

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    try {
      crowd.gather(testbed, channel, others);
      Workload.Factory factory = GrpcWorkload.of(operation);
      try (Workload load = factory.open(testbed, WORKERS)) {
        return Measurement.of(ClosedLoop.run(load, WORKERS, options, testbed));
      }
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      testbed.empty();
    }
  }
}
