// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.Duration;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Sends requests that are made by the rules of the contract to every RPC. */
@Command(name = "fuzz", mixinStandardHelpOptions = true)
final class FuzzCommand implements Callable<Integer> {
  private static final int WORKERS = 16;
  private static final String GUARDED = "guarded";

  @Option(names = "--server-jar", defaultValue = "server/target/quoin.jar")
  private Path jar;

  @Option(names = "--requests", defaultValue = "200000")
  private int requests;

  @Option(names = "--seed", description = "Chosen by the clock when absent.")
  private Long seed;

  @Override
  public Integer call() throws Exception {
    long seed = Objects.requireNonNullElseGet(this.seed, System::nanoTime);
    System.out.printf("fuzz: SEED=%d REQUESTS=%d%n", seed, requests);
    Path folder = Files.createTempDirectory("quoin-fuzz");
    try (RedisServer redis = RedisServer.start(folder);
        QuoinServer server =
            QuoinServer.start(
                jar, folder.resolve("server.log"), "redis://127.0.0.1:" + redis.proxyPort())) {
      return run(server, seed);
    } finally {
      Folders.delete(folder);
    }
  }

  private int run(QuoinServer server, long seed) throws Exception {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.proxyPort())
            .usePlaintext()
            .maxInboundMessageSize(Integer.MAX_VALUE)
            .maxInboundMetadataSize(1 << 20)
            .build();
    ExecutorService threads = Executors.newFixedThreadPool(WORKERS);
    try {
      long fence = acquireGuarded(channel);
      List<FuzzWorker> workers = new ArrayList<>();
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < WORKERS; i++) {
        FuzzWorker worker = new FuzzWorker(new RawCalls(channel), seed, i, requests / WORKERS);
        workers.add(worker);
        running.add(threads.submit(worker));
      }
      for (Future<?> one : running) {
        one.get();
      }
      return report(workers, server.isAlive() && fence == fenceOfGuarded(channel));
    } finally {
      threads.shutdownNow();
      channel.shutdownNow();
    }
  }

  /** A lock that everybody else leaves alone must be held by the same holder at the end. */
  private static long acquireGuarded(ManagedChannel channel) {
    AcquireResponse grant =
        LocksGrpc.newBlockingStub(channel)
            .acquire(
                AcquireRequest.newBuilder()
                    .setName(GUARDED)
                    .setLease(Duration.newBuilder().setSeconds(86_400))
                    .build());
    return grant.getFence();
  }

  private static long fenceOfGuarded(ManagedChannel channel) {
    return LocksGrpc.newBlockingStub(channel)
        .get(GetRequest.newBuilder().setName(GUARDED).build())
        .getFence();
  }

  private static int report(List<FuzzWorker> workers, boolean isWell) {
    Map<String, Integer> ends = new TreeMap<>();
    int failures = 0;
    for (FuzzWorker worker : workers) {
      worker.ends().forEach((end, times) -> ends.merge(end, times, Integer::sum));
      failures += worker.failures();
    }
    System.out.println("fuzz: " + ends);
    if (!isWell) {
      System.out.println("fuzz: the server ended, or the lock it kept was lost");
    }
    System.out.printf("fuzz: %d failures%n", failures);
    return failures == 0 && isWell ? 0 : 1;
  }
}
