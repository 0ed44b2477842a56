// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.redis.Redis;
import io.grpc.BindableService;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;

/**
 * Says NOT_SERVING, as a whole and per service, while Redis is away and once the server drains.
 * Under the name {@value #LIVENESS} it says SERVING while Redis is away, too: whoever starts
 * servers anew that do not answer asks for that.
 */
final class Health {
  private static final Logger LOG = Logger.getLogger(Health.class.getName());
  private static final String LIVENESS = "liveness";
  private static final long PERIOD_MILLIS = 500;

  private final HealthStatusManager statuses = new HealthStatusManager();
  private final Redis redis;
  private final Timer timer;
  private final List<String> services;
  private volatile boolean stopped;
  private volatile boolean serving;

  Health(Redis redis, Timer timer, List<String> services) {
    this.redis = redis;
    this.timer = timer;
    this.services = services;
  }

  BindableService service() {
    return statuses.getHealthService();
  }

  /** Serves from now on, and looks after Redis. */
  void start() {
    statuses.setStatus(LIVENESS, ServingStatus.SERVING);
    show(true);
    lookLater();
  }

  /** Whether calls are served now: Redis is there, and the server does not drain. */
  boolean isServing() {
    return serving && !stopped;
  }

  /** Whether Redis answers. */
  boolean isRedisUp() {
    return serving;
  }

  /** For good: the server drains. */
  void stop() {
    stopped = true;
    statuses.enterTerminalState();
  }

  private Timeout lookLater() {
    return timer.newTimeout(t -> look(), PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void look() {
    if (stopped) {
      return;
    }
    redis
        .alive()
        .whenComplete(
            (alive, failure) -> {
              show(failure == null && alive);
              lookLater();
            });
  }

  private void show(boolean nowServing) {
    if (nowServing != serving) {
      LOG.info(nowServing ? "Redis is there: SERVING" : "Redis is away: NOT_SERVING");
    }
    serving = nowServing;
    ServingStatus status = nowServing ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
    statuses.setStatus("", status);
    services.forEach(name -> statuses.setStatus(name, status));
  }
}
