// SPDX-License-Identifier: Apache-2.0
import { setTimeout as wait } from "node:timers/promises";

/** Milliseconds by a clock that nobody sets; only differences have a meaning. */
export function now(): number {
  return performance.now();
}

/**
 * Waits; ends early, without failing, when the signal is aborted.
 *
 * @param ref whether the process does not end meanwhile
 */
export async function pause(millis: number, signal?: AbortSignal, ref = true): Promise<void> {
  await wait(millis, undefined, { signal, ref }).catch((reason: unknown) => {
    if (!signal?.aborted) {
      throw reason;
    }
  });
}

/** Has something done later, without keeping the process alive for it. */
export function later(millis: number, action: () => void): NodeJS.Timeout {
  return setTimeout(action, Math.max(0, millis)).unref();
}

/**
 * How long to pause before trying again to keep something: a tenth of its lease, 10 ms to 1 s,
 * spread so that many clients do not come at once.
 */
export function leasePause(lease: number): number {
  return spread(Math.max(10, Math.min(1_000, lease / 10)));
}

function spread(longest: number): number {
  return longest * (0.5 + Math.random() / 2);
}

/** Pauses between attempts that grow from 0.1 s to 1 s, spread. */
export class Backoff {
  private longest = 100;

  next(): number {
    const millis = spread(this.longest);
    this.longest = Math.min(1_000, this.longest * 2);
    return millis;
  }

  reset(): void {
    this.longest = 100;
  }
}
