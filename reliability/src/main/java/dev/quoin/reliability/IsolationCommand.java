// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.server.Services;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Calls every RPC where it must not see, change or use what there is. */
@Command(name = "isolation", mixinStandardHelpOptions = true)
final class IsolationCommand implements Callable<Integer> {
  @Option(names = "--server-jar", defaultValue = "server/target/quoin.jar")
  private Path jar;

  @Option(names = "--seed", description = "Chosen by the clock when absent.")
  private Long seed;

  @Override
  public Integer call() throws Exception {
    long seed = Objects.requireNonNullElseGet(this.seed, System::nanoTime);
    System.out.printf("isolation: SEED=%d%n", seed);
    Path folder = Files.createTempDirectory("quoin-isolation");
    Path quotas = Files.writeString(folder.resolve("quotas.yaml"), QuotaCheck.QUOTAS);
    Findings findings = new Findings();
    try (RedisServer redis = RedisServer.start(folder);
        QuoinServer server =
            QuoinServer.start(
                jar,
                folder.resolve("server.log"),
                "redis://127.0.0.1:" + redis.proxyPort(),
                "--quotas",
                quotas.toString())) {
      check(redis, server, new Random(seed), findings);
    } finally {
      Folders.delete(folder);
    }
    findings.counts().forEach((what, times) -> findings.say(times + " " + what));
    System.out.printf("isolation: %d findings%n", findings.total());
    return findings.total() == 0 ? 0 : 1;
  }

  private static void check(RedisServer redis, QuoinServer server, Random random, Findings findings)
      throws Exception {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.proxyPort())
            .usePlaintext()
            .maxInboundMessageSize(Integer.MAX_VALUE)
            .build();
    try {
      RawCalls calls = new RawCalls(channel);
      new NamespaceCheck(redis, calls, random, findings).run();
      new SizeCheck(calls, random, findings).run();
      new QuotaCheck(calls, random, findings).run();
      if (!server.isAlive()) {
        findings.broken("the server ended");
      }
    } finally {
      channel.shutdownNow();
    }
  }

  /** Every RPC of every service. */
  static List<? extends MethodDescriptor<?, ?>> rpcs() {
    return Services.ALL.stream()
        .flatMap(service -> service.contract().getMethods().stream())
        .toList();
  }
}
