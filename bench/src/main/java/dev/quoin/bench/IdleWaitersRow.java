// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Duration;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** What it costs Redis that callers wait for a lock which stays held. */
record IdleWaitersRow(String name, int inFlight) implements Row {
  private static final Duration LONG = Duration.newBuilder().setSeconds(600).build();
  private static final int SECONDS = 10;
  private static final int JOIN_SECONDS = 30;
  private static final Pattern PROCESSED = Pattern.compile("total_commands_processed:(\\d+)");

  /** Commands that scripts do not send here: what comes from the server itself. */
  private static final Pattern FROM_SERVER =
      Pattern.compile("cmdstat_(?:evalsha|eval|ping):calls=(\\d+)");

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    try {
      AcquireRequest request =
          AcquireRequest.newBuilder().setName(name).setLease(LONG).setWait(LONG).build();
      LocksGrpc.newBlockingStub(channel).acquire(request);
      for (int i = 0; i < inFlight; i++) {
        LocksGrpc.newStub(channel).acquire(request, ignored());
      }
      awaitLine(channel);
      return observe(testbed);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  @Override
  public boolean usesServer() {
    return true;
  }

  private void awaitLine(ManagedChannel channel) throws InterruptedException {
    GetRequest request = GetRequest.newBuilder().setName(name).build();
    for (int second = 0; second < JOIN_SECONDS; second++) {
      TimeUnit.SECONDS.sleep(1);
      if (LocksGrpc.newBlockingStub(channel).get(request).getWaiterCount() == inFlight) {
        return;
      }
    }
    throw new IllegalStateException("not all callers stand in line after 30 s");
  }

  private static Measurement observe(Testbed testbed) throws InterruptedException {
    String before = testbed.redisInfo("all");
    CpuTimes cpuBefore = testbed.cpuTimes();
    TimeUnit.SECONDS.sleep(SECONDS);
    CpuTimes cpu = testbed.cpuTimes().since(cpuBefore);
    String after = testbed.redisInfo("all");
    Map<String, Double> values = new LinkedHashMap<>();
    // One command in between is the first look itself.
    double all = count(PROCESSED, after) - count(PROCESSED, before) - 1;
    double fromServer = count(FROM_SERVER, after) - count(FROM_SERVER, before);
    values.put(Measurement.CLIENT_COMMANDS, fromServer / SECONDS);
    values.put(Measurement.REDIS_COMMANDS, all / SECONDS);
    values.put(Measurement.OTHERS_CORES, cpu.others() / SECONDS);
    return new Measurement(values);
  }

  private static double count(Pattern pattern, String info) {
    return pattern.matcher(info).results().mapToLong(r -> Long.parseLong(r.group(1))).sum();
  }

  /** The answers come when the benchmark cancels the calls. */
  private static StreamObserver<AcquireResponse> ignored() {
    return new StreamObserver<>() {
      @Override
      public void onNext(AcquireResponse response) {}

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {}
    };
  }
}
