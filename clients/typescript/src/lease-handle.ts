// SPDX-License-Identifier: Apache-2.0
import type { ClientCore } from "./client-core.js";
import { later, now } from "./clock.js";
import { LostError, type LostReason, type QuoinError } from "./errors.js";
import type { Grant, LeaseCalls } from "./lease-calls.js";
import { release } from "./leases.js";

/** Redis counts in whole milliseconds: a lease ends here no later than there. */
const CLOCK_STEP = 1;

/** When a lease ends here that was asked for at a moment, as {@link now} counts. */
export function leaseEnd(sent: number, lease: number): number {
  return sent + lease - CLOCK_STEP;
}

/** Why a call says that a token does not hold anything any more. */
export function lostReason(failure: QuoinError): LostReason {
  return /_REVOKED$/.test(failure.reason ?? "") ? "revoked" : "not_held";
}

/**
 * What was granted to this process for the time of a lease. It is renewed in the background until
 * it is released or lost; what is never released is renewed for as long as its client is open.
 *
 * Being told of a loss is no protection against it: a process can be stopped for longer than its
 * lease and go on without knowing. Pass the {@link fence} to what is protected, and have it refuse
 * any fence smaller than the greatest it has seen.
 */
export class LeaseHandle implements AsyncDisposable {
  private ends: Date;
  private readonly loss = new AbortController();
  private alarm: NodeJS.Timeout | undefined;
  private over = false;
  private releasing: Promise<void> | undefined;
  private reason: LostReason | undefined;
  private listeners: ((reason: LostReason) => void)[] = [];

  /**
   * @param end of the lease as {@link now} counts
   * @param stopRenewing ends the renewals
   * @internal
   */
  constructor(
    private readonly core: ClientCore,
    private readonly calls: LeaseCalls,
    private readonly grant: Grant,
    private end: number,
    private readonly stopRenewing: () => void,
  ) {
    this.ends = grant.expireTime;
    core.opened(this, () => this.release());
    this.watch();
  }

  /** The name under which it was asked for. */
  get name(): string {
    return this.calls.name;
  }

  /** Proves the ownership to the server. */
  get token(): string {
    return this.grant.token;
  }

  /** The number of this grant, greater than that of every earlier grant under this name. */
  get fence(): bigint {
    return this.grant.fence;
  }

  /** When the lease ends unless it is renewed again, by the clock of Redis as last heard. */
  get expireTime(): Date {
    return this.ends;
  }

  /** How many permits; 1 for a lock. */
  get permits(): number {
    return this.calls.permits;
  }

  /**
   * Whether it is held: neither released nor lost, and the lease still runs by the monotonic clock
   * of this process. The lease is counted from before its renewal was asked for, so it ends here
   * no later than it ends for others.
   */
  get isHeld(): boolean {
    return this.remaining > 0;
  }

  /** Aborted, with a `LostError`, when it is lost; never if it was released before. */
  get signal(): AbortSignal {
    return this.loss.signal;
  }

  /**
   * How long the lease still runs, in milliseconds; not positive when it does not.
   *
   * @internal
   */
  get remaining(): number {
    return this.over ? 0 : this.end - now();
  }

  /**
   * The lease was renewed. One that has run out stays lost.
   *
   * @internal
   */
  renewed(expireTime: Date, end: number): void {
    this.ends = expireTime;
    if (this.isHeld && end > this.end) {
      this.end = end;
      this.watch();
    }
  }

  /** @internal */
  lost(reason: LostReason): void {
    if (this.finish()) {
      this.reason = reason;
      this.loss.abort(new LostError(`${this.calls.what} "${this.name}"`, reason));
      for (const listener of this.listeners.splice(0)) {
        listener(reason);
      }
    }
  }

  /** Has a listener called once when it is lost; at once if it is lost already. */
  onLost(listener: (reason: LostReason) => void): void {
    const { what, name } = this.calls;
    const own = this.core.guarded(`a listener for the loss of ${what} "${name}"`, listener);
    const { reason } = this;
    if (reason !== undefined) {
      queueMicrotask(() => own(reason));
    } else if (!this.over) {
      this.listeners.push(own);
    }
  }

  /**
   * Gives it back: no renewal and no loss follows. Releasing again, or what was lost, does
   * nothing. Fails with `UnavailableError` when no server could be told; it then ends with its
   * lease.
   */
  release(): Promise<void> {
    // Ending a stream gives back, too. The release tells when, and works without a stream.
    this.releasing ??= this.finish()
      ? release(this.core, this.calls, this.token)
      : Promise.resolve();
    return this.releasing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  private finish(): boolean {
    const held = !this.over;
    this.over = true;
    clearTimeout(this.alarm);
    this.core.closed(this);
    this.stopRenewing();
    return held;
  }

  private watch(): void {
    clearTimeout(this.alarm);
    this.alarm = later(Math.ceil(this.end - now()), () => {
      if (this.isHeld) {
        this.watch();
      } else {
        this.lost("expired");
      }
    });
  }
}
