// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.logging.RequestLogProperty;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import javax.net.ssl.SSLSession;

/**
 * Tells the services who is at the other end of a connection, as gRPC does: its address and its
 * certificate, which are those of the socket and never what a header says.
 */
final class Peers {
  private static final AttributeKey<Attributes> KNOWN =
      AttributeKey.valueOf(Peers.class, "connection");

  private final ServerTransportFilter filter;

  /**
   * @param filter what keeps account of connections, as it does for those of gRPC
   */
  Peers(ServerTransportFilter filter) {
    this.filter = filter;
  }

  /** Made once for a connection. */
  Attributes connection(ServiceRequestContext http) {
    Channel channel = http.log().ensureAvailable(RequestLogProperty.SESSION).channel();
    Attributes known = channel.attr(KNOWN).get();
    if (known == null) {
      known = filter.transportReady(attributes(http, channel));
      channel.attr(KNOWN).set(known);
    }
    return known;
  }

  private static Attributes attributes(ServiceRequestContext http, Channel channel) {
    Attributes.Builder attributes =
        Attributes.newBuilder()
            .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, channel.remoteAddress())
            .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, channel.localAddress());
    SSLSession tls = http.sslSession();
    if (tls != null) {
      attributes.set(Grpc.TRANSPORT_ATTR_SSL_SESSION, tls);
    }
    return attributes.build();
  }
}
