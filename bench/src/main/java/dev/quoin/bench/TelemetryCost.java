// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.sun.net.httpserver.HttpServer;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.LocksGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What metrics and traces cost a server: CPU time of its process for an Acquire. Every way of
 * telling has a server of its own, all on one Redis, and they are loaded in turns, so that what
 * else the machine does weighs on all of them alike. Traces go to a collector that throws them
 * away.
 *
 * <p>{@code java -cp bench/target/quoin-bench.jar dev.quoin.bench.TelemetryCost [rounds [calls
 * [jar]]]}; the jar is another version to compare with.
 */
final class TelemetryCost {
  private static final Pattern SERVES = Pattern.compile(" serves 127\\.0\\.0\\.1:(\\d+)");
  private static final Path JAR = Path.of("server/target/quoin.jar");
  private static final int IN_FLIGHT = 64;
  private static final int WARM_UP = 6;
  private static final int NAMES = 1_024;

  private TelemetryCost() {}

  /** A way of telling, and its server. */
  private static final class Way implements AutoCloseable {
    final String name;
    final Child server;
    final ManagedChannel channel;
    final double[] micros;

    Way(String name, Path folder, Path jar, String redis, int rounds, String... options)
        throws IOException, InterruptedException {
      this.name = name;
      this.micros = new double[rounds];
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC"));
      Arrays.stream(options).filter(option -> option.startsWith("-D")).forEach(command::add);
      command.addAll(List.of("-jar", jar.toString(), "serve", "--port", "0", "--redis", redis));
      command.addAll(List.of("--allow-volatile-redis", "true"));
      Arrays.stream(options).filter(option -> !option.startsWith("-D")).forEach(command::add);
      if (jar.equals(JAR) && !List.of(options).contains("--http-port")) {
        command.addAll(List.of("--http-port", "0"));
      }
      server = Child.start(folder, "server-" + name.replaceAll("\\W+", "-"), command);
      int port =
          server.await(
              log -> {
                Matcher announcement = SERVES.matcher(log);
                return announcement.find() ? Integer.valueOf(announcement.group(1)) : null;
              });
      channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    /** CPU time of the server for each of so many calls, in microseconds. */
    double load(int calls) throws InterruptedException {
      double before = cpuMicros();
      CountDownLatch open = new CountDownLatch(IN_FLIGHT);
      AtomicInteger left = new AtomicInteger(calls);
      LocksGrpc.LocksStub locks = LocksGrpc.newStub(channel);
      for (int i = 0; i < IN_FLIGHT; i++) {
        new Worker(locks, left, open).next();
      }
      open.await();
      return (cpuMicros() - before) / calls;
    }

    private double cpuMicros() {
      return server.process().info().totalCpuDuration().orElseThrow().toNanos() / 1e3;
    }

    @Override
    public void close() throws Exception {
      channel.shutdownNow();
      server.close();
    }
  }

  /** Makes one call after the other. */
  private record Worker(LocksGrpc.LocksStub locks, AtomicInteger left, CountDownLatch open)
      implements StreamObserver<AcquireResponse> {
    void next() {
      int number = left.getAndDecrement();
      if (number <= 0) {
        open.countDown();
        return;
      }
      locks.acquire(AcquireRequest.newBuilder().setName("n" + number % NAMES).build(), this);
    }

    @Override
    public void onNext(AcquireResponse response) {}

    @Override
    public void onError(Throwable failure) {
      failure.printStackTrace();
      open.countDown();
    }

    @Override
    public void onCompleted() {
      next();
    }
  }

  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 9;
    int calls = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 40_000;
    Path folder = Files.createTempDirectory("quoin-telemetry");
    HttpServer sink = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    sink.createContext(
        "/",
        exchange -> {
          try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, -1);
          }
        });
    sink.start();
    String traces =
        "-Dotel.exporter.otlp.traces.endpoint=http://127.0.0.1:"
            + sink.getAddress().getPort()
            + "/v1/traces";
    String sampler = "-Dotel.traces.sampler=parentbased_traceidratio";
    String ratio = "-Dotel.traces.sampler.arg=";
    int port = Child.freePort();
    String redis = "redis://127.0.0.1:" + port;
    List<Way> ways = new ArrayList<>();
    try (Child process = Child.redis(folder, port)) {
      process.await(log -> log.contains("Ready to accept connections") ? log : null);
      if (arguments.length > 2) {
        Path other = Path.of(arguments[2]);
        ways.add(new Way("the other version", folder, other, redis, rounds, metrics()));
      }
      ways.add(new Way("nothing", folder, JAR, redis, rounds, "--metrics-port", "0"));
      String[] served = {"--metrics-port", "0", "--http-port", Integer.toString(Child.freePort())};
      ways.add(new Way("nothing, HTTP is served, too", folder, JAR, redis, rounds, served));
      ways.add(new Way("metrics", folder, JAR, redis, rounds, metrics()));
      for (String part : List.of("0.01", "1.0")) {
        String[] options = Arrays.copyOf(metrics(), 5);
        options[2] = traces;
        options[3] = sampler;
        options[4] = ratio + part;
        String name = "metrics, traces of %.0f %%".formatted(100 * Double.parseDouble(part));
        ways.add(new Way(name, folder, JAR, redis, rounds, options));
      }
      measure(ways, rounds, calls);
    } finally {
      for (Way way : ways) {
        way.close();
      }
      sink.stop(0);
    }
  }

  private static String[] metrics() throws IOException {
    return new String[] {"--metrics-port", Integer.toString(Child.freePort())};
  }

  private static void measure(List<Way> ways, int rounds, int calls) throws InterruptedException {
    for (int round = -WARM_UP; round < rounds; round++) {
      for (Way way : ways) {
        double micros = way.load(calls);
        if (round >= 0) {
          way.micros[round] = micros;
        }
        System.err.printf(Locale.ROOT, "round %d %s %.1f%n", round, way.name, micros);
      }
    }
    System.out.printf("%d rounds of %,d calls, %d in flight%n%n", rounds, calls, IN_FLIGHT);
    System.out.println("| told | CPU µs a call, median | least | most |\n|---|--:|--:|--:|");
    for (Way way : ways) {
      Arrays.sort(way.micros);
      System.out.printf(
          Locale.ROOT,
          "| %s | %.1f | %.1f | %.1f |%n",
          way.name,
          way.micros[rounds / 2],
          way.micros[0],
          way.micros[rounds - 1]);
    }
  }
}
