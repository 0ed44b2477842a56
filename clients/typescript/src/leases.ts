// SPDX-License-Identifier: Apache-2.0
import { leasePause, now, pause } from "./clock.js";
import {
  LostError,
  type LostReason,
  NotHeldError,
  type QuoinError,
  UnavailableError,
} from "./errors.js";
import { quoinError } from "./failures.js";
import type { CallOptions, Link } from "./link.js";

/** What a server granted. */
export interface Grant {
  readonly token: string;
  readonly fence: bigint;
  readonly expireTime: Date;
}

/** What a stream that holds something tells. */
export type HoldEvent =
  | { readonly kind: "waiting"; readonly position: number }
  | { readonly kind: "granted"; readonly grant: Grant }
  | { readonly kind: "renewed"; readonly expireTime: Date }
  | { readonly kind: "lost"; readonly reason: LostReason }
  | { readonly kind: "reconnect"; readonly token: string }
  | { readonly kind: "other" };

/** The calls by which something is kept and given back, whatever service it belongs to. */
export interface LeaseCalls {
  readonly name: string;
  /** What it is, for people. */
  readonly what: string;
  /** In milliseconds. */
  readonly lease: number;
  /** How many permits; 1 for what there is one of. */
  readonly permits: number;
  /** Renews the lease and tells its new end. */
  renew(token: string, options: CallOptions): Promise<Date>;
  release(token: string, options: CallOptions): Promise<unknown>;
  /** Opens a stream that holds it; the token is empty to ask for a new grant. */
  hold(token: string, signal: AbortSignal): AsyncIterable<HoldEvent>;
}

/** Why a token does not hold anything any more. */
export function lostReason(failure: QuoinError): LostReason {
  return /_(FORCED|REVOKED)$/.test(failure.reason ?? "") ? "revoked" : "not_held";
}

/** The error of a loss. */
export function lostError(calls: LeaseCalls, reason: LostReason): LostError {
  return new LostError(`${calls.what} "${calls.name}"`, reason);
}

/**
 * Gives a grant back. It is repeated while no server can be reached, within the default deadline;
 * not holding it then means that it is free of us, which is all that is wanted.
 */
export async function release(link: Link, calls: LeaseCalls, token: string): Promise<void> {
  const end = now() + link.deadline;
  for (;;) {
    try {
      await calls.release(token, { timeout: Math.max(1, end - now()) });
      return;
    } catch (e) {
      const failure = quoinError(e);
      if (failure instanceof NotHeldError) {
        return;
      }
      const millis = leasePause(link.deadline);
      if (!(failure instanceof UnavailableError) || now() + millis >= end) {
        throw failure;
      }
      await pause(millis);
    }
  }
}
