// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.SessionProtocol;
import com.linecorp.armeria.common.metric.NoopMeterRegistry;
import com.linecorp.armeria.common.util.TlsEngineType;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.Server;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.cors.CorsService;
import dev.quoin.server.rpc.Connections;
import dev.quoin.server.rpc.ControlFrames;
import dev.quoin.server.settings.Settings;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.BooleanSupplier;

/** The HTTP port, in front of the services. */
public final class Door {
  /** What pages of the server's own may load: their own files, and calls to this server. */
  static final String OWN_PAGES =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src"
          + " 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  /** What all else may, which is no page. */
  private static final String NOTHING = "default-src 'none'; frame-ancestors 'none'";

  /** Armeria's pages make their style sheets as they go. */
  static final String DOCS =
      OWN_PAGES.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'; worker-src 'self'");

  private static final int MOST_HEADER_BYTES = 16 * 1024;
  private static final int MOST_LINE_BYTES = 4 * 1024;
  private static final int RESETS_SECONDS = 10;
  private static final Duration IDLE = Duration.ofMinutes(2);
  private static final int SLOW_THREADS = 2;
  private static final int FRAME_BYTES = 5;

  /** How long a browser may remember what another origin may send. */
  private static final int REMEMBERED_SECONDS = 600;

  private final Server server;
  private final OpenCalls open;
  private final Bodies bodies;

  private Door(Server server, OpenCalls open, Bodies bodies) {
    this.server = server;
    this.open = open;
    this.bodies = bodies;
  }

  /** Has the classes loaded that starting needs, which takes half a second. */
  public static void warmUp() {
    Server.builder()
        .http(0)
        .service("/", (http, request) -> HttpResponse.of(HttpStatus.OK))
        .build();
  }

  /**
   * Begins to listen.
   *
   * @param tls null for none
   * @param loops run everything but the reading of files and of long JSON
   * @param connections bounds connections, together with those of gRPC
   * @param unread keeps account of connections, as it does for those of gRPC
   * @param services what can be called
   * @param isServing whether calls are served now
   */
  public static CompletionStage<Door> start(
      Settings settings,
      DoorTls tls,
      EventLoopGroup loops,
      Connections connections,
      ServerTransportFilter unread,
      List<ServerServiceDefinition> services,
      BooleanSupplier isServing) {
    OpenCalls open = new OpenCalls();
    Errors errors = new Errors(settings.maxRequestBytes());
    ServerBuilder builder = Server.builder();
    limits(builder, settings);
    ControlFrames.Limits limits =
        new ControlFrames.Limits(
            settings.maxControlFrames(), settings.maxResets(), settings.requestTimeout());
    Bodies bodies = new Bodies(settings);
    builder
        .port(
            new InetSocketAddress(settings.host(), settings.httpPort()),
            tls == null ? SessionProtocol.HTTP : SessionProtocol.HTTPS)
        .workerGroup(loops, false)
        .meterRegistry(NoopMeterRegistry.get())
        .blockingTaskExecutor(
            new ScheduledThreadPoolExecutor(
                SLOW_THREADS, new DefaultThreadFactory("quoin-http", true)),
            true)
        .childChannelPipelineCustomizer(pipeline -> accept(connections, limits, pipeline))
        .errorHandler(errors);
    if (tls != null) {
      builder
          .tls(tls.keys())
          .tlsEngineType(TlsEngineType.JDK)
          .tlsCustomizer(context -> tls.clients().accept(context));
    }
    headers(builder);
    Guard guard = new Guard(settings);
    builder.decorator((delegate, http, request) -> guarded(guard, delegate, http, request));
    services(builder, settings, new WebServices(services, new Peers(unread), open, errors, bodies));
    pages(builder, services, isServing);
    Server server = builder.build();
    return server.start().thenApply(started -> new Door(server, open, bodies));
  }

  /** The port it listens on. */
  public int port() {
    return server.activeLocalPort();
  }

  /** Lets no call begin from now on; completes when those that are open have ended. */
  public CompletionStage<Void> drain() {
    CompletionStage<Void> ended = open.drain();
    bodies.drain();
    return ended;
  }

  /** Closes the port and all connections. */
  public CompletionStage<Void> stop() {
    return server.stop();
  }

  private static void limits(ServerBuilder builder, Settings settings) {
    builder
        // A call takes as long as its caller gives it; Bodies bounds what comes before.
        .requestTimeoutMillis(0)
        .maxRequestLength(framed(settings.maxRequestBytes()))
        .http1MaxHeaderSize(MOST_HEADER_BYTES)
        .http1MaxInitialLineLength(MOST_LINE_BYTES)
        .http2MaxHeaderListSize(MOST_HEADER_BYTES)
        .http2MaxStreamsPerConnection(settings.maxCallsPerConnection())
        .http2MaxResetFramesPerWindow(settings.maxResets(), RESETS_SECONDS)
        .idleTimeout(IDLE)
        .requestAutoAbortDelayMillis(0)
        .maxConnectionAge(settings.maxConnectionAge())
        .gracefulShutdownTimeout(Duration.ZERO, Duration.ZERO);
  }

  private static void accept(
      Connections connections, ControlFrames.Limits limits, ChannelPipeline pipeline) {
    if (connections.accepts(pipeline.channel())) {
      Entrance.build(pipeline, limits);
    } else {
      pipeline.channel().close();
    }
  }

  private static void headers(ServerBuilder builder) {
    builder
        .disableServerHeader()
        .setHeader(HttpHeaderNames.X_CONTENT_TYPE_OPTIONS, "nosniff")
        .setHeader(HttpHeaderNames.REFERRER_POLICY, "no-referrer")
        .setHeader(HttpHeaderNames.X_FRAME_OPTIONS, "DENY")
        .setHeader(HttpHeaderNames.CONTENT_SECURITY_POLICY, NOTHING);
  }

  private static HttpResponse guarded(
      Guard guard, HttpService delegate, ServiceRequestContext http, HttpRequest request)
      throws Exception {
    Pipelining.count(http);
    String refusal = guard.refusal(request.headers());
    return refusal == null
        ? delegate.serve(http, request)
        : Replies.of(HttpStatus.FORBIDDEN, refusal).toHttpResponse();
  }

  /** Bytes of a body with a request of so many: in a frame, and in Base64. */
  private static long framed(int requestBytes) {
    return (requestBytes + FRAME_BYTES) * 4L / 3 + 4;
  }

  private static void services(ServerBuilder builder, Settings settings, WebServices services) {
    builder.service(services, service -> crossOrigin(service, settings.httpAllowedOrigins()));
  }

  private static HttpService crossOrigin(HttpService service, List<String> origins) {
    if (origins.isEmpty()) {
      return service;
    }
    return CorsService.builder(origins)
        .allowRequestMethods(HttpMethod.POST)
        .allowRequestHeaders(
            HttpHeaderNames.CONTENT_TYPE,
            HttpHeaderNames.AUTHORIZATION,
            "x-grpc-web",
            "x-user-agent",
            Timeouts.HEADER,
            "quoin-namespace",
            "quoin-request-id",
            "traceparent",
            "tracestate")
        .exposeHeaders("quoin-request-id", HttpHeaderNames.RETRY_AFTER)
        .maxAge(REMEMBERED_SECONDS)
        .build(service);
  }

  private static void pages(
      ServerBuilder builder, List<ServerServiceDefinition> services, BooleanSupplier isServing) {
    builder
        .service("/healthz", readOnly((http, request) -> health(true)))
        .service("/readyz", readOnly((http, request) -> health(isServing.getAsBoolean())))
        .service("/openapi.json", readOnly(new OpenApiPage(services)))
        .serviceUnder("/docs", readOnly(new LazyDocs()));
    if (Pages.exist(Pages.CONSOLE)) {
      builder.serviceUnder("/", new Pages(Pages.CONSOLE));
    } else {
      builder.service("/", (http, request) -> HttpResponse.ofRedirect("/docs/"));
    }
  }

  private static HttpService readOnly(HttpService page) {
    return page.decorate((delegate, http, request) -> read(delegate, http, request));
  }

  private static HttpResponse read(
      HttpService page, ServiceRequestContext http, HttpRequest request) throws Exception {
    if (http.method() == HttpMethod.GET || http.method() == HttpMethod.HEAD) {
      return page.serve(http, request);
    }
    http.setAdditionalResponseHeader(HttpHeaderNames.ALLOW, "GET, HEAD");
    return Replies.of(HttpStatus.METHOD_NOT_ALLOWED, "ask for this by GET").toHttpResponse();
  }

  private static HttpResponse health(boolean isWell) {
    return HttpResponse.of(
        isWell ? HttpStatus.OK : HttpStatus.SERVICE_UNAVAILABLE,
        MediaType.JSON_UTF_8,
        isWell ? "{\"status\":\"SERVING\"}" : "{\"status\":\"NOT_SERVING\"}");
  }
}
