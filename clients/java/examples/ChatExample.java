// SPDX-License-Identifier: Apache-2.0
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.client.Chat;
import dev.quoin.client.ChatSubscription;
import dev.quoin.client.Quoin;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ann writes while Bob is away; what she wrote waits for him, and then they talk. */
public final class ChatExample {
  public static void main(String[] args) throws InterruptedException {
    String address = args.length > 0 ? args[0] : "localhost:7400";

    try (Quoin quoin = Quoin.connect(address)) {
      Chat ann = quoin.chat("ann");
      Chat bob = quoin.chat("bob");
      String room =
          ann.create(
              CreateRequest.newBuilder().addMembers("bob").setFirstMessage("hi Bob").build());
      ann.send(room, "are you there?");
      System.out.println("unread for Bob: " + bob.chats().get(0).getUnread());

      CountDownLatch heard = new CountDownLatch(3);
      ChatSubscription stream =
          bob.subscribe(
              (chat, event) -> {
                if (event.hasMessage()) {
                  System.out.println("Bob hears: " + event.getMessage().getBody());
                  bob.ack(chat, event.getMessage().getMessageId());
                  heard.countDown();
                }
              });
      ann.send(room, "see you");
      heard.await(10, TimeUnit.SECONDS);
      stream.close();
      System.out.println("unread for Bob: " + bob.chats().get(0).getUnread());
    }
  }
}
