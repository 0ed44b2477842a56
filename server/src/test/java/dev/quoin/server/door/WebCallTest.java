// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import dev.quoin.locks.v1.GetRequest;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** A call whose service sends from several threads. */
final class WebCallTest {
  private static final EventLoop LOOP = new DefaultEventLoop();

  @AfterAll
  static void stop() {
    LOOP.shutdownGracefully();
  }

  private static GetRequest message(String name) {
    return GetRequest.newBuilder().setName(name).build();
  }

  private static WebCall call(Form form) {
    return new WebCall(null, Attributes.EMPTY, form, LOOP);
  }

  @Test
  void messagesKeepTheirOrderWhereverTheyAreSent() throws Exception {
    WebCall call = call(Form.WEB_JSON);
    CompletableFuture<AggregatedHttpResponse> answer = call.response().aggregate();

    LOOP.submit(
            () -> {
              // The loop is busy: what another thread sends now has to wait for it.
              Thread other = new Thread(() -> call.sendMessage(message("first")));
              other.start();
              other.join();
              call.sendMessage(message("second"));
              call.close(Status.OK, new Metadata());
              return null;
            })
        .get(20, TimeUnit.SECONDS);

    String sent = answer.get(20, TimeUnit.SECONDS).contentUtf8();
    assertThat(sent).containsSubsequence("first", "second", "grpc-status: 0");
  }

  @Test
  void listenerHearsOfOneEndOnly() throws Exception {
    List<String> heard = new ArrayList<>();
    WebCall call = call(Form.JSON);
    ServerCall.Listener<Object> listener =
        new ServerCall.Listener<>() {
          @Override
          public void onComplete() {
            heard.add("complete");
          }

          @Override
          public void onCancel() {
            heard.add("cancel");
          }
        };
    LOOP.submit(() -> call.serveWith(listener)).get(20, TimeUnit.SECONDS);
    CompletableFuture<AggregatedHttpResponse> answer = call.response().aggregate();

    call.breakOff(Status.DEADLINE_EXCEEDED, new Metadata());
    call.close(Status.OK, new Metadata());

    assertThat(answer.get(20, TimeUnit.SECONDS).status().code()).isEqualTo(504);
    LOOP.submit(() -> {}).get(20, TimeUnit.SECONDS);
    assertThat(heard).containsExactly("cancel");
    assertThat(call.isCancelled()).isTrue();
    assertThat(call.isReady()).isFalse();
  }
}
