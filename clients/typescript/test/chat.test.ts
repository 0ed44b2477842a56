// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Activity, type ChatEvent, QuoinError, Role } from "@quoin/client";
import { connect, eventually, next, soon } from "./support.js";

/** The next event of a kind. */
async function nextOf<C extends ChatEvent["case"]>(
  events: AsyncIterator<ChatEvent>,
  kind: C,
): Promise<Extract<ChatEvent, { case: C }>> {
  for (;;) {
    const event = await next(events);
    if (event.case === kind) {
      return event as Extract<ChatEvent, { case: C }>;
    }
  }
}

test("messages wait for every member until they are acknowledged", async () => {
  await using quoin = await connect();
  const [ann, bob] = [quoin.chat("ann"), quoin.chat("bob")];
  const room = await ann.create({ members: ["bob"], firstMessage: "hi Bob" });
  assert.equal(await ann.send(room, "are you there?", { attributes: { mood: "good" } }), 2n);
  for await (const chat of bob.chats()) {
    assert.deepEqual([chat.chatId, chat.unread, chat.role], [room, 2n, Role.MEMBER]);
  }
  for await (const { messages, unread } of bob.pending()) {
    assert.equal(unread, 2n);
    assert.deepEqual(
      messages.map((one) => one.body),
      ["hi Bob", "are you there?"],
    );
    assert.deepEqual(messages[1]?.attributes, { mood: "good" });
    assert.ok(messages[0]?.createTime instanceof Date);
  }
  await bob.ack(room, 2n);
  for await (const _ of bob.pending()) {
    assert.fail("nothing is pending");
  }
});

test("a subscription brings what waits, and then what happens", async () => {
  await using quoin = await connect();
  const [ann, bob] = [quoin.chat("ann"), quoin.chat("bob")];
  const room = await ann.create({ members: ["bob"], firstMessage: "one" });
  let alive = 0;
  await using subscription = bob.subscribe({ onAlive: () => alive++ });
  const events = subscription[Symbol.asyncIterator]();
  assert.equal((await nextOf(events, "message")).value.body, "one");
  assert.ok(alive > 0);
  await ann.send(room, "two");
  const two = await nextOf(events, "message");
  assert.deepEqual([two.chatId, two.value.messageId, two.value.sender], [room, 2n, "ann"]);
  await ann.edit(room, 2n, "zwei");
  assert.equal((await nextOf(events, "messageEdited")).value.body, "zwei");
  await ann.delete(room, 2n);
  assert.ok((await nextOf(events, "messageDeleted")).value.deleteTime);
  await ann.signal(room, Activity.TYPING);
  const { value } = await nextOf(events, "signal");
  assert.deepEqual([value.user, value.activity], ["ann", Activity.TYPING]);
});

test("a subscription goes on from the cursor of another one", async () => {
  await using quoin = await connect();
  const ann = quoin.chat("ann");
  const room = await ann.create({ firstMessage: "one" });
  const heard: string[] = [];
  let cursor = "";
  const listen = async (until: string) => {
    await using subscription = ann.subscribe({ cursor });
    for await (const event of subscription) {
      if (event.case === "message") {
        heard.push(event.value.body);
        if (event.value.body === until) {
          break;
        }
      }
    }
    cursor = subscription.cursor;
  };
  await soon(listen("one"));
  await ann.send(room, "two");
  await soon(listen("two"));
  assert.deepEqual(heard, ["one", "two"]);
});

test("who takes one message a subscription gets every message once", async () => {
  await using quoin = await connect();
  const ann = quoin.chat("ann");
  const room = await ann.create();
  for (let i = 0; i < 5; i++) {
    await ann.send(room, String(i));
  }
  const taken: string[] = [];
  let cursor = "";
  while (taken.length < 5) {
    for await (const event of quoin.chat("ann").subscribe({ cursor })) {
      cursor = event.cursor;
      if (event.case === "message") {
        taken.push(event.value.body);
      }
      break;
    }
  }
  assert.deepEqual(taken, ["0", "1", "2", "3", "4"]);
});

test("a subscription that is closed ends its loop, one that is aborted throws", async () => {
  await using quoin = await connect();
  const subscription = quoin.chat("ann").subscribe();
  const loop = (async () => {
    for await (const _ of subscription) {
      assert.fail("nothing happens");
    }
  })();
  await subscription.close();
  await soon(loop);
  const abort = new AbortController();
  const events = quoin.chat("ann").subscribe({ signal: abort.signal })[Symbol.asyncIterator]();
  const waiting = events.next();
  abort.abort(new Error("enough"));
  await assert.rejects(soon(waiting), /enough/);
});

test("roles decide who may do what", async () => {
  await using quoin = await connect();
  const [owner, ann] = [quoin.chat("owner"), quoin.chat("ann")];
  const room = await owner.create({ chatId: "room", members: ["ann"] });
  const denied = (e: unknown) => e instanceof QuoinError && e.reason === "CHAT_NOT_ALLOWED";
  await assert.rejects(ann.kick(room, "owner"), denied);
  assert.equal(await owner.setRole(room, "ann", Role.MODERATOR), true);
  assert.equal(await quoin.chat("bob").join(room), true);
  const members: string[] = [];
  for await (const { user } of ann.members(room)) {
    members.push(user);
  }
  assert.deepEqual(members, ["ann", "bob", "owner"]);
  assert.equal(await ann.kick(room, "bob"), true);
  assert.equal(await ann.leave(room), true);
  const exists = (e: unknown) => e instanceof QuoinError && e.reason === "CHAT_EXISTS";
  await assert.rejects(owner.create({ chatId: "room" }), exists);
});

test("history is read from where one wants", async () => {
  await using quoin = await connect();
  const ann = quoin.chat("ann");
  const room = await ann.create();
  for (const body of ["one", "two", "three"]) {
    await ann.send(room, body);
  }
  await eventually("it is there", async () => (await ann.history(room)).messages.length === 3);
  const { messages, more } = await ann.history(room, {
    limit: 1,
    range: { case: "afterMessageId", value: 1n },
  });
  assert.deepEqual([messages[0]?.body, more], ["two", true]);
});
