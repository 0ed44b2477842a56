// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.ChatGrpc.ChatStub;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.JoinRequest;
import dev.quoin.chat.v1.SendRequest;
import io.grpc.Channel;
import java.util.List;
import java.util.stream.IntStream;

/** What workers do in chats. */
final class ChatOperations {
  static final String SENDER = "user-0";

  private static final int ROOMS = 64;
  private static final int AT_ONCE = 100;
  private static final String BODY = "a message of a hundred bytes, more or less ".repeat(2);

  private ChatOperations() {}

  /** Sends to one of 64 chats of two members. */
  static Workload.Factory send() {
    return (testbed, workers) -> {
      Workload sending = GrpcWorkload.of(ChatOperations::sendToOne).open(testbed, workers);
      var channel = GrpcWorkload.connect(testbed);
      IntStream.range(0, ROOMS).forEach(i -> create(channel, "room-" + i, 2, 0));
      channel.shutdownNow();
      return sending;
    };
  }

  private static Operation sendToOne(Channel channel, int worker) {
    ChatStub chat = ChatGrpc.newStub(channel);
    SendRequest request = message("room-" + worker % ROOMS, "");
    return done -> chat.send(request, GrpcWorkload.answer(done, response -> done.ok()));
  }

  static SendRequest message(String room, String begin) {
    return SendRequest.newBuilder().setChatId(room).setSender(SENDER).setBody(begin + BODY).build();
  }

  /** Makes a chat of the users user-0, user-1, … */
  static void create(Channel channel, String room, int members, int maxMessages) {
    create(channel, room, users(0, Math.min(members, AT_ONCE)), maxMessages);
    for (String user : users(AT_ONCE, members)) {
      ChatGrpc.newBlockingStub(channel)
          .join(JoinRequest.newBuilder().setChatId(room).setUser(user).build());
    }
  }

  /** Makes a chat of users, of which the first owns it. */
  static void create(Channel channel, String room, List<String> users, int maxMessages) {
    ChatGrpc.newBlockingStub(channel)
        .create(
            CreateRequest.newBuilder()
                .setChatId(room)
                .setActor(users.get(0))
                .addAllUsers(users)
                .setMaxMessages(maxMessages)
                .build());
  }

  /** The users user-from to user-(to - 1). */
  static List<String> users(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "user-" + i).toList();
  }
}
