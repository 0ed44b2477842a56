// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Activity, type ChatEvent, pages, type Quoin, QuoinError, Role } from "@quoin/client";
import { connect, next, soon } from "./support.js";

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

/** A chat of Ann's, with others in it if there are names of them. */
async function chatOfAnn(quoin: Quoin, ...users: string[]): Promise<string> {
  return (await quoin.chat.create({ actor: "ann", users })).chatId;
}

test("a subscription brings what waits, and then what happens", async () => {
  await using quoin = await connect();
  const { chat } = quoin;
  const chatId = await chatOfAnn(quoin, "bob");
  await chat.send({ chatId, sender: "ann", body: "one" });
  let alive = 0;
  await using subscription = chat.subscribe({ user: "bob" }, { onAlive: () => alive++ });
  const events = subscription[Symbol.asyncIterator]();
  assert.equal((await nextOf(events, "message")).value.body, "one");
  await chat.send({ chatId, sender: "ann", body: "two" });
  const two = await nextOf(events, "message");
  assert.ok(alive > 0 && two.time);
  assert.deepEqual([two.chatId, two.value.messageId, two.value.sender], [chatId, 2n, "ann"]);
  await chat.edit({ chatId, actor: "ann", messageId: 2n, body: "zwei" });
  assert.equal((await nextOf(events, "messageEdited")).value.body, "zwei");
  await chat.delete({ chatId, actor: "ann", messageId: 2n });
  assert.ok((await nextOf(events, "messageDeleted")).value.deleteTime);
  await chat.signal({ chatId, user: "ann", activity: Activity.TYPING });
  const { value, cursor } = await nextOf(events, "signal");
  assert.deepEqual([value.user, value.activity], ["ann", Activity.TYPING]);
  assert.equal(cursor, subscription.cursor);
});

test("a subscription goes on from the cursor of another one", async () => {
  await using quoin = await connect();
  const chatId = await chatOfAnn(quoin);
  const heard: string[] = [];
  let cursor = "";
  const listen = async (until: string) => {
    await using subscription = quoin.chat.subscribe({ user: "ann", cursor });
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
  for (const body of ["one", "two"]) {
    await quoin.chat.send({ chatId, sender: "ann", body });
    await soon(listen(body));
  }
  assert.deepEqual(heard, ["one", "two"]);
});

test("who takes one message a subscription gets every message once", async () => {
  await using quoin = await connect();
  const chatId = await chatOfAnn(quoin);
  for (let i = 0; i < 5; i++) {
    await quoin.chat.send({ chatId, sender: "ann", body: String(i) });
  }
  const taken: string[] = [];
  let cursor = "";
  while (taken.length < 5) {
    for await (const event of quoin.chat.subscribe({ user: "ann", cursor })) {
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
  const subscription = quoin.chat.subscribe({ user: "ann" });
  const loop = (async () => {
    for await (const _ of subscription) {
      assert.fail("nothing happens");
    }
  })();
  await subscription.close();
  await soon(loop);
  const abort = new AbortController();
  const { signal } = abort;
  const events = quoin.chat.subscribe({ user: "ann" }, { signal })[Symbol.asyncIterator]();
  const waiting = events.next();
  abort.abort(new Error("enough"));
  await assert.rejects(soon(waiting), /enough/);
});

test("what a subscription brought waits until it is acknowledged", async () => {
  await using quoin = await connect();
  const { chat } = quoin;
  const chatId = await chatOfAnn(quoin, "bob");
  for (const body of ["hi Bob", "are you there?"]) {
    await chat.send({ chatId, sender: "ann", body });
  }
  const waiting = async () => {
    const bodies: string[] = [];
    for await (const { pendingChats } of pages(chat.fetchPending, { user: "bob", pageSize: 1 })) {
      bodies.push(...pendingChats.flatMap(({ messages }) => messages.map(({ body }) => body)));
    }
    return bodies;
  };
  assert.deepEqual(await waiting(), ["hi Bob", "are you there?"]);
  await chat.ack({ user: "bob", positions: [{ chatId, messageId: 2n }] });
  assert.deepEqual(await waiting(), []);
});

test("lists come page by page", async () => {
  await using quoin = await connect();
  const chatId = await chatOfAnn(quoin, "bob", "cleo", "dave");
  const seen: [string, Role][] = [];
  let count = 0;
  const request = { chatId, actor: "bob", pageSize: 1 };
  for await (const { members } of pages(quoin.chat.listMembers, request)) {
    count++;
    seen.push(...members.map(({ user, role }): [string, Role] => [user, role]));
  }
  assert.ok(count >= 4);
  assert.deepEqual(seen, [
    ["ann", Role.OWNER],
    ["bob", Role.MEMBER],
    ["cleo", Role.MEMBER],
    ["dave", Role.MEMBER],
  ]);
});

test("what a user may not do is refused with a reason", async () => {
  await using quoin = await connect();
  const chatId = await chatOfAnn(quoin, "bob");
  const denied = (e: unknown) => e instanceof QuoinError && e.reason === "CHAT_NOT_ALLOWED";
  await assert.rejects(quoin.chat.kick({ chatId, actor: "bob", user: "ann" }), denied);
});
