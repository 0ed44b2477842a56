// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.QueryStreamResponse;
import dev.quoin.search.v1.QueryStreamResponse.StreamEnd;
import dev.quoin.search.v1.QueryStreamResponse.StreamedHit;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.Streams;
import dev.quoin.streams.v1.ReconnectReason;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** One QueryStream: finds a batch of hits each time the reader can take more. */
final class HitStream {
  private final Function<String, CompletionStage<Page>> next;
  private final UnaryOperator<String> seal;
  private final ResponseStream<QueryStreamResponse> responses;
  private String position;
  private String cursor;
  private boolean partial;
  private boolean finds;
  private boolean ended;
  private boolean drains;

  /**
   * @param next finds the hits after a position
   * @param seal makes a cursor of a position
   * @param cursor of the request
   * @param position that it means
   */
  HitStream(
      Function<String, CompletionStage<Page>> next,
      UnaryOperator<String> seal,
      String cursor,
      String position,
      Call call,
      ResponseStream<QueryStreamResponse> responses) {
    this.next = next;
    this.seal = seal;
    this.cursor = cursor;
    this.position = position;
    this.responses = responses;
    call.onCancel(this::stop);
    call.onDrain(this::drain);
    responses.onReady(this::find);
  }

  void find() {
    synchronized (this) {
      if (ended || finds || !responses.isReady()) {
        return;
      }
      finds = true;
    }
    next.apply(position).whenComplete(this::take);
  }

  private void take(Page page, Throwable failure) {
    synchronized (this) {
      finds = false;
      if (ended) {
        return;
      }
      if (failure != null) {
        fail(failure);
        return;
      }
      if (!page.failed().isEmpty()) {
        fail(ApiException.storeUnavailable("a partition of the index could not be reached"));
        return;
      }
      partial |= !page.complete();
      for (Page.PlacedHit hit : page.hits()) {
        cursor = seal.apply(hit.position());
        StreamedHit.Builder streamed = StreamedHit.newBuilder().setHit(hit.hit()).setCursor(cursor);
        responses.send(QueryStreamResponse.newBuilder().setStreamedHit(streamed).build());
      }
      position = page.end();
      if (!page.more()) {
        ended = true;
        StreamEnd.Builder end = StreamEnd.newBuilder().setPartial(partial);
        responses.send(QueryStreamResponse.newBuilder().setEndOfHits(end).build());
        responses.complete();
        return;
      }
      if (drains) {
        reconnect();
        return;
      }
    }
    find();
  }

  private void fail(Throwable failure) {
    ended = true;
    responses.fail(failure);
  }

  private synchronized void stop() {
    ended = true;
  }

  private synchronized void drain() {
    drains = true;
    if (!ended && !finds) {
      reconnect();
    }
  }

  private void reconnect() {
    ended = true;
    responses.send(
        QueryStreamResponse.newBuilder()
            .setReconnect(Streams.reconnect(ReconnectReason.RECONNECT_REASON_DRAINING, cursor))
            .build());
    responses.complete();
  }
}
