// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.quoin.server.access.Tokens;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What it costs a server to find out who calls: CPU time of its process for an Acquire, by the way
 * in which callers say who they are. Every way has a server of its own, and they are loaded in
 * turns, so that what else the machine does weighs on all of them alike.
 *
 * <p>{@code java -cp bench/target/quoin-bench.jar dev.quoin.bench.IdentityCost [rounds [calls]]}
 */
final class IdentityCost {
  static final Pattern SERVES = Pattern.compile(" serves 127\\.0\\.0\\.1:(\\d+)");
  private static final Path JAR = Path.of("server/target/quoin.jar");
  private static final String PASSWORD = "for the benchmark only";
  private static final int IN_FLIGHT = 64;
  private static final int CONNECTIONS = 4;
  private static final int WARM_UP = 5;

  /** More than a server remembers, so that each of them has to be checked whenever it comes. */
  private static final int MANY = 12_000;

  private final Path folder;
  private final int rounds;
  private final int calls;
  private final List<Way> ways = new ArrayList<>();

  private IdentityCost(Path folder, int rounds, int calls) {
    this.folder = folder;
    this.rounds = rounds;
    this.calls = calls;
  }

  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    int calls = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20_000;
    new IdentityCost(Files.createTempDirectory("quoin-identity"), rounds, calls).run();
    System.exit(0);
  }

  private void run() throws Exception {
    String token = Tokens.random();
    Path tokens =
        write(
            "tokens.yaml",
            "tokens: [{principal: bench, digest: '%s'}]".formatted(Tokens.digest(token)));
    Path policy =
        write(
            "policy.yaml",
            """
            roles: {worker: [{quoin.locks.v1.Locks: write}]}
            bindings: [{role: worker, principals: [bench, localhost], namespaces: ['*']}]
            """);
    ECKey key = new ECKeyGenerator(Curve.P_256).keyID("one").generate();
    Path keys = write("keys.json", new JWKSet(key).toString());
    String[] jwt = {
      "--jwt-keys", keys.toString(), "--jwt-issuer", "bench", "--jwt-audience", "quoin"
    };
    String[] jwts = signed(JWSAlgorithm.ES256, new ECDSASigner(key));
    RSAKey rsa = new RSAKeyGenerator(2_048).keyID("one").generate();
    Path rsaKeys = write("rsa.json", new JWKSet(rsa).toString());
    String[] rsaJwts = signed(JWSAlgorithm.RS256, new RSASSASigner(rsa));
    String[] rsaFlags = {
      "--jwt-keys", rsaKeys.toString(), "--jwt-issuer", "bench", "--jwt-audience", "quoin"
    };
    Path certificate = folder.resolve("certificate.pem");
    Path privateKey = folder.resolve("key.pem");
    makeCertificate(certificate, privateKey);
    String[] tls = {
      "--tls-certificate", certificate.toString(), "--tls-key", privateKey.toString()
    };
    ChannelCredentials plain = InsecureChannelCredentials.create();
    ChannelCredentials trusting =
        TlsChannelCredentials.newBuilder().trustManager(certificate.toFile()).build();
    ChannelCredentials showing =
        TlsChannelCredentials.newBuilder()
            .trustManager(certificate.toFile())
            .keyManager(certificate.toFile(), privateKey.toFile())
            .build();
    AtomicInteger next = new AtomicInteger();
    add("nobody asks", plain, null);
    add("token", plain, () -> token, "--tokens", tokens.toString());
    add(
        "token, policy",
        plain,
        () -> token,
        "--tokens",
        tokens.toString(),
        "--policy",
        policy.toString());
    add("JWT, the same again", plain, () -> jwts[0], jwt);
    add(
        "JWT, another each call (ES256)",
        plain,
        () -> jwts[Math.floorMod(next.getAndIncrement(), MANY)],
        jwt);
    add(
        "JWT, another each call (RS256)",
        plain,
        () -> rsaJwts[Math.floorMod(next.getAndIncrement(), MANY)],
        rsaFlags);
    add("TLS, nobody asks", trusting, null, tls);
    add(
        "TLS, client certificate",
        showing,
        null,
        tls[0],
        tls[1],
        tls[2],
        tls[3],
        "--tls-client-authorities",
        certificate.toString());
    ways.forEach(way -> way.load(WARM_UP * calls));
    for (int round = 0; round < rounds; round++) {
      ways.forEach(way -> way.micros.add(way.load(calls)));
    }
    for (Way way : ways) {
      double[] sorted = way.micros.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      System.out.printf(
          Locale.ROOT,
          "| %s | %.1f | %.1f–%.1f |%n",
          way.name,
          sorted[sorted.length / 2],
          sorted[0],
          sorted[sorted.length - 1]);
      way.server.close();
    }
  }

  private void add(
      String name, ChannelCredentials credentials, Supplier<String> token, String... flags)
      throws InterruptedException {
    int number = ways.size();
    List<String> command =
        new ArrayList<>(
            List.of(
                "java",
                "-Xmx256m",
                "-jar",
                JAR.toString(),
                "serve",
                "--port",
                "0",
                "--metrics-port",
                "0",
                "--http-port",
                "0",
                "--redis-timeout",
                "10s",
                "--data",
                folder.resolve("data-" + number).toString()));
    command.addAll(Arrays.asList(flags));
    Child server = Child.start(folder, "server-" + number, command);
    int port =
        server.await(
            log -> {
              Matcher serves = SERVES.matcher(log);
              return serves.find() ? Integer.valueOf(serves.group(1)) : null;
            });
    ways.add(
        new Way(
            name,
            server,
            i ->
                NettyChannelBuilder.forAddress("127.0.0.1", port, credentials)
                    .overrideAuthority("localhost")
                    .directExecutor()
                    .build(),
            token));
  }

  /** One way to say who calls, with its server. */
  private static final class Way {
    final String name;
    final Child server;
    final List<Double> micros = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final List<Channel> callers = new ArrayList<>();

    Way(String name, Child server, IntFunction<ManagedChannel> connect, Supplier<String> token) {
      this.name = name;
      this.server = server;
      for (int i = 0; i < CONNECTIONS; i++) {
        channels.add(connect.apply(i));
        callers.add(
            token == null
                ? channels.get(i)
                : ClientInterceptors.intercept(channels.get(i), bearer(token)));
      }
    }

    /** Makes so many calls; the CPU time of one in microseconds. */
    double load(int calls) {
      AtomicInteger left = new AtomicInteger(calls - IN_FLIGHT);
      CountDownLatch running = new CountDownLatch(IN_FLIGHT);
      double before = cpuMicros();
      for (int i = 0; i < IN_FLIGHT; i++) {
        Operation acquire = QuoinOperations.acquire(callers.get(i % CONNECTIONS), i);
        acquire.start(
            new Operation.Done() {
              @Override
              public void ok() {
                if (left.getAndDecrement() > 0) {
                  acquire.start(this);
                } else {
                  running.countDown();
                }
              }

              @Override
              public void failed(Throwable failure) {
                failure.printStackTrace();
                System.exit(1);
              }
            });
      }
      try {
        running.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return (cpuMicros() - before) / calls;
    }

    private double cpuMicros() {
      return server.process().info().totalCpuDuration().orElseThrow().toNanos() / 1e3;
    }
  }

  private static ClientInterceptor bearer(Supplier<String> token) {
    Metadata.Key<String> key = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
          @Override
          public void start(Listener<R> listener, Metadata headers) {
            headers.put(key, "Bearer " + token.get());
            super.start(listener, headers);
          }
        };
      }
    };
  }

  private static String[] signed(JWSAlgorithm algorithm, JWSSigner signer) throws JOSEException {
    String[] jwts = new String[MANY];
    for (int i = 0; i < MANY; i++) {
      jwts[i] = signed(algorithm, signer, i);
    }
    return jwts;
  }

  static String signed(JWSAlgorithm algorithm, JWSSigner signer, int number) throws JOSEException {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(algorithm).keyID("one").build(),
            new JWTClaimsSet.Builder()
                .issuer("bench")
                .audience("quoin")
                .subject("user-" + number)
                .expirationTime(new Date(System.currentTimeMillis() + 3_600_000))
                .build());
    jwt.sign(signer);
    return jwt.serialize();
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private void makeCertificate(Path certificate, Path key) throws Exception {
    Path store = folder.resolve("store.p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    new ProcessBuilder(
            keytool,
            "-genkeypair",
            "-keyalg",
            "EC",
            "-alias",
            "quoin",
            "-dname",
            "CN=localhost",
            "-ext",
            "san=dns:localhost",
            "-keystore",
            store.toString(),
            "-storepass",
            PASSWORD)
        .inheritIO()
        .start()
        .waitFor();
    KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
    Files.writeString(certificate, pem("CERTIFICATE", keys.getCertificate("quoin").getEncoded()));
    Files.writeString(
        key, pem("PRIVATE KEY", keys.getKey("quoin", PASSWORD.toCharArray()).getEncoded()));
  }

  private static String pem(String kind, byte[] bytes) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, text, kind);
  }
}
