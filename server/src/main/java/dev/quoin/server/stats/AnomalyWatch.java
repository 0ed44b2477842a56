// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.JsonFormat;
import dev.quoin.server.redis.Channels;
import dev.quoin.server.rpc.Sink;
import dev.quoin.stats.v1.WatchAnomaliesResponse;
import dev.quoin.stats.v1.WatchAnomaliesResponse.Heartbeat;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The anomalies of one kind, for the callers of this server that watch them. */
final class AnomalyWatch implements Channels.Listener {
  private static final Logger LOG = Logger.getLogger(AnomalyWatch.class.getName());
  private static final long PERIOD_MILLIS = 5_000;
  private static final WatchAnomaliesResponse BEAT =
      WatchAnomaliesResponse.newBuilder()
          .setHeartbeat(Heartbeat.newBuilder().setPeriod(Durations.fromMillis(PERIOD_MILLIS)))
          .build();

  private final String channel;
  private final Channels channels;
  private final Timer timer;
  private final Map<Sink<WatchAnomaliesResponse>, Reader> readers = new LinkedHashMap<>();
  private CompletionStage<Void> listening;
  private Timeout next;
  private boolean closed;

  AnomalyWatch(String channel, Channels channels, Timer timer) {
    this.channel = channel;
    this.channels = channels;
    this.timer = timer;
  }

  /** One who watches. */
  private static final class Reader {
    final String context;
    final Sink<WatchAnomaliesResponse> sink;
    boolean begun;
    long missed;

    Reader(String context, Sink<WatchAnomaliesResponse> sink) {
      this.context = context;
      this.sink = sink;
    }

    /** Nothing is told before it is said that all is told from now on. */
    synchronized void begin() {
      begun = true;
      sink.send(BEAT.toBuilder().setMissed(0).build());
    }

    synchronized void tell(WatchAnomaliesResponse message) {
      if (!begun) {
        return;
      }
      if (sink.isReady()) {
        sink.send(message.toBuilder().setMissed(missed).build());
        missed = 0;
      } else if (message.hasAnomaly()) {
        missed++;
      }
    }
  }

  /**
   * @param context the only one that is of interest, empty for all
   */
  synchronized void add(Sink<WatchAnomaliesResponse> sink, String context) {
    readers.put(sink, new Reader(context, sink));
  }

  /** Has a reader told by a heartbeat that anomalies are heard from now on. */
  CompletionStage<Void> begin(Sink<WatchAnomaliesResponse> sink) {
    CompletionStage<Void> heard;
    Reader reader;
    synchronized (this) {
      reader = readers.get(sink);
      if (listening == null) {
        listening = channels.subscribe(channel, this);
        beatLater();
      }
      heard = listening;
    }
    return heard.whenComplete(
        (done, failure) -> {
          if (failure == null && reader != null) {
            reader.begin();
          }
        });
  }

  /** Takes a reader out; tells whether that was the last one. */
  boolean remove(Sink<WatchAnomaliesResponse> sink) {
    synchronized (this) {
      readers.remove(sink);
      if (!readers.isEmpty() || closed) {
        return closed;
      }
      closed = true;
      if (next != null) {
        next.cancel();
      }
    }
    channels.unsubscribe(channel);
    return true;
  }

  @Override
  public void hint(String payload) {
    WatchAnomaliesResponse.Builder message = WatchAnomaliesResponse.newBuilder();
    try {
      JsonFormat.parser().ignoringUnknownFields().merge(payload, message);
    } catch (InvalidProtocolBufferException e) {
      LOG.log(Level.FINE, "an anomaly this version cannot read", e);
      return;
    }
    WatchAnomaliesResponse anomaly = message.build();
    for (Reader reader : snapshot()) {
      if (reader.context.isEmpty() || reader.context.equals(anomaly.getAnomaly().getContext())) {
        reader.tell(anomaly);
      }
    }
  }

  @Override
  public void resubscribed() {}

  private void beat() {
    snapshot().forEach(reader -> reader.tell(BEAT));
    synchronized (this) {
      beatLater();
    }
  }

  private void beatLater() {
    if (!closed) {
      next = timer.newTimeout(t -> beat(), PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private synchronized List<Reader> snapshot() {
    return new ArrayList<>(readers.values());
  }
}
