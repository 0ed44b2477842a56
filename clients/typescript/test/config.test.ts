// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidRequestError, timestampFromDate } from "@quoin/client";
import type { Configuration } from "@quoin/client/proto/config";
import { connect, eventually, soon } from "./support.js";

test("a value is set, changed if it is as expected, and deleted", async () => {
  await using quoin = await connect();
  const { config } = quoin;
  const place = { type: "redis", component: "stats" };
  assert.equal((await config.get(place)).found, false);
  const value = { host: "a", ports: [1, 2] };
  const { version = 0n } = await config.set({ ...place, value, actor: "kim" });
  assert.ok(version > 0n);
  const { configuration } = await config.get(place);
  assert.deepEqual(configuration?.value, value);
  assert.deepEqual([configuration?.version, configuration?.actor], [version, "kim"]);
  const next = { ...place, value: { host: "b" } };
  assert.equal((await config.set({ ...next, expectedVersion: version - 1n })).stored, false);
  assert.equal((await config.set({ ...next, expectedVersion: version })).stored, true);
  assert.equal((await config.delete({ ...place, expectedVersion: version })).deleted, false);
  assert.equal((await config.delete(place)).deleted, true);
});

test("a watch keeps the newest values and tells changes", async () => {
  await using quoin = await connect();
  await quoin.config.set({ type: "redis", component: "a", value: { x: 1 } });
  await using watch = quoin.config.watch({ type: "redis" });
  assert.equal(watch.get("a"), undefined);
  assert.equal(watch.isStale, true);
  await soon(watch.ready);
  assert.deepEqual(watch.get("a")?.value, { x: 1 });
  assert.deepEqual([watch.isStale, watch.asOf instanceof Date], [false, true]);
  const changes: Configuration[] = [];
  const off = watch.onChange((changed) => changes.push(changed));
  await quoin.config.set({ type: "redis", component: "b", value: { x: 2 } });
  await quoin.config.delete({ type: "redis", component: "a" });
  await eventually("both are told", () => changes.length === 2);
  assert.deepEqual(
    changes.map((one) => [one.component, one.deletion]),
    [
      ["b", false],
      ["a", true],
    ],
  );
  assert.deepEqual([...watch.all().keys()], ["b"]);
  off();
  await quoin.config.set({ type: "redis", component: "c", value: {} });
  await eventually("it is known", () => watch.get("c") !== undefined);
  assert.equal(changes.length, 2);
});

test("a watch that is not allowed, or closed, says so", async () => {
  await using quoin = await connect();
  await assert.rejects(soon(quoin.config.watch({ type: "" }).ready), InvalidRequestError);
  const watch = quoin.config.watch({ type: "redis" });
  const ready = assert.rejects(soon(watch.ready), /it was closed/);
  await watch.close();
  await ready;
});

test("maintenance begins and ends", async () => {
  await using quoin = await connect();
  await using watch = quoin.config.watchMaintenance({ name: "shop" });
  await soon(watch.ready);
  assert.equal(watch.current(), undefined);
  const until = timestampFromDate(new Date(Date.now() + 3_600_000));
  const maintenance = { notice: "back soon", until, allow: ["kim"] };
  await quoin.config.setMaintenance({ name: "shop", on: true, ...maintenance });
  await eventually("it has begun", () => watch.current() !== undefined);
  assert.deepEqual([watch.current()?.notice, watch.current()?.until], ["back soon", until]);
  await quoin.config.setMaintenance({ name: "shop", on: false });
  await eventually("it has ended", () => watch.current() === undefined);
});

test("an instance is known as long as it is announced", async () => {
  await using quoin = await connect();
  await using watch = quoin.config.watchService({ service: "shop" });
  await soon(watch.ready);
  let told = 0;
  watch.onChange(() => told++);
  const me = quoin.config.announce({
    service: "shop",
    address: "10.0.0.1:80",
    metadata: { zone: "a" },
  });
  await soon(me.ready);
  await eventually("it is known", () => watch.serving.length === 1);
  assert.ok(told > 0);
  const [instance] = (await quoin.config.resolve({ service: "shop" })).instances;
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
  await using old = quoin.config.announce({
    service: "shop",
    address: "10.0.0.1:80",
    instance: "one",
  });
  await soon(old.ready);
  await using young = quoin.config.announce({
    service: "shop",
    address: "10.0.0.2:80",
    instance: "one",
  });
  await soon(young.ready);
  await eventually("the old one is over", () => old.isReplaced);
  assert.equal(
    (await quoin.config.resolve({ service: "shop" })).instances[0]?.address,
    "10.0.0.2:80",
  );
  await assert.rejects(
    soon(quoin.config.announce({ service: "shop", address: "" }).ready),
    InvalidRequestError,
  );
});
