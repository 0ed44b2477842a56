// SPDX-License-Identifier: Apache-2.0
import { Quoin } from "@quoin/client";

/** Ann writes while Bob is away; what she wrote waits for him, and then they talk. */
await using quoin = Quoin.connect(process.argv[2]);
const { chat } = quoin;

const { chatId } = await chat.create({ actor: "ann", users: ["bob"], firstMessage: "hi Bob" });
await chat.send({ chatId, sender: "ann", body: "are you there?" });
await tellUnread();

for await (const event of chat.subscribe({ user: "bob" })) {
  if (event.case === "message") {
    const { messageId = 0n, body } = event.value;
    console.log(`Bob hears: ${body}`);
    await chat.ack({ user: "bob", positions: [{ chatId: event.chatId, messageId }] });
    if (body === "see you") {
      break;
    }
    if (body === "are you there?") {
      await chat.send({ chatId, sender: "ann", body: "see you" });
    }
  }
}
await tellUnread();

async function tellUnread() {
  for (const { unread } of (await chat.listChats({ user: "bob" })).memberships) {
    console.log(`unread for Bob: ${unread}`);
  }
}
