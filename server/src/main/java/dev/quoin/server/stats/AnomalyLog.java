// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import dev.quoin.server.redis.RequestContext;

/** Where anomalies are written beside being told to those who watch. Called on event loops. */
public interface AnomalyLog {
  /**
   * Takes an anomaly, on the server it was recorded by, at most one of a context in 10 seconds.
   *
   * @param scope whose it is; its deadline is that of the call that recorded it
   */
  void write(RequestContext scope, Anomaly anomaly);
}
