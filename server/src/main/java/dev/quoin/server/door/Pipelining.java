// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.logging.RequestLogProperty;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the requests that are open on a connection of HTTP/1, where the answers to those sent
 * ahead are kept until those before them have been sent. HTTP/2 bounds them by itself.
 */
final class Pipelining {
  private static final int MOST = 16;
  private static final AttributeKey<AtomicInteger> OPEN =
      AttributeKey.valueOf(Pipelining.class, "open");

  private Pipelining() {}

  /** Counts a request until it is answered; closes the connection of one too many. */
  static void count(ServiceRequestContext http) {
    if (http.sessionProtocol().isMultiplex()) {
      return;
    }
    Channel channel = http.log().ensureAvailable(RequestLogProperty.SESSION).channel();
    AtomicInteger open = channel.attr(OPEN).get();
    if (open == null) {
      open = new AtomicInteger();
      channel.attr(OPEN).set(open);
    }
    AtomicInteger counted = open;
    http.log().whenComplete().thenRun(counted::decrementAndGet);
    if (counted.incrementAndGet() > MOST) {
      channel.close();
    }
  }
}
