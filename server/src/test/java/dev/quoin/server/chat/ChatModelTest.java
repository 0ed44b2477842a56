// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestServer;
import io.grpc.Channel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random histories, in which servers, Redis and devices are killed, against what must be true. */
@Tag("redis")
final class ChatModelTest {
  private static final int STEPS = 400;
  private static final List<String> ROOMS = List.of("red", "green", "blue");
  private static final List<String> USERS = List.of("ann", "bob", "cem");

  /** Is in all chats all the time. */
  private static final String WITNESS = "witness";

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final List<Device> devices = new ArrayList<>();
  private int sent;

  @Test
  void everyMemberReceivesInOrderWhatWasSentWhileItWasOne() {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes", "--appendfsync", "always");
        TestServer server = TestServer.start("redis", redis.uri());
        ServerProcess other = ServerProcess.start("--redis", redis.uri())) {
      List<Channel> channels = new ArrayList<>(List.of(server.channel(), other.channel()));
      Chats chats = new Chats(server.channel());
      ROOMS.forEach(
          room ->
              chats.stub.create(
                  Chats.plan(room, WITNESS).setKeepAcknowledged(Durations.ZERO).build()));
      devices.add(new Device(WITNESS));
      USERS.forEach(user -> devices.add(new Device(user)));
      devices.forEach(device -> device.connect(any(channels)));
      ROOMS.forEach(devices.get(0)::joined);

      for (int i = 0; i < STEPS; i++) {
        step(chats, channels);
        if (i == STEPS / 3) {
          redis.kill();
          redis.start();
        }
        if (i == 2 * STEPS / 3) {
          other.kill();
          channels.remove(1);
          devices.forEach(device -> device.connect(any(channels)));
        }
      }

      devices.forEach(Device::awaitAll);
      devices.forEach(Device::check);
    } catch (AssertionError e) {
      throw new AssertionError("with seed " + seed, e);
    } finally {
      devices.forEach(Device::disconnect);
    }
  }

  private void step(Chats chats, List<Channel> channels) {
    Device device = devices.get(random.nextInt(devices.size()));
    String room = ROOMS.get(random.nextInt(ROOMS.size()));
    int what = random.nextInt(100);
    if (what < 55) {
      send(chats, device, room);
    } else if (what < 65) {
      acknowledge(chats, device, room);
    } else if (what < 75) {
      device.connect(any(channels));
    } else if (device.isMember(room) && !device.user.equals(WITNESS)) {
      boolean all = random.nextBoolean();
      if (all) {
        device.awaitAll();
      }
      surely(() -> chats.leave(room, device.user));
      device.left(room, all);
    } else if (!device.user.equals(WITNESS)) {
      surely(() -> chats.join(room, device.user));
      device.joined(room);
    }
  }

  private void send(Chats chats, Device device, String room) {
    if (device.isMember(room)) {
      String id = "message " + ++sent;
      long number =
          surely(
              () ->
                  chats
                      .stub
                      .send(
                          Chats.message(room, device.user, id)
                              .setClientMessageId(id.replace(' ', '-'))
                              .build())
                      .getMessageId());
      devices.forEach(member -> member.sent(room, number));
    }
  }

  /** Acknowledges what the device has received. */
  private void acknowledge(Chats chats, Device device, String room) {
    long received = device.newest(room);
    if (device.isMember(room) && received > 0) {
      surely(() -> chats.ack(device.user, room, received));
    }
  }

  private Channel any(List<Channel> channels) {
    return channels.get(random.nextInt(channels.size()));
  }

  /** Repeats a call until it is known that it was carried out. */
  private static <T> T surely(Supplier<T> call) {
    List<T> answer = new ArrayList<>();
    Eventually.until(
        Listening.PATIENCE,
        "it is carried out",
        () -> {
          try {
            return answer.add(call.get());
          } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
            return false;
          }
        });
    return answer.get(0);
  }

  /** A user with one device, which goes on from its cursor whenever it connects. */
  private static final class Device {
    final String user;
    private final List<Listening> streams = new ArrayList<>();
    private final List<Room> rooms = ROOMS.stream().map(Room::new).toList();

    /** What a user has to receive, and may receive, in a chat. */
    private static final class Room {
      final String name;
      boolean member;
      final List<Long> now = new ArrayList<>();
      final List<Long> required = new ArrayList<>();
      final List<Long> allowed = new ArrayList<>();

      Room(String name) {
        this.name = name;
      }
    }

    Device(String user) {
      this.user = user;
    }

    void connect(Channel channel) {
      String cursor = "";
      if (!streams.isEmpty()) {
        Listening last = streams.get(streams.size() - 1);
        last.close();
        Eventually.until(Listening.PATIENCE, "it has ended", last.end()::isDone);
        cursor = last.cursor();
      }
      String from = cursor;
      // The stream is refused while Redis is away.
      Eventually.until(
          Listening.PATIENCE,
          "the stream starts",
          () -> {
            Listening next = Listening.begin(channel, request(from), Integer.MAX_VALUE);
            Eventually.until(
                Listening.PATIENCE, "", () -> next.hasStarted() || next.end().isDone());
            return next.hasStarted() && streams.add(next);
          });
    }

    private dev.quoin.chat.v1.SubscribeRequest.Builder request(String cursor) {
      return dev.quoin.chat.v1.SubscribeRequest.newBuilder().setUser(user).setCursor(cursor);
    }

    void disconnect() {
      streams.forEach(Listening::close);
    }

    boolean isMember(String room) {
      return room(room).member;
    }

    void joined(String room) {
      room(room).member = true;
    }

    /** After the end nothing has to come that has not come before. */
    void left(String room, boolean hadAll) {
      Room left = room(room);
      left.member = false;
      if (hadAll) {
        left.required.addAll(left.now);
      }
      left.now.clear();
    }

    void sent(String room, long number) {
      if (isMember(room)) {
        room(room).now.add(number);
        room(room).allowed.add(number);
      }
    }

    private Room room(String name) {
      return rooms.stream().filter(room -> room.name.equals(name)).findFirst().orElseThrow();
    }

    List<Long> received(String room) {
      return streams.stream().flatMap(stream -> numbers(stream, room).stream()).toList();
    }

    private static List<Long> numbers(Listening stream, String room) {
      return stream.events(room).stream()
          .filter(event -> event.hasMessage())
          .map(event -> event.getMessage().getMessageId())
          .toList();
    }

    long newest(String room) {
      return received(room).stream().mapToLong(Long::longValue).max().orElse(0);
    }

    void awaitAll() {
      for (Room room : rooms) {
        Eventually.until(
            Listening.PATIENCE,
            user + " has all of " + room.name,
            () -> received(room.name).containsAll(room.now));
      }
    }

    void check() {
      for (Room room : rooms) {
        assertThat(received(room.name)).containsAll(room.required);
        assertThat(room.allowed).containsAll(received(room.name));
        for (Listening stream : streams) {
          assertThat(numbers(stream, room.name)).isSorted().doesNotHaveDuplicates();
          assertThat(stream.gaps()).noneMatch(gap -> gap.getFirstMissed() <= gap.getLastMissed());
        }
        if (user.equals(WITNESS)) {
          assertThat(received(room.name).stream().distinct().sorted().toList())
              .isEqualTo(LongStream.rangeClosed(1, room.allowed.size()).boxed().toList());
        }
      }
    }
  }
}
