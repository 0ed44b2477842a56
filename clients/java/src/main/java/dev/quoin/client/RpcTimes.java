// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.logging.Level;
import java.util.logging.Logger;

/** How times of calls are recorded. */
final class RpcTimes {
  private static final Logger LOG = Logger.getLogger(RpcTimes.class.getName());

  private RpcTimes() {}

  /** Records the time since the beginning of a call; never throws. */
  static void record(
      StatsRecorder recorder,
      String kind,
      MethodDescriptor<?, ?> method,
      Status status,
      long begin) {
    try {
      String context = method.getFullMethodName() + ' ' + status.getCode();
      recorder.record(kind, context, (System.nanoTime() - begin) / 1e9);
    } catch (RuntimeException e) {
      LOG.log(Level.FINE, "a call that cannot be recorded", e);
    }
  }
}
