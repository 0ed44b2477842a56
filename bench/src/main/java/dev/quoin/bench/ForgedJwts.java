// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.LocksGrpc;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;

/**
 * What a caller with a known JWT notices of others who send forged ones, signed with ES256: the
 * time that its calls take, one after the other, without and with them.
 *
 * <p>{@code java -cp bench/target/quoin-bench.jar dev.quoin.bench.ForgedJwts [calls [jar]]}
 */
final class ForgedJwts {
  private static final int IN_FLIGHT = 32;
  private static final int CONNECTIONS = 5;
  private static final int FORGED = 1_000;
  private static final int WARM_UP = 5_000;
  private static final GetRequest GET = GetRequest.newBuilder().setName("a").build();

  private final int port;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();
  private final ManagedChannel[] channels = new ManagedChannel[CONNECTIONS];
  private int made;

  private ForgedJwts(int port) {
    this.port = port;
  }

  public static void main(String[] arguments) throws Exception {
    int calls = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3_000;
    Path jar = Path.of(arguments.length > 1 ? arguments[1] : "server/target/quoin.jar");
    Path folder = Files.createTempDirectory("quoin-forged");
    ECKey key = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
    Path keys = Files.writeString(folder.resolve("keys.json"), new JWKSet(key).toString());
    String[] flags = {
      "--jwt-keys", keys.toString(), "--jwt-issuer", "bench", "--jwt-audience", "quoin"
    };
    List<String> command =
        new ArrayList<>(List.of("java", "-Xmx256m", "-jar", jar.toString(), "serve"));
    command.addAll(List.of("--port", "0", "--metrics-port", "0", "--redis-timeout", "10s"));
    command.addAll(List.of("--data", folder.resolve("data").toString()));
    command.addAll(Arrays.asList(flags));
    Child server = Child.start(folder, "server", command);
    int port =
        server.await(
            log -> {
              Matcher serves = IdentityCost.SERVES.matcher(log);
              return serves.find() ? Integer.valueOf(serves.group(1)) : null;
            });
    new ForgedJwts(port).run(key, calls);
    server.close();
    System.exit(0);
  }

  private void run(ECKey key, int calls) throws JOSEException {
    LocksGrpc.LocksBlockingStub known = LocksGrpc.newBlockingStub(bearer(signed(key, 0)));
    measured(known, WARM_UP);
    print("without forged ones", measured(known, calls));
    ECKey other = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
    List<LocksGrpc.LocksStub> forged = new ArrayList<>();
    for (int i = 0; i < FORGED; i++) {
      forged.add(LocksGrpc.newStub(connect()).withInterceptors(header(signed(other, i))));
    }
    for (int i = 0; i < IN_FLIGHT; i++) {
      send(forged);
    }
    long[] beside = measured(known, calls);
    print("while forged ones come", beside);
    double seconds = Arrays.stream(beside).sum() / 1e9;
    System.out.printf(Locale.ROOT, "forged ones refused: %.0f a second%n", refused.get() / seconds);
  }

  /** One forged call after the other. */
  private void send(List<LocksGrpc.LocksStub> forged) {
    forged
        .get(Math.floorMod(next.getAndIncrement(), FORGED))
        .get(
            GET,
            new StreamObserver<>() {
              @Override
              public void onNext(GetResponse response) {
                throw new IllegalStateException("a forged JWT was taken");
              }

              @Override
              public void onError(Throwable failure) {
                refused.incrementAndGet();
                send(forged);
              }

              @Override
              public void onCompleted() {}
            });
  }

  private static long[] measured(LocksGrpc.LocksBlockingStub stub, int calls) {
    long[] nanos = new long[calls];
    for (int i = 0; i < calls; i++) {
      long begin = System.nanoTime();
      stub.get(GET);
      nanos[i] = System.nanoTime() - begin;
    }
    return nanos;
  }

  private static void print(String what, long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    System.out.printf(
        Locale.ROOT,
        "%s: median %.2f ms, 99 of 100 within %.2f ms%n",
        what,
        sorted[sorted.length / 2] / 1e6,
        sorted[sorted.length * 99 / 100] / 1e6);
  }

  private Channel bearer(String jwt) {
    return ClientInterceptors.intercept(connect(), header(jwt));
  }

  /** All share few connections, and with them event loops. */
  private ManagedChannel connect() {
    int number = made++ % CONNECTIONS;
    if (channels[number] == null) {
      channels[number] =
          NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().directExecutor().build();
    }
    return channels[number];
  }

  private static ClientInterceptor header(String jwt) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + jwt);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private static String signed(ECKey key, int number) throws JOSEException {
    return IdentityCost.signed(JWSAlgorithm.ES256, new ECDSASigner(key), number);
  }
}
