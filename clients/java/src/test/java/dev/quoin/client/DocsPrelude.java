// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.Configuration;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.NameResolverRegistry;
import io.grpc.ServerBuilder;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the Java blocks of the pages take for granted: a client in a namespace of its own, and the
 * names with which they speak of the reader's program.
 */
public abstract class DocsPrelude implements AutoCloseable {
  private final String address;
  private final String namespace;

  /** The reader's client. */
  protected final Quoin quoin;

  protected final Logger log = LoggerFactory.getLogger("docs");
  protected final Mail mail = (id, to, text) -> "sent".getBytes();

  /** The reader's own gRPC: a service, a server to be built, a connection. */
  protected final BindableService service = new HealthGrpc.HealthImplBase() {};

  protected final ServerBuilder<?> serverBuilder = ServerBuilder.forPort(0);
  protected final Channel channel;

  protected DocsPrelude(String address, String namespace) {
    this.address = address;
    this.namespace = namespace;
    quoin = connect();
    channel = quoin.channel();
  }

  /** Sends mail, once for each id. */
  protected interface Mail {
    byte[] send(String id, String to, String text);
  }

  /** The block. */
  public abstract void run() throws Exception;

  protected final Quoin connect() {
    return Quoin.builder()
        .address(address)
        .namespace(namespace)
        .deadline(Duration.ofSeconds(20))
        .build();
  }

  @Override
  public final void close() {
    NameResolverRegistry resolvers = NameResolverRegistry.getDefaultRegistry();
    Optional.ofNullable(resolvers.getProviderForScheme("quoin")).ifPresent(resolvers::deregister);
    quoin.close();
  }

  protected void writeReport(long fence) {}

  protected void stop() {}

  protected void lead() {}

  protected void serve() {}

  protected void upload() {}

  protected void subscribe() {}

  protected void search() {}

  protected void reconnect(Configuration changed) {}

  protected void tryLater(Duration time) {}

  protected void saveForNextTime(String cursor) {}

  protected void callApi(Channel api) {}

  protected String userOf(Metadata headers) {
    return "kim";
  }
}
