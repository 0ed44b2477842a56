// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.util.Durations;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Workers that call the Quoin server, sharing a few connections. */
final class GrpcWorkload implements Workload {
  private static final int CONNECTIONS = 4;

  private final List<ManagedChannel> channels;
  private final BiFunction<Channel, Integer, Operation> operations;

  private GrpcWorkload(
      List<ManagedChannel> channels, BiFunction<Channel, Integer, Operation> operations) {
    this.channels = channels;
    this.operations = operations;
  }

  /**
   * @param operations makes the operation of a worker
   */
  static Workload.Factory of(BiFunction<Channel, Integer, Operation> operations) {
    return (testbed, workers) ->
        new GrpcWorkload(
            Stream.generate(() -> connect(testbed)).limit(Math.min(workers, CONNECTIONS)).toList(),
            operations);
  }

  static ManagedChannel connect(Testbed testbed) {
    return NettyChannelBuilder.forAddress("127.0.0.1", testbed.serverPort())
        .usePlaintext()
        .directExecutor()
        .build();
  }

  @Override
  public Operation worker(int index) {
    return operations.apply(channels.get(index % channels.size()), index);
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    try {
      for (ManagedChannel channel : channels) {
        channel.awaitTermination(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How long to wait before a call is made again, 100 ms when the server does not say. */
  static long retryMillis(com.google.rpc.Status refused) {
    for (com.google.protobuf.Any detail : refused.getDetailsList()) {
      if (detail.is(com.google.rpc.RetryInfo.class)) {
        try {
          return Durations.toMillis(detail.unpack(com.google.rpc.RetryInfo.class).getRetryDelay());
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
          throw new IllegalStateException(e);
        }
      }
    }
    return 100;
  }

  /** Takes the one response of a call. */
  static <R> StreamObserver<R> answer(Operation.Done done, Consumer<R> taker) {
    return new StreamObserver<>() {
      private R response;

      @Override
      public void onNext(R message) {
        response = message;
      }

      @Override
      public void onError(Throwable failure) {
        done.failed(failure);
      }

      @Override
      public void onCompleted() {
        taker.accept(response);
      }
    };
  }
}
