// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Looks after the connection of a channel: logs when it is lost and when it is back, one line each,
 * and has it connect again within a second; the pauses of gRPC for Java grow to two minutes, while
 * leases run.
 */
final class ConnectionLog {
  private static final Logger LOG = Logger.getLogger(ConnectionLog.class.getName());

  private final ManagedChannel channel;
  private final String address;
  private final ScheduledExecutorService clock;
  private final boolean logs;
  private boolean lost;

  private ConnectionLog(
      ManagedChannel channel, String address, ScheduledExecutorService clock, boolean logs) {
    this.channel = channel;
    this.address = address;
    this.clock = clock;
    this.logs = logs;
  }

  /**
   * @param logs whether to log it; one of several channels to the same servers does
   */
  static void watch(
      ManagedChannel channel, String address, ScheduledExecutorService clock, boolean logs) {
    new ConnectionLog(channel, address, clock, logs).look();
  }

  private void look() {
    ConnectivityState state = channel.getState(false);
    note(state);
    if (state != ConnectivityState.SHUTDOWN) {
      channel.notifyWhenStateChanged(state, this::look);
    }
  }

  private synchronized void note(ConnectivityState state) {
    if (state == ConnectivityState.TRANSIENT_FAILURE && !lost) {
      lost = true;
      LOG.log(
          logs ? Level.WARNING : Level.FINE,
          "no connection to {0}; trying again until there is one",
          address);
      reconnectAfter(1);
    } else if (state == ConnectivityState.READY && lost) {
      lost = false;
      LOG.log(logs ? Level.INFO : Level.FINE, "connected to {0} again", address);
    }
  }

  private void reconnectAfter(int failures) {
    try {
      clock.schedule(
          () -> reconnect(failures), Retries.pause(failures).toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.log(Level.FINE, "the client is closed", e);
    }
  }

  private synchronized void reconnect(int failures) {
    if (lost && !channel.isShutdown()) {
      channel.resetConnectBackoff();
      reconnectAfter(failures + 1);
    }
  }
}
