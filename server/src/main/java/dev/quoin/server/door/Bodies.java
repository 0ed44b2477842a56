// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.HttpService;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.SimpleDecoratingHttpService;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the bodies of requests that have begun to arrive and are not complete: the bytes of all
 * together, and the time each takes.
 */
final class Bodies extends SimpleDecoratingHttpService {
  private final AtomicLong bytes;
  private final long most;
  private final Duration longest;

  /**
   * @param bytes what all bodies have now
   */
  Bodies(HttpService delegate, AtomicLong bytes, long most, Duration longest) {
    super(delegate);
    this.bytes = bytes;
    this.most = most;
    this.longest = longest;
  }

  @Override
  public HttpResponse serve(ServiceRequestContext http, HttpRequest request) throws Exception {
    AtomicLong own = new AtomicLong();
    HttpRequest counted =
        request.peekData(
            data -> {
              own.addAndGet(data.length());
              if (bytes.addAndGet(data.length()) > most) {
                throw refusal(
                    ErrorReason.ERROR_REASON_OVERLOADED,
                    "the server keeps as much of unfinished requests as it may, call again");
              }
            });
    http.updateRequest(counted);
    ScheduledFuture<?> alarm =
        http.eventLoop()
            .schedule(
                () ->
                    request.abort(
                        refusal(
                            ErrorReason.ERROR_REASON_REQUEST_INCOMPLETE,
                            "the request did not arrive within " + longest.toMillis() + " ms")),
                longest.toMillis(),
                TimeUnit.MILLISECONDS);
    counted
        .whenComplete()
        .whenComplete(
            (all, failure) -> {
              alarm.cancel(false);
              bytes.addAndGet(-own.getAndSet(0));
            });
    return unwrap().serve(http, counted);
  }

  private static RuntimeException refusal(ErrorReason reason, String text) {
    return ErrorMapper.status(new ApiException(reason, text), "");
  }
}
