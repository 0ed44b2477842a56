// SPDX-License-Identifier: Apache-2.0
import { Quoin } from "@quoin/client";

/** Ann writes while Bob is away; what she wrote waits for him, and then they talk. */
await using quoin = Quoin.connect(process.argv[2]);
const ann = quoin.chat("ann");
const bob = quoin.chat("bob");

const room = await ann.create({ members: ["bob"], firstMessage: "hi Bob" });
await ann.send(room, "are you there?");
await tellUnread();

await using events = bob.subscribe();
for await (const event of events) {
  if (event.case === "message") {
    console.log(`Bob hears: ${event.value.body}`);
    await bob.ack(event.chatId, event.value.messageId);
    if (event.value.body === "see you") {
      break;
    }
    if (event.value.body === "are you there?") {
      await ann.send(room, "see you");
    }
  }
}
await tellUnread();

async function tellUnread() {
  for await (const { unread } of bob.chats()) {
    console.log(`unread for Bob: ${unread}`);
  }
}
