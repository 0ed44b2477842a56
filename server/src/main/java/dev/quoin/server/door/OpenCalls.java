// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.logging.RequestLogProperty;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts calls that are open: of all connections, to know when there are none, and of each. */
final class OpenCalls {
  /** Answers of HTTP/1 are kept until those before them have been sent. */
  private static final int MOST_PIPELINED = 16;

  private static final AttributeKey<AtomicInteger> OF_CONNECTION =
      AttributeKey.valueOf(OpenCalls.class, "open");

  private final AtomicInteger all = new AtomicInteger();
  private final CompletableFuture<Void> none = new CompletableFuture<>();
  private volatile boolean drains;

  /** Begins a call; false when no call may begin any more. */
  boolean begin(ServiceRequestContext http) {
    all.incrementAndGet();
    if (drains) {
      end();
      return false;
    }
    if (!http.sessionProtocol().isMultiplex()) {
      beginOnConnection(http);
    }
    return true;
  }

  /** Has the end of a call that has begun known by the end of its response. */
  void endWith(ServiceRequestContext http, HttpResponse response) {
    response
        .whenComplete()
        .whenComplete(
            (done, failure) -> {
              if (!http.sessionProtocol().isMultiplex()) {
                ofConnection(channel(http)).decrementAndGet();
              }
              end();
            });
  }

  /** Lets no call begin from now on; completes when those that are open have ended. */
  CompletableFuture<Void> drain() {
    drains = true;
    look();
    return none;
  }

  private static void beginOnConnection(ServiceRequestContext http) {
    Channel channel = channel(http);
    if (ofConnection(channel).incrementAndGet() > MOST_PIPELINED) {
      channel.close();
    }
  }

  private static Channel channel(ServiceRequestContext http) {
    return http.log().ensureAvailable(RequestLogProperty.SESSION).channel();
  }

  private static AtomicInteger ofConnection(Channel channel) {
    channel.attr(OF_CONNECTION).setIfAbsent(new AtomicInteger());
    return channel.attr(OF_CONNECTION).get();
  }

  private void end() {
    all.decrementAndGet();
    look();
  }

  private void look() {
    if (drains && all.get() == 0) {
      none.complete(null);
    }
  }
}
