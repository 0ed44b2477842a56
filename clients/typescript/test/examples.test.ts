// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { FOLDER } from "./server.js";
import { sharedAddress } from "./support.js";

/** Runs a program; gives what it prints. */
async function run(name: string): Promise<string[]> {
  const program = join(FOLDER, "target", "test", "examples", `${name}.js`);
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [program, await sharedAddress()],
    { timeout: 60_000 },
  );
  assert.equal(stderr, "");
  return stdout.trimEnd().split("\n");
}

test("two workers write the report one after the other", async () => {
  const [first, second, third, ...rest] = await run("locks");
  assert.equal(second, "worker-2 sees it held by worker-1");
  assert.deepEqual(rest, []);
  const [one, two] = [first, third].map((line) =>
    BigInt(/fence (\d+)$/.exec(line ?? "")?.[1] ?? 0),
  );
  assert.ok(0n < (one ?? 0n) && (one ?? 0n) < (two ?? 0n));
});

test("a transfer waits for readers", async () => {
  const [readers, refused, holds, ...held] = await run("transfer");
  assert.equal(readers, "2 readers look at account 3: true");
  assert.equal(refused, "a transfer is refused: true");
  assert.equal(holds, "the transfer holds 2 locks");
  assert.deepEqual([...new Set(held)].sort(), ["account/3: transfer", "account/7: transfer"]);
});

test("three calls at a time are made", async () => {
  assert.deepEqual(await run("semaphores"), [
    "in use: 1 of 3",
    "one call more is fine",
    "bulk upload with 3 permits",
  ]);
});

test("mails are sent once, later, or not at all", async () => {
  assert.deepEqual(await run("queues"), [
    "DONE after 1: told ann",
    "DONE after 2: told bob",
    "DEAD after 1:",
  ]);
});

test("what Ann wrote waits for Bob", async () => {
  assert.deepEqual(await run("chat"), [
    "unread for Bob: 2",
    "Bob hears: hi Bob",
    "Bob hears: are you there?",
    "Bob hears: see you",
    "unread for Bob: 0",
  ]);
});
