// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.chat.v1.Activity;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.chat.v1.SubscribeResponse.Signal;
import dev.quoin.server.rpc.ResponseStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What others are doing, for one stream. A slow reader gets the newest of each of a few users,
 * later. Guarded by the stream's subscription.
 */
final class Signals {
  private static final int MOST = 64;

  private final String user;
  private final ResponseStream<SubscribeResponse> responses;
  private final Map<String, SubscribeResponse> waiting = new LinkedHashMap<>();

  Signals(String user, ResponseStream<SubscribeResponse> responses) {
    this.user = user;
    this.responses = responses;
  }

  /**
   * @param text number of the activity and name of the user
   */
  void tell(String chat, String text) {
    int space = text.indexOf(' ');
    String who = text.substring(space + 1);
    Activity activity = Activity.forNumber(Integer.parseInt(text.substring(0, space)));
    if (who.equals(user) || activity == null) {
      return;
    }
    SubscribeResponse signal =
        SubscribeResponse.newBuilder()
            .setSignal(Signal.newBuilder().setChatId(chat).setUser(who).setActivity(activity))
            .build();
    String key = chat + '\n' + who;
    if (responses.isReady()) {
      // What has waited is not so any more.
      waiting.remove(key);
      responses.send(signal);
    } else if (waiting.size() < MOST || waiting.containsKey(key)) {
      waiting.put(key, signal);
    }
  }

  /** The reader has caught up. */
  void ready() {
    waiting.values().forEach(responses::send);
    waiting.clear();
  }
}
