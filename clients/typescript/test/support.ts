// SPDX-License-Identifier: Apache-2.0
import { after } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Quoin, type QuoinOptions } from "@quoin/client";
import type { TestServer } from "@quoin/client/testing";
import { startGuardedServer, startSharedServer } from "./server.js";

const PATIENCE = 20_000;

let shared: Promise<TestServer> | undefined;
let guarded: Promise<TestServer> | undefined;
let namespaces = 0;

after(async () => {
  await (await shared)?.close();
  await (await guarded)?.close();
});

/** Address of a server that all tests of a file share. */
export async function sharedAddress(): Promise<string> {
  if (process.env.QUOIN_ADDRESS) {
    return process.env.QUOIN_ADDRESS;
  }
  shared ??= startSharedServer();
  return (await shared).address;
}

/** A namespace no other test has. */
export function freshNamespace(): string {
  return `t${process.pid}-${Date.now().toString(36)}-${++namespaces}`;
}

/** A client of the shared server, in a namespace of its own. */
export async function connect(options: QuoinOptions = {}): Promise<Quoin> {
  const patient = { namespace: freshNamespace(), deadline: "20s" };
  return Quoin.connect(await sharedAddress(), { ...patient, ...options });
}

/** A client of a server that wants to know who calls, in a namespace of its own. */
export async function connectGuarded(token?: string): Promise<Quoin> {
  const options = { namespace: freshNamespace(), deadline: "20s", ...(token && { token }) };
  return Quoin.connect(await guardedAddress(), options);
}

async function guardedAddress(): Promise<string> {
  if (process.env.QUOIN_GUARDED_ADDRESS) {
    return process.env.QUOIN_GUARDED_ADDRESS;
  }
  guarded ??= startGuardedServer();
  return (await guarded).address;
}

/**
 * Waits for the next hour if this one is nearly over: what is counted by the hour would be looked
 * for in another one.
 */
export async function quietHour(): Promise<void> {
  const left = 3_600_000 - (Date.now() % 3_600_000);
  if (left < 15_000) {
    await wait(left + 100);
  }
}

/** Waits for what is to come, no longer than 20 seconds. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`did not happen within ${PATIENCE} ms: ${what}`);
    }
    await wait(5);
  }
}

/** What a promise gives within 20 seconds. */
export async function soon<T>(promise: PromiseLike<T>): Promise<T> {
  const alarm = new AbortController();
  const late = wait(PATIENCE, undefined, { signal: alarm.signal, ref: true }).then(() => {
    throw new Error(`did not happen within ${PATIENCE} ms`);
  });
  late.catch(() => {});
  try {
    return (await Promise.race([promise, late])) as T;
  } finally {
    alarm.abort();
  }
}

/** What an iteration gives next, within 20 seconds. */
export async function next<T>(iterator: AsyncIterator<T>): Promise<T> {
  const { done, value } = await soon(iterator.next());
  if (done) {
    throw new Error("the iteration has ended");
  }
  return value;
}
