// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.CountersGrpc.CountersBlockingStub;
import dev.quoin.counters.v1.GetRequest;
import dev.quoin.counters.v1.IncrementBatchRequest;
import dev.quoin.counters.v1.IncrementBatchRequest.Increment;
import dev.quoin.counters.v1.IncrementBatchResponse;
import dev.quoin.counters.v1.Sample;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class IncrementBatchTest {
  private static final long DAY = 86_400;

  private final CountersBlockingStub counters =
      CountersGrpc.newBlockingStub(TestServer.first().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void everyRequestIsAcknowledgedInOrder() throws Exception {
    Batch batch = new Batch();
    for (int i = 0; i < 100; i++) {
      batch.send(request(add("a", 1), add("b" + i % 7, 2), add("a", 3)));
    }

    List<IncrementBatchResponse> responses = batch.finish();

    assertThat(responses).hasSize(100);
    for (int i = 0; i < 100; i++) {
      assertThat(responses.get(i).getAcknowledged()).isEqualTo(3 * (i + 1));
      assertThat(responses.get(i).getUncountedList()).isEmpty();
    }
    assertThat(total("a")).isEqualTo(400);
    assertThat(total("b0") + total("b1") + total("b6")).isEqualTo(2 * (15 + 15 + 14));
  }

  @Test
  void acknowledgementComesBeforeTheCallEnds() throws Exception {
    Batch batch = new Batch();
    batch.send(request(add("a", 5)));

    assertThat(batch.firstResponse().getAcknowledged()).isEqualTo(1);
    assertThat(total("a")).isEqualTo(5);
    assertThat(batch.finish()).hasSize(1);
  }

  @Test
  void requestsBeforeABadOneAreAcknowledged() throws Exception {
    Batch batch = new Batch();
    batch.send(request(add("a", 1)));
    batch.send(request(add("b", 2), add("c", 3)));
    batch.send(request(add("", 4)));

    assertThat(batch.failure().reason()).isEqualTo("INVALID_REQUEST");
    assertThat(batch.responses)
        .extracting(IncrementBatchResponse::getAcknowledged)
        .containsExactly(1L, 3L);
  }

  @Test
  void incrementsThatCannotBeCountedAreListedAndTheOthersCounted() throws Exception {
    Batch batch = new Batch();
    batch.send(request(add("a", 1)));
    batch.send(
        request(
            add("a", 2),
            add("a", 4).toBuilder().setEventTime(Timestamps.fromSeconds(1)).build(),
            add("b", Long.MAX_VALUE),
            add("b", Long.MAX_VALUE),
            add("c", 8)));
    batch.send(request(add("c", 16)));

    List<IncrementBatchResponse> responses = batch.finish();

    assertThat(responses).extracting(r -> r.getAcknowledged()).containsExactly(1L, 6L, 7L);
    assertThat(responses.get(1).getUncountedList())
        .extracting(refused -> refused.getIndex() + " " + refused.getReason())
        .containsExactly(
            "2 ERROR_REASON_EVENT_TIME_OUT_OF_RANGE", "4 ERROR_REASON_COUNTER_OVERFLOW");
    assertThat(total("a")).isEqualTo(3);
    assertThat(total("b")).isEqualTo(Long.MAX_VALUE);
    assertThat(total("c")).isEqualTo(24);
  }

  @TestFactory
  Stream<DynamicTest> requestIds() {
    return RequestIdKit.tests(
        CountersGrpc.getIncrementBatchMethod(),
        name -> request(add(name, 1), add(name + "b", 1), add(name, 1)).toBuilder(),
        request -> request.addIncrements(add("c", 1)),
        name -> List.of(total(name), total(name + "b")));
  }

  @Test
  void badRequestEndsTheCallWithItsField() throws Exception {
    Batch batch = new Batch();
    batch.send(request(add("a", 1), add("", 1)));
    assertThat(batch.failure().fields()).containsExactly("increments[1].name");

    Batch other = new Batch();
    other.send(
        request(
            add("a", 1).toBuilder()
                .setEventTime(Timestamps.fromSeconds(1).toBuilder().setNanos(-1))
                .build()));
    assertThat(other.failure().fields()).containsExactly("increments[0].event_time");
    assertThat(total("a")).isZero();
  }

  @Test
  void drainEndsTheCallAfterWhatWasReceivedIsAcknowledged() throws Exception {
    TestServer server = TestServer.onSharedRedis();
    ManagedChannel channel = server.newChannel();
    Batch batch = new Batch(channel);
    batch.send(request(add("a", 1)));
    batch.firstResponse();

    server.close();

    assertThat(batch.failure().reason()).isEqualTo("SHUTTING_DOWN");
    channel.shutdownNow();
    assertThat(total("a")).isEqualTo(1);
  }

  @Test
  void thousandIncrementsOfThousandSecondsAreOneStep() throws Exception {
    long now = System.currentTimeMillis() / 1000;
    List<Increment> increments = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      increments.add(
          add("a", 1).toBuilder().setEventTime(Timestamps.fromSeconds(now - 3000 + 3 * i)).build());
    }
    Batch batch = new Batch();
    batch.send(IncrementBatchRequest.newBuilder().addAllIncrements(increments).build());

    assertThat(batch.finish()).extracting(r -> r.getAcknowledged()).containsExactly(1000L);
    assertThat(total("a")).isEqualTo(1000);
  }

  private long total(String name) {
    return counters
        .get(GetRequest.newBuilder().setName(name).setPrecision(Durations.fromSeconds(DAY)).build())
        .getSamplesList()
        .stream()
        .mapToLong(Sample::getCount)
        .sum();
  }

  private static IncrementBatchRequest request(Increment... increments) {
    return IncrementBatchRequest.newBuilder().addAllIncrements(Arrays.asList(increments)).build();
  }

  private static Increment add(String name, long delta) {
    return Increment.newBuilder().setName(name).setDelta(delta).build();
  }

  /** One call. */
  private static final class Batch implements StreamObserver<IncrementBatchResponse> {
    private final List<IncrementBatchResponse> responses = new ArrayList<>();
    private final CompletableFuture<IncrementBatchResponse> first = new CompletableFuture<>();
    private final CompletableFuture<List<IncrementBatchResponse>> all = new CompletableFuture<>();
    private final StreamObserver<IncrementBatchRequest> requests;

    Batch() {
      this(TestServer.first().channel());
    }

    Batch(Channel channel) {
      requests = CountersGrpc.newStub(channel).incrementBatch(this);
    }

    void send(IncrementBatchRequest request) {
      requests.onNext(request);
    }

    IncrementBatchResponse firstResponse() throws Exception {
      return first.get(20, TimeUnit.SECONDS);
    }

    List<IncrementBatchResponse> finish() throws Exception {
      requests.onCompleted();
      return all.get(20, TimeUnit.SECONDS);
    }

    Refused failure() throws Exception {
      return all.handle((done, failure) -> Refused.of(failure)).get(20, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(IncrementBatchResponse response) {
      responses.add(response);
      first.complete(response);
    }

    @Override
    public void onError(Throwable failure) {
      first.completeExceptionally(failure);
      all.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      all.complete(responses);
    }
  }
}
