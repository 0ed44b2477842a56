// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Configuration, InvalidRequestError } from "@quoin/client";
import { connect, eventually, soon } from "./support.js";

test("a value is set, changed if it is as expected, and deleted", async () => {
  await using quoin = await connect();
  const { config } = quoin;
  assert.equal(await config.get("redis", "stats"), undefined);
  const version = await config.set(
    "redis",
    "stats",
    { host: "a", ports: [1, 2] },
    { author: "kim" },
  );
  assert.ok(version);
  const found = await config.get("redis", "stats");
  assert.deepEqual(found?.value, { host: "a", ports: [1, 2] });
  assert.deepEqual([found?.version, found?.author], [version, "kim"]);
  const old = { expectedVersion: version - 1n };
  assert.equal(await config.set("redis", "stats", { host: "b" }, old), undefined);
  assert.ok(await config.set("redis", "stats", { host: "b" }, { expectedVersion: version }));
  assert.equal(await config.delete("redis", "stats", { expectedVersion: version }), false);
  assert.equal(await config.delete("redis", "stats"), true);
});

test("a watch keeps the newest values and tells changes", async () => {
  await using quoin = await connect();
  await quoin.config.set("redis", "a", { x: 1 });
  await using watch = quoin.config.watch("redis");
  assert.equal(watch.get("a"), undefined);
  assert.equal(watch.isStale, true);
  await soon(watch.ready);
  assert.deepEqual(watch.get("a")?.value, { x: 1 });
  assert.deepEqual([watch.isStale, watch.asOf instanceof Date], [false, true]);
  const changes: Configuration[] = [];
  const off = watch.onChange((changed) => changes.push(changed));
  await quoin.config.set("redis", "b", { x: 2 });
  await quoin.config.delete("redis", "a");
  await eventually("both are told", () => changes.length === 2);
  assert.deepEqual(
    changes.map((one) => [one.component, one.deleted]),
    [
      ["b", false],
      ["a", true],
    ],
  );
  assert.deepEqual([...watch.all().keys()], ["b"]);
  off();
  await quoin.config.set("redis", "c", {});
  await eventually("it is known", () => watch.get("c") !== undefined);
  assert.equal(changes.length, 2);
});

test("a watch that is not allowed, or closed, says so", async () => {
  await using quoin = await connect();
  await assert.rejects(soon(quoin.config.watch("").ready), InvalidRequestError);
  const watch = quoin.config.watch("redis");
  const ready = assert.rejects(soon(watch.ready), /it was closed/);
  await watch.close();
  await ready;
});

test("maintenance begins and ends", async () => {
  await using quoin = await connect();
  await using watch = quoin.config.watchMaintenance("shop");
  await soon(watch.ready);
  assert.equal(watch.current(), undefined);
  const until = new Date(Date.now() + 3_600_000);
  await quoin.config.beginMaintenance("shop", { message: "back soon", until, allow: ["kim"] });
  await eventually("it has begun", () => watch.current() !== undefined);
  assert.deepEqual([watch.current()?.message, watch.current()?.until], ["back soon", until]);
  await quoin.config.endMaintenance("shop");
  await eventually("it has ended", () => watch.current() === undefined);
});

test("an instance is known as long as it is announced", async () => {
  await using quoin = await connect();
  await using watch = quoin.config.watchService("shop");
  await soon(watch.ready);
  let told = 0;
  watch.onChange(() => told++);
  const me = quoin.config.announce("shop", "10.0.0.1:80", { metadata: { zone: "a" } });
  await soon(me.ready);
  await eventually("it is known", () => watch.serving.length === 1);
  assert.ok(told > 0);
  const [instance] = await quoin.config.resolve("shop");
  assert.deepEqual([instance?.instance, instance?.metadata], [me.instance, { zone: "a" }]);
  await soon(me.drain());
  await eventually("it drains", () => watch.instances[0]?.draining === true);
  assert.deepEqual(watch.serving, []);
  assert.equal(me.isReplaced, false);
  await me.close();
  await eventually("it is gone", () => watch.instances.length === 0);
});

test("the newest announcement of an instance wins", async () => {
  await using quoin = await connect();
  await using old = quoin.config.announce("shop", "10.0.0.1:80", { instance: "one" });
  await soon(old.ready);
  await using young = quoin.config.announce("shop", "10.0.0.2:80", { instance: "one" });
  await soon(young.ready);
  await eventually("the old one is over", () => old.isReplaced);
  assert.equal((await quoin.config.resolve("shop"))[0]?.address, "10.0.0.2:80");
  await assert.rejects(soon(quoin.config.announce("shop", "").ready), InvalidRequestError);
});
