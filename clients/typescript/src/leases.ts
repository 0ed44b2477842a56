// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { type CallOptions, Code } from "@connectrpc/connect";
import { isA } from "./callbacks.js";
import type { ClientCore } from "./client-core.js";
import { leasePause, now, pause } from "./clock.js";
import { ClosedError, NotHeldError, QuoinError, UnavailableError } from "./errors.js";
import { quoinError } from "./failures.js";
import type { LeaseCalls } from "./lease-calls.js";
import { wasNeverSent } from "./retries.js";
import { onAbort } from "./signals.js";

/**
 * Gives a grant back. It is repeated while no server can be reached, within the default deadline;
 * not holding it then means that it is free of us, which is all that is wanted.
 */
export async function release(core: ClientCore, calls: LeaseCalls, token: string): Promise<void> {
  const end = now() + core.deadline;
  for (;;) {
    try {
      await calls.release(token, { timeoutMs: Math.max(1, end - now()) });
      return;
    } catch (e) {
      const failure = quoinError(e);
      if (failure instanceof NotHeldError) {
        return;
      }
      const millis = leasePause(core.deadline);
      if (!(failure instanceof UnavailableError) || now() + millis >= end) {
        throw failure;
      }
      await pause(millis);
    }
  }
}

/** Failures after which nobody here knows whether something was granted. */
const UNKNOWN_OUTCOME: ReadonlySet<Code> = new Set([
  Code.Canceled,
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Aborted,
  Code.Internal,
  Code.Unavailable,
]);

/** How long one attempt to give up a request may take, whatever the deadline of calls is. */
const GIVING_UP_MILLIS = 5_000;

/** Servers remember for ten minutes that a request was given up. */
const LONGEST_GIVING_UP = 600_000;

/** What was asked for, and the call that gives it back by the id of the request. */
export interface Given {
  /** How long it is held unless it is given back, in milliseconds. */
  readonly lease: number;
  giveUp(requestId: string, options: CallOptions): Promise<unknown>;
}

/**
 * Acquires: asks for grants, and has them kept. When that fails, is aborted or the client is closed,
 * and something may have been granted that the program does not hear of, it is given back in the
 * background.
 *
 * @param all what is asked for
 * @param ask makes the call, which is ended by the signal
 * @param keep takes what was granted; undefined when nothing was
 */
export async function acquiring<A, T>(
  core: ClientCore,
  all: readonly Given[],
  caller: AbortSignal | undefined,
  ask: (requestId: string, signal: AbortSignal) => Promise<A>,
  keep: (answer: A, signal: AbortSignal) => Promise<T> | undefined,
): Promise<T | undefined> {
  caller?.throwIfAborted();
  const requestId = randomUUID();
  const ended = new AbortController();
  const forget = onAbort(caller, () => ended.abort(caller?.reason));
  let over = () => {};
  const done = new Promise<void>((resolve) => {
    over = () => {
      core.closed(ended);
      resolve();
    };
  });
  core.opened(ended, () => {
    ended.abort(new ClosedError());
    return done;
  });
  let mayHold = (failure: unknown) => !isRefusal(failure);
  try {
    const answer = await ask(requestId, ended.signal);
    mayHold = () => true;
    const kept = await keep(answer, ended.signal);
    over();
    return kept;
  } catch (e) {
    const givenUp = ended.signal.aborted || mayHold(e) ? all : [];
    void Promise.all(givenUp.map((calls) => giveUp(calls, requestId))).then(over);
    throw e;
  } finally {
    forget();
  }
}

function isRefusal(failure: unknown): boolean {
  return isA(failure, QuoinError) && (!UNKNOWN_OUTCOME.has(failure.code) || wasNeverSent(failure));
}

/** Gives up a request; repeated until it is answered, or what it won has ended with its lease. */
async function giveUp(calls: Given, requestId: string): Promise<void> {
  const end = now() + Math.min(calls.lease, LONGEST_GIVING_UP);
  while (now() < end) {
    try {
      const timeoutMs = Math.max(1, Math.min(GIVING_UP_MILLIS, end - now()));
      await calls.giveUp(requestId, { timeoutMs });
      return;
    } catch (e) {
      const { code } = quoinError(e);
      if (isA(e, ClosedError) || !UNKNOWN_OUTCOME.has(code)) {
        return;
      }
      await pause(leasePause(calls.lease), undefined, false);
    }
  }
}
