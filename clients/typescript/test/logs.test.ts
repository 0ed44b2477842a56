// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { Severity, type TailEvent } from "@quoin/client";
import { connect, next, quietHour, soon } from "./support.js";

/** The text of the next entry. */
async function nextText(events: AsyncIterator<TailEvent>): Promise<string> {
  const event = await next(events);
  assert.ok(event.case === "entry", event.case);
  return event.entry.text;
}

test("a writer writes in the order it was told, and counts what is common", async () => {
  await quietHour();
  await using quoin = await connect();
  {
    await using writer = quoin.logs.writer("shop");
    for (let order = 0; order < 250; order++) {
      const text = `order ${order} cannot be paid`;
      const template = "order {} cannot be paid";
      assert.ok(writer.write({ severity: Severity.ERROR, text, template, fields: { id: "7" } }));
    }
    writer.log(Severity.INFO, "open");
    await soon(writer.flush());
    assert.equal(writer.dropped, 0);
  }
  const request = { name: "shop", severity: Severity.ERROR, maxItems: 2 };
  const { entries } = await quoin.logs.listRecent(request);
  const texts = entries.map((entry) => entry.text);
  assert.deepEqual(texts, ["order 249 cannot be paid", "order 248 cannot be paid"]);
  assert.ok(entries[0]?.time && entries[0].fields.id === "7");
  const { commonMessages } = await quoin.logs.listCommon({
    name: "shop",
    severity: Severity.ERROR,
  });
  assert.equal(
    commonMessages.reduce((sum, { count = 0n }) => sum + count, 0n),
    250n,
  );
});

test("a tail brings what is written, and goes on from a cursor", async () => {
  await using quoin = await connect();
  const tail = quoin.logs.tail({
    names: ["shop"],
    minimumSeverity: Severity.WARNING,
    last: 10,
  });
  await quoin.logs.write({ name: "shop", severity: Severity.ERROR, text: "one" });
  const events = tail[Symbol.asyncIterator]();
  assert.equal(await nextText(events), "one");
  await quoin.logs.write({ name: "shop", text: "not told" });
  await quoin.logs.write({ name: "shop", severity: Severity.CRITICAL, text: "two" });
  assert.equal(await nextText(events), "two");
  await events.return?.();
  const { cursor } = await quoin.logs.write({ name: "shop", text: "three" });
  await quoin.logs.write({ name: "shop", text: "four" });
  await using again = quoin.logs.tail({ names: ["shop"], cursor });
  assert.equal(await nextText(again[Symbol.asyncIterator]()), "four");
});

test("who takes one entry a tail gets every entry once", async () => {
  await using quoin = await connect();
  let { cursor } = await quoin.logs.write({ name: "shop", text: "start" });
  for (let i = 0; i < 5; i++) {
    await quoin.logs.write({ name: "shop", text: String(i) });
  }
  const taken: string[] = [];
  while (taken.length < 5) {
    await using tail = quoin.logs.tail({ names: ["shop"], cursor });
    taken.push(await nextText(tail[Symbol.asyncIterator]()));
    cursor = tail.cursor;
  }
  assert.deepEqual(taken, ["0", "1", "2", "3", "4"]);
});

test("what does not fit is cut, and what cannot be written is counted", async () => {
  await using quoin = await connect();
  const writer = quoin.logs.writer("shop");
  const fields = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`f${i}`, "ä".repeat(999)]),
  );
  writer.write({ text: "ö".repeat(20_000), template: "t".repeat(999), fields });
  writer.write({ text: "" });
  await soon(writer.close());
  assert.equal(writer.dropped, 0);
  assert.equal(writer.write({ text: "too late" }), false);
  assert.equal(writer.dropped, 1);
  const [empty, long] = (await quoin.logs.listRecent({ name: "shop" })).entries;
  assert.equal(empty?.text, "-");
  assert.deepEqual([long?.text.length, Object.keys(long?.fields ?? {}).length], [8_192, 32]);
  assert.throws(() => quoin.logs.writer(""), TypeError);
});

test("a writer keeps 10,000 entries and drops the rest", async () => {
  await quietHour();
  await using quoin = await connect();
  await using writer = quoin.logs.writer("shop");
  for (let i = 0; i < 10_010; i++) {
    writer.write({ text: "x" });
  }
  assert.equal(writer.dropped, 10);
  await soon(writer.flush());
  const { commonMessages } = await quoin.logs.listCommon({
    name: "shop",
    severity: Severity.INFO,
  });
  assert.equal(commonMessages[0]?.count, 10_000n);
});

test("logs are listed by name", async () => {
  await using quoin = await connect();
  await quoin.logs.write({ name: "shop/a", text: "x" });
  await quoin.logs.write({ name: "other", text: "x" });
  assert.deepEqual((await quoin.logs.listNames({ prefix: "shop/" })).names, ["shop/a"]);
});
