// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import dev.quoin.chat.v1.AckRequest;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.ChatGrpc.ChatBlockingStub;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.FetchPendingRequest;
import dev.quoin.chat.v1.ListMembersRequest;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.ConfigGrpc.ConfigBlockingStub;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.CountersGrpc.CountersBlockingStub;
import dev.quoin.counters.v1.IncrementRequest;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.ListSchedulesRequest;
import dev.quoin.queues.v1.ListSchedulesResponse;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.PutScheduleRequest;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.QueuesGrpc.QueuesBlockingStub;
import dev.quoin.queues.v1.SchedulesGrpc;
import dev.quoin.queues.v1.SchedulesGrpc.SchedulesBlockingStub;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.stats.v1.RecordRequest;
import dev.quoin.stats.v1.StatsGrpc;
import dev.quoin.stats.v1.StatsGrpc.StatsBlockingStub;
import io.grpc.Channel;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Names of 512 bytes go through every feature and come back whole, also over page tokens. */
@Tag("redis")
final class LongNamesTest {
  private static final String ONE = "ü{:}".repeat(102) + "a1";
  private static final String TWO = "ü{:}".repeat(102) + "a2";

  @BeforeEach
  void beginWithoutData() {
    TestRedis.clear();
  }

  private static Channel channel() {
    return TestServer.first().channel();
  }

  @Test
  void queuesKindsAndSchedules() {
    QueuesBlockingStub queues = QueuesGrpc.newBlockingStub(channel());
    SchedulesBlockingStub schedules = SchedulesGrpc.newBlockingStub(channel());
    NewTask task = NewTask.newBuilder().setKind(TWO).build();
    queues.enqueue(EnqueueRequest.newBuilder().setQueue(ONE).setTask(task).build());

    assertThat(queues.lease(LeaseRequest.newBuilder().addQueues(ONE).build()).getTasks(0).getKind())
        .isEqualTo(TWO);

    for (String name : List.of(ONE, TWO)) {
      schedules.putSchedule(
          PutScheduleRequest.newBuilder()
              .setQueue(ONE)
              .setName(name)
              .setCron("0 3 * * *")
              .setTask(task)
              .build());
    }
    ListSchedulesRequest page = ListSchedulesRequest.newBuilder().setPageSize(1).build();
    ListSchedulesResponse first = schedules.listSchedules(page);
    ListSchedulesResponse second =
        schedules.listSchedules(page.toBuilder().setPageToken(first.getNextPageToken()).build());
    assertThat(first.getSchedules(0).getDefinition().getName()).isEqualTo(ONE);
    assertThat(second.getSchedules(0).getDefinition().getName()).isEqualTo(TWO);
  }

  @Test
  void chatsAndUsers() {
    ChatBlockingStub chat = ChatGrpc.newBlockingStub(channel());
    chat.create(
        CreateRequest.newBuilder()
            .setChatId(ONE)
            .setActor(ONE)
            .addUsers(TWO)
            .setFirstMessage("hi")
            .build());

    var pending = chat.fetchPending(FetchPendingRequest.newBuilder().setUser(TWO).build());
    assertThat(pending.getPendingChats(0).getChatId()).isEqualTo(ONE);
    assertThat(pending.getPendingChats(0).getMessages(0).getSender()).isEqualTo(ONE);
    chat.ack(
        AckRequest.newBuilder()
            .setUser(TWO)
            .addPositions(AckRequest.Position.newBuilder().setChatId(ONE).setMessageId(1))
            .build());
    ListMembersRequest page =
        ListMembersRequest.newBuilder().setChatId(ONE).setActor(ONE).setPageSize(1).build();
    var first = chat.listMembers(page);
    var second = chat.listMembers(page.toBuilder().setPageToken(first.getNextPageToken()).build());
    assertThat(first.getMembers(0).getUser()).isEqualTo(ONE);
    assertThat(second.getMembers(0).getUser()).isEqualTo(TWO);
    assertThat(second.getMembers(0).getAcknowledgedMessageId()).isEqualTo(1);
  }

  @Test
  void typesAndComponents() {
    ConfigBlockingStub config = ConfigGrpc.newBlockingStub(channel());
    for (String component : List.of(ONE, TWO)) {
      config.set(
          SetRequest.newBuilder()
              .setType(ONE)
              .setComponent(component)
              .setValue(Struct.getDefaultInstance())
              .setActor(TWO)
              .build());
    }
    dev.quoin.config.v1.ListRequest page =
        dev.quoin.config.v1.ListRequest.newBuilder().setType(ONE).setPageSize(1).build();
    var first = config.list(page);
    var second = config.list(page.toBuilder().setPageToken(first.getNextPageToken()).build());
    assertThat(first.getConfigurations(0).getComponent()).isEqualTo(ONE);
    assertThat(second.getConfigurations(0).getComponent()).isEqualTo(TWO);
    assertThat(second.getConfigurations(0).getActor()).isEqualTo(TWO);
  }

  @Test
  void countersKindsAndContexts() {
    CountersBlockingStub counters = CountersGrpc.newBlockingStub(channel());
    StatsBlockingStub stats = StatsGrpc.newBlockingStub(channel());
    for (String name : List.of(ONE, TWO)) {
      counters.increment(IncrementRequest.newBuilder().setName(name).build());
      stats.record(RecordRequest.newBuilder().setKind(ONE).setContext(name).setValue(1).build());
    }
    dev.quoin.counters.v1.ListRequest names =
        dev.quoin.counters.v1.ListRequest.newBuilder().setPageSize(1).build();
    var firstName = counters.list(names);
    var secondName =
        counters.list(names.toBuilder().setPageToken(firstName.getNextPageToken()).build());
    assertThat(firstName.getNamesList()).containsExactly(ONE);
    assertThat(secondName.getNamesList()).containsExactly(TWO);

    dev.quoin.stats.v1.ListRequest pairs =
        dev.quoin.stats.v1.ListRequest.newBuilder().setPageSize(1).build();
    var firstPair = stats.list(pairs);
    var secondPair =
        stats.list(pairs.toBuilder().setPageToken(firstPair.getNextPageToken()).build());
    assertThat(firstPair.getSeries(0).getContext()).isEqualTo(ONE);
    assertThat(secondPair.getSeries(0).getContext()).isEqualTo(TWO);
    assertThat(secondPair.getSeries(0).getKind()).isEqualTo(ONE);
  }
}
