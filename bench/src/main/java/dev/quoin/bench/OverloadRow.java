// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.rpc.Status;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.ListRequest;
import dev.quoin.config.v1.ListResponse;
import dev.quoin.config.v1.SetRequest;
import io.grpc.ManagedChannel;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Callers that each read a megabyte of configuration again and again; who is refused waits as long
 * as the server says. A second row with five times as many callers shows what overload costs.
 */
record OverloadRow(String name, int inFlight) implements Row {
  private static final int TYPES = 16;
  private static final int COMPONENTS = 16;
  private static final int COMPONENT_BYTES = 60_000;
  private static final int CONNECTIONS = 16;

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    ManagedChannel[] channels = new ManagedChannel[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
      channels[i] = GrpcWorkload.connect(testbed);
    }
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    try {
      fill(channels[0]);
      long begin = System.nanoTime() + TimeUnit.SECONDS.toNanos(options.warmUp());
      long end = begin + TimeUnit.SECONDS.toNanos(options.duration());
      List<Caller> callers = new ArrayList<>();
      for (int i = 0; i < inFlight; i++) {
        callers.add(new Caller(channels[i % CONNECTIONS], i, timer, begin, end));
      }
      callers.forEach(Caller::next);
      TimeUnit.NANOSECONDS.sleep(end - System.nanoTime());
      return new Measurement(values(callers, options.duration()));
    } finally {
      timer.shutdownNow();
      for (ManagedChannel channel : channels) {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      }
    }
  }

  private static Map<String, Double> values(List<Caller> callers, int seconds) {
    Latencies served = new Latencies();
    Latencies refused = new Latencies();
    for (Caller caller : callers) {
      synchronized (caller) {
        served.add(caller.served);
        refused.add(caller.refused);
      }
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(Measurement.GOODPUT, served.count() / (double) seconds);
    values.put(Measurement.REFUSED, refused.count() / (double) seconds);
    values.put(Measurement.SERVED_P99, served.micros(0.99));
    values.put(Measurement.REFUSED_LONGEST, refused.count() == 0 ? 0 : refused.micros(1));
    return values;
  }

  private static void fill(ManagedChannel channel) {
    Struct value =
        Struct.newBuilder()
            .putFields(
                "text", Value.newBuilder().setStringValue("x".repeat(COMPONENT_BYTES)).build())
            .build();
    for (int type = 0; type < TYPES; type++) {
      for (int component = 0; component < COMPONENTS; component++) {
        ConfigGrpc.newBlockingStub(channel)
            .set(
                SetRequest.newBuilder()
                    .setType("large-" + type)
                    .setComponent("component-" + component)
                    .setValue(value)
                    .build());
      }
    }
  }

  private static final class Caller implements StreamObserver<ListResponse> {
    final Latencies served = new Latencies();
    final Latencies refused = new Latencies();
    private final ConfigGrpc.ConfigStub config;
    private final ListRequest request;
    private final ScheduledExecutorService timer;
    private final long begin;
    private final long end;
    private long started;

    Caller(
        ManagedChannel channel, int number, ScheduledExecutorService timer, long begin, long end) {
      this.config = ConfigGrpc.newStub(channel);
      // Few ask for the same, which would be read once for all of them.
      this.request =
          ListRequest.newBuilder()
              .setType("large-" + number % TYPES)
              .setPageSize(COMPONENTS + 1 + number / TYPES)
              .build();
      this.timer = timer;
      this.begin = begin;
      this.end = end;
    }

    void next() {
      started = System.nanoTime();
      config.list(request, this);
    }

    @Override
    public void onNext(ListResponse response) {}

    @Override
    public void onError(Throwable failure) {
      note(refused);
      Status status = StatusProto.fromThrowable(failure);
      if (!timer.isShutdown() && status != null) {
        timer.schedule(this::next, GrpcWorkload.retryMillis(status), TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void onCompleted() {
      note(served);
      if (System.nanoTime() - end < 0) {
        next();
      }
    }

    private synchronized void note(Latencies latencies) {
      long now = System.nanoTime();
      if (now - begin >= 0 && now - end < 0) {
        latencies.record(now - started);
      }
    }
  }
}
