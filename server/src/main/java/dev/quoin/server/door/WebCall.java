// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.google.protobuf.Message;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.netty.channel.EventLoop;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A call that came by HTTP, as gRPC's services know calls. Everything happens on the event loop of
 * its connection; what others send is handed over to it in order.
 */
final class WebCall extends ServerCall<Object, Object> {
  /** As much unread as gRPC itself calls ready. */
  private static final int READY_BYTES = 32 * 1024;

  private static final Metadata.Key<String> REQUEST_ID =
      Metadata.Key.of("quoin-request-id", Metadata.ASCII_STRING_MARSHALLER);

  private final MethodDescriptor<Object, Object> method;
  private final Attributes connection;
  private final Form form;
  private final EventLoop loop;
  private final HttpResponseWriter response = HttpResponse.streaming();

  /** Bytes that were sent and not taken by the connection. */
  private final AtomicLong unread = new AtomicLong();

  private final Queue<Runnable> steps = new ConcurrentLinkedQueue<>();
  private boolean running;
  private Listener<Object> listener = new Listener<>() {};
  private Message only;
  private boolean begun;
  private volatile boolean closed;
  private volatile boolean cancelled;
  private boolean ended;

  WebCall(
      MethodDescriptor<Object, Object> method, Attributes connection, Form form, EventLoop loop) {
    this.method = method;
    this.connection = connection;
    this.form = form;
    this.loop = loop;
  }

  HttpResponse response() {
    return response;
  }

  /** Tells the service of the call from now on. */
  void serveWith(Listener<Object> known) {
    listener = known;
    response.whenComplete().whenComplete((sent, failure) -> run(() -> end(failure == null)));
    if (!closed) {
      listener.onReady();
    }
  }

  /** The connection has been closed; Armeria tells that a second later when it is HTTP/1. */
  void breakOff() {
    run(() -> end(false));
  }

  boolean isClosed() {
    return closed;
  }

  /** All of the request has come. */
  void receive(Object request) {
    if (!closed) {
      listener.onMessage(request);
      listener.onHalfClose();
    }
  }

  /**
   * Ends the call for another reason than its service has: the service hears of it as of a
   * cancellation.
   */
  void breakOff(Status status, Metadata trailers) {
    run(
        () -> {
          if (!closed) {
            cancelled = true;
            finish(status, trailers);
            end(false);
          }
        });
  }

  @Override
  public void request(int count) {
    // There is one, and it comes as soon as it is there.
  }

  @Override
  public void sendHeaders(Metadata headers) {
    // The services send none; what HTTP needs goes with the first message, or the end.
  }

  @Override
  public void sendMessage(Object message) {
    if (!form.isWeb()) {
      run(() -> only = (Message) message);
      return;
    }
    byte[] content =
        form.hasJsonMessages()
            ? JsonMessages.write((Message) message)
            : ((Message) message).toByteArray();
    byte[] frame = Frames.ofMessage(content, form == Form.WEB_TEXT);
    unread.addAndGet(frame.length);
    run(() -> write(frame));
  }

  @Override
  public void close(Status status, Metadata trailers) {
    run(
        () -> {
          if (!closed) {
            finish(status, trailers);
          }
        });
  }

  private void finish(Status status, Metadata trailers) {
    closed = true;
    try {
      write(status, trailers);
      response.close();
    } catch (RuntimeException e) {
      response.close(e);
    }
  }

  @Override
  public boolean isReady() {
    return !closed && unread.get() < READY_BYTES;
  }

  @Override
  public boolean isCancelled() {
    return cancelled;
  }

  @Override
  public Attributes getAttributes() {
    return connection;
  }

  @Override
  public MethodDescriptor<Object, Object> getMethodDescriptor() {
    return method;
  }

  /** What others have sent before comes first, even if the loop itself sends now. */
  private void run(Runnable step) {
    steps.add(step);
    if (loop.inEventLoop()) {
      runAll();
    } else {
      loop.execute(this::runAll);
    }
  }

  private void runAll() {
    if (running) {
      return;
    }
    running = true;
    try {
      for (Runnable next = steps.poll(); next != null; next = steps.poll()) {
        next.run();
      }
    } finally {
      running = false;
    }
  }

  private void write(byte[] frame) {
    if (closed) {
      return;
    }
    begin();
    if (response.tryWrite(HttpData.wrap(frame))) {
      response.whenConsumed().thenRun(() -> run(() -> taken(frame.length)));
    }
  }

  private void taken(int bytes) {
    long before = unread.getAndAdd(-bytes);
    if (!closed && before >= READY_BYTES && before - bytes < READY_BYTES) {
      listener.onReady();
    }
  }

  private void begin() {
    if (!begun) {
      begun = true;
      response.tryWrite(
          ResponseHeaders.builder(HttpStatus.OK).contentType(form.contentType()).build());
    }
  }

  private void write(Status status, Metadata trailers) {
    if (form.isWeb()) {
      begin();
      response.tryWrite(HttpData.wrap(Frames.ofTrailers(status, trailers, form == Form.WEB_TEXT)));
    } else if (status.isOk()) {
      answer(HttpStatus.OK, HttpData.wrap(JsonMessages.write(only)));
    } else {
      refuse(status, trailers);
    }
  }

  private void answer(HttpStatus status, HttpData content) {
    response.tryWrite(
        ResponseHeaders.builder(status)
            .contentType(MediaType.JSON_UTF_8)
            .contentLength(content.length())
            .build());
    response.tryWrite(content);
  }

  private void refuse(Status status, Metadata trailers) {
    AggregatedHttpResponse refusal = Replies.of(Replies.status(status, trailers));
    ResponseHeadersBuilder headers = refusal.headers().toBuilder();
    String id = trailers.get(REQUEST_ID);
    if (id != null) {
      headers.set(REQUEST_ID.name(), id);
    }
    headers.remove(HttpHeaderNames.CACHE_CONTROL);
    response.tryWrite(headers.build());
    response.tryWrite(refusal.content());
  }

  /** The connection has taken all of the response, or never will. */
  private void end(boolean isWhole) {
    if (ended) {
      return;
    }
    ended = true;
    if (isWhole && !cancelled) {
      listener.onComplete();
    } else {
      closed = true;
      cancelled = true;
      listener.onCancel();
    }
  }
}
