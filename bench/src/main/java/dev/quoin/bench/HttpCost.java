// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.LocksGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a call costs a server by the way it comes: CPU time of its process for an Acquire by gRPC,
 * by JSON over HTTP/1.1 and HTTP/2, and by gRPC-Web; and what gRPC costs a server that serves no
 * HTTP. All ways are taken in turns, so that what else the machine does weighs on all of them
 * alike.
 *
 * <p>{@code java -cp bench/target/quoin-bench.jar dev.quoin.bench.HttpCost [rounds [calls]]}
 */
final class HttpCost {
  private static final Pattern SERVES = Pattern.compile(" serves 127\\.0\\.0\\.1:(\\d+)");
  private static final String ACQUIRE = "/quoin.locks.v1.Locks/Acquire";
  private static final Path JAR = Path.of("server/target/quoin.jar");
  private static final int IN_FLIGHT = 64;
  private static final int WARM_UP = 4;
  private static final int NAMES = 1_024;

  /** The other server is called in so many ways, and so compiled by as many calls. */
  private static final int WAYS = 5;

  private static final int OK = 200;

  private HttpCost() {}

  /** Makes one call. */
  private interface Caller {
    CompletableFuture<?> call(AcquireRequest request);
  }

  /** A way to call a server. */
  private record Way(String name, Child server, Caller caller, double[] micros) {
    /** CPU time of the server for each of so many calls, in microseconds. */
    double load(int calls) throws InterruptedException {
      double before = cpuMicros();
      CountDownLatch open = new CountDownLatch(IN_FLIGHT);
      AtomicInteger left = new AtomicInteger(calls);
      for (int i = 0; i < IN_FLIGHT; i++) {
        next(left, open);
      }
      open.await();
      return (cpuMicros() - before) / calls;
    }

    private void next(AtomicInteger left, CountDownLatch open) {
      int number = left.getAndDecrement();
      if (number <= 0) {
        open.countDown();
        return;
      }
      caller
          .call(AcquireRequest.newBuilder().setName("n" + number % NAMES).build())
          .whenComplete(
              (answer, failure) -> {
                if (failure == null) {
                  next(left, open);
                } else {
                  failure.printStackTrace();
                  System.exit(1);
                }
              });
    }

    private double cpuMicros() {
      return server.process().info().totalCpuDuration().orElseThrow().toNanos() / 1e3;
    }
  }

  private static Caller grpc(ManagedChannel channel) {
    LocksGrpc.LocksStub locks = LocksGrpc.newStub(channel);
    return request -> {
      CompletableFuture<Void> done = new CompletableFuture<>();
      locks.acquire(
          request,
          new StreamObserver<AcquireResponse>() {
            @Override
            public void onNext(AcquireResponse response) {}

            @Override
            public void onError(Throwable failure) {
              done.completeExceptionally(failure);
            }

            @Override
            public void onCompleted() {
              done.complete(null);
            }
          });
      return done;
    };
  }

  private static Caller json(Version version, int port) {
    return http(version, port, "application/json", HttpCost::json);
  }

  private static byte[] json(AcquireRequest request) {
    try {
      return JsonFormat.printer().print(request).getBytes(StandardCharsets.UTF_8);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] frame(AcquireRequest request) {
    byte[] message = request.toByteArray();
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .array();
  }

  /** Writes a request. */
  private interface Writer {
    byte[] write(AcquireRequest request);
  }

  private static Caller http(Version version, int port, String type, Writer writer) {
    HttpClient client = HttpClient.newBuilder().version(version).build();
    URI address = URI.create("http://127.0.0.1:" + port + ACQUIRE);
    return request ->
        client
            .sendAsync(
                HttpRequest.newBuilder(address)
                    .header("content-type", type)
                    .POST(BodyPublishers.ofByteArray(writer.write(request)))
                    .build(),
                BodyHandlers.ofByteArray())
            .thenAccept(
                answer -> {
                  if (answer.statusCode() != OK || answer.version() != version) {
                    throw new IllegalStateException(answer + " by " + answer.version());
                  }
                });
  }

  private static Child server(Path folder, String redis, int httpPort)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-jar", JAR.toString(), "serve"));
    command.addAll(List.of("--port", "0", "--redis", redis, "--allow-volatile-redis", "true"));
    command.addAll(List.of("--metrics-port", "0", "--http-port", Integer.toString(httpPort)));
    command.addAll(List.of("--redis-timeout", "10s"));
    return Child.start(folder, "server-" + httpPort, command);
  }

  private static ManagedChannel channel(Child server) throws InterruptedException {
    int port =
        server.await(
            log -> {
              Matcher announcement = SERVES.matcher(log);
              return announcement.find() ? Integer.valueOf(announcement.group(1)) : null;
            });
    return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }

  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 9;
    int calls = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20_000;
    Path folder = Files.createTempDirectory("quoin-http");
    int port = Child.freePort();
    String redis = "redis://127.0.0.1:" + port;
    int http = Child.freePort();
    try (Child process = Child.redis(folder, port);
        Child without = server(folder, redis, 0);
        Child with = server(folder, redis, http)) {
      process.await(log -> log.contains("Ready to accept connections") ? log : null);
      List<Way> ways =
          List.of(
              new Way("gRPC, no HTTP port", without, grpc(channel(without)), new double[rounds]),
              new Way("gRPC", with, grpc(channel(with)), new double[rounds]),
              new Way("JSON, HTTP/2", with, json(Version.HTTP_2, http), new double[rounds]),
              new Way("JSON, HTTP/1.1", with, json(Version.HTTP_1_1, http), new double[rounds]),
              new Way(
                  "gRPC-Web, HTTP/2",
                  with,
                  http(Version.HTTP_2, http, "application/grpc-web+proto", HttpCost::frame),
                  new double[rounds]),
              new Way(
                  "gRPC-Web, HTTP/1.1",
                  with,
                  http(Version.HTTP_1_1, http, "application/grpc-web+proto", HttpCost::frame),
                  new double[rounds]));
      for (int round = -WARM_UP; round < rounds; round++) {
        for (Way way : ways) {
          double micros = way.load(round < 0 && way.server() == without ? WAYS * calls : calls);
          if (round >= 0) {
            way.micros()[round] = micros;
          }
          System.err.printf(Locale.ROOT, "round %d %s %.1f%n", round, way.name(), micros);
        }
      }
      show(ways, rounds, calls);
    }
    System.exit(0);
  }

  private static void show(List<Way> ways, int rounds, int calls) {
    System.out.printf("%d rounds of %,d calls, %d in flight%n%n", rounds, calls, IN_FLIGHT);
    System.out.println("| call | CPU µs, median | least | most | of gRPC |");
    System.out.println("|---|--:|--:|--:|--:|");
    ways.forEach(way -> Arrays.sort(way.micros()));
    double grpc = ways.get(1).micros()[rounds / 2];
    for (Way way : ways) {
      double median = way.micros()[rounds / 2];
      System.out.printf(
          Locale.ROOT,
          "| %s | %.1f | %.1f | %.1f | %.2f |%n",
          way.name(),
          median,
          way.micros()[0],
          way.micros()[rounds - 1],
          median / grpc);
    }
  }
}
