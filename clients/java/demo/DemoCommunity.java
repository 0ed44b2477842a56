// SPDX-License-Identifier: Apache-2.0
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.SendRequest;
import dev.quoin.client.Quoin;
import dev.quoin.social.v1.FollowRequest;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersGrpc;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The community: it chats, and posts what reaches timelines and feeds. */
final class DemoCommunity {
  private static final List<String> NAMES =
      List.of("ann", "bob", "cyd", "dan", "eve", "fay", "gus");
  private static final List<String> ROOMS = List.of("support", "lobby");
  private static final List<String> SAYINGS =
      List.of(
          "Has anybody seen order #1004?",
          "It left this morning.",
          "The red ones are back in stock.",
          "How warm is the rain jacket?",
          "Warm enough for October.",
          "Thank you!");
  private static final List<String> POSTS =
      List.of(
          "Long run in the #rain, dry feet",
          "@ann where did you get the tent? #camping",
          "New #shoes, same hills",
          "Look at this view https://example.org/view #camping",
          "Who joins on Sunday? #running");

  private final ChatGrpc.ChatBlockingStub chat;
  private final UsersGrpc.UsersBlockingStub users;
  private final GraphGrpc.GraphBlockingStub graph;
  private final StatusesGrpc.StatusesBlockingStub statuses;
  private final Random random;
  private final List<Long> ids = new ArrayList<>();

  DemoCommunity(Quoin quoin, Random random) {
    this.chat = ChatGrpc.newBlockingStub(quoin.channel());
    this.users = UsersGrpc.newBlockingStub(quoin.channel());
    this.graph = GraphGrpc.newBlockingStub(quoin.channel());
    this.statuses = StatusesGrpc.newBlockingStub(quoin.channel());
    this.random = random;
  }

  void open() {
    ids.clear();
    for (String name : NAMES) {
      ids.add(
          users
              .create(
                  UsersCreateRequest.newBuilder()
                      .setLogin(name)
                      .setName(name)
                      .setRequestId("demo-" + name)
                      .build())
              .getUserId());
    }
    for (long user : ids) {
      for (long other : ids) {
        if (user != other && random.nextInt(3) > 0) {
          graph.follow(FollowRequest.newBuilder().setUserId(user).setOtherId(other).build());
        }
      }
    }
    for (String room : ROOMS) {
      chat.create(
          CreateRequest.newBuilder()
              .setChatId(room)
              .setRequestId("demo-" + room)
              .setActor("ann")
              .addAllUsers(NAMES.subList(1, NAMES.size()))
              .build());
    }
  }

  void talk() {
    chat.send(
        SendRequest.newBuilder()
            .setChatId(any(ROOMS))
            .setSender(any(NAMES))
            .setBody(any(SAYINGS))
            .build());
  }

  void post() {
    statuses.post(
        StatusesPostRequest.newBuilder().setAuthorId(any(ids)).setText(any(POSTS)).build());
  }

  private <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }
}
