// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.channels.ClosedChannelException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The servers as clients see them: one is as good as any other. */
final class Servers implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 90;
  private static final long PAUSE_MILLIS = 100;
  private static final Set<Code> TRANSIENT =
      EnumSet.of(
          Code.UNAVAILABLE,
          Code.DEADLINE_EXCEEDED,
          Code.CANCELLED,
          Code.ABORTED,
          Code.RESOURCE_EXHAUSTED);

  private final List<ManagedChannel> channels;
  private final Findings findings;

  Servers(List<QuoinServer> servers, Findings findings) {
    this.findings = findings;
    channels =
        servers.stream()
            .map(
                server ->
                    NettyChannelBuilder.forAddress("127.0.0.1", server.proxyPort())
                        .usePlaintext()
                        .build())
            .toList();
  }

  Channel any(Random random) {
    return channels.get(random.nextInt(channels.size()));
  }

  /**
   * Calls once.
   *
   * @return the answer, or nothing when it is not known what the call did
   */
  <T> Optional<T> once(Random random, Function<Channel, T> call) {
    try {
      T answer = call.apply(any(random));
      findings.count("calls answered");
      return Optional.of(answer);
    } catch (StatusRuntimeException e) {
      if (!isTransient(e)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /**
   * Calls until there is an answer, at whatever server: for calls that are safe to repeat.
   *
   * @return the answer, or nothing when there was none for very long
   */
  <T> Optional<T> repeat(Random random, Function<Channel, T> call) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() < end) {
      Optional<T> answer = once(random, call);
      if (answer.isPresent()) {
        return answer;
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
    findings.count("calls given up");
    return Optional.empty();
  }

  /** Whether a call failed as calls do while something is broken; counts it. */
  boolean isTransient(StatusRuntimeException failure) {
    Code code = failure.getStatus().getCode();
    if (TRANSIENT.contains(code) || isOnClosedConnection(failure)) {
      findings.count("calls failed: " + code);
      return true;
    }
    if (code == Code.INTERNAL || code == Code.UNKNOWN) {
      findings.broken("a call ended with %s", failure.getStatus());
    }
    return false;
  }

  /** What gRPC for Java makes of a connection that broke before it knows why. */
  private static boolean isOnClosedConnection(StatusRuntimeException failure) {
    return failure.getStatus().getCode() == Code.UNKNOWN
        && failure.getStatus().getCause() instanceof ClosedChannelException;
  }

  /** Says so when a stream ended for another reason than that something is broken. */
  void expectTransient(StatusRuntimeException failure) {
    if (!isTransient(failure)) {
      findings.broken("a stream ended with %s", failure.getStatus());
    }
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
