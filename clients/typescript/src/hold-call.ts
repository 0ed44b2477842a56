// SPDX-License-Identifier: Apache-2.0
import { leasePause, now, pause } from "./clock.js";
import { ClosedError, NotHeldError, UnavailableError } from "./errors.js";
import { quoinError } from "./failures.js";
import { type Grant, type HoldEvent, type LeaseCalls, lostReason } from "./leases.js";
import type { Link } from "./link.js";
import { leaseEnd, Possession } from "./possession.js";
import { onAbort } from "./signals.js";

/**
 * Keeps a Hold open: one stream at a time, and another one with the same token when a stream ends
 * that should not have.
 */
export class HoldCall {
  private readonly cancelled = new AbortController();
  private readonly granted: Promise<Possession>;
  private resolve: (possession: Possession) => void = () => {};
  private reject: (reason: unknown) => void = () => {};
  private held: HeldLease | undefined;
  private sent = 0;

  private constructor(
    private readonly link: Link,
    private readonly calls: LeaseCalls,
    private readonly onWaiting: (position: number) => void,
  ) {
    this.granted = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /**
   * Asks for a grant and keeps it.
   *
   * @param onWaiting told the place in line
   * @param signal ends the waiting; it has no meaning for what has been granted
   */
  static async begin(
    link: Link,
    calls: LeaseCalls,
    onWaiting: (position: number) => void,
    signal?: AbortSignal,
  ): Promise<Possession> {
    signal?.throwIfAborted();
    const what = `onWaiting of ${calls.what} "${calls.name}"`;
    const call = new HoldCall(link, calls, link.guarded(what, onWaiting));
    const forget = onAbort(signal, () => call.giveUp(signal?.reason));
    link.opened(call, () => call.giveUp(new ClosedError()));
    void call.run();
    try {
      return await call.granted;
    } finally {
      forget();
      link.closed(call);
    }
  }

  private giveUp(reason: unknown): void {
    if (!this.held) {
      this.cancelled.abort();
      this.reject(reason);
    }
  }

  private async run(): Promise<void> {
    const { what, name } = this.calls;
    const state = this.link.streamState(`the hold of ${what} "${name}"`);
    let token: string | undefined = "";
    while (token !== undefined && !this.cancelled.signal.aborted) {
      try {
        token = await this.once(token, state.well);
      } catch (e) {
        token = this.failed(e);
        if (token !== undefined) {
          state.broken(quoinError(e));
        }
      }
      if (token !== undefined) {
        await pause(leasePause(this.calls.lease), this.cancelled.signal);
      }
    }
  }

  /** One stream; gives the token to go on with, if it is to go on. */
  private async once(token: string, well: () => void): Promise<string | undefined> {
    this.sent = now();
    for await (const event of this.calls.hold(token, this.cancelled.signal)) {
      well();
      if (event.kind === "reconnect") {
        return event.token;
      }
      if (event.kind === "lost") {
        this.held?.possession.lost(event.reason);
        return this.held ? undefined : "";
      }
      if (!(await this.take(event))) {
        return this.cancelled.signal.aborted ? undefined : "";
      }
    }
    return this.held?.possession.token ?? "";
  }

  /** Takes in an event; false when the stream is of no use any more. */
  private async take(event: HoldEvent): Promise<boolean> {
    if (event.kind === "waiting") {
      this.onWaiting(event.position);
    } else if (event.kind === "renewed") {
      this.held?.renewed(event.expireTime);
    } else if (event.kind === "granted" && this.held) {
      this.held.resumed(this.sent, event.grant.expireTime);
    } else if (event.kind === "granted") {
      const grant = await this.confirmed(event.grant);
      if (!grant || this.cancelled.signal.aborted) {
        return false;
      }
      const stop = () => this.cancelled.abort();
      this.held = new HeldLease(this.link, this.calls, grant, this.sent, stop);
      this.resolve(this.held.possession);
    }
    return true;
  }

  /** Renews a grant that had to be waited for: nobody knows how much of its lease is left. */
  private async confirmed(grant: Grant): Promise<Grant | undefined> {
    if (now() - this.sent < this.calls.lease / 3) {
      return grant;
    }
    this.sent = now();
    try {
      return { ...grant, expireTime: await this.calls.renew(grant.token, {}) };
    } catch {
      return undefined;
    }
  }

  private failed(thrown: unknown): string | undefined {
    if (this.cancelled.signal.aborted) {
      return undefined;
    }
    const failure = quoinError(thrown);
    const isNotHeld = failure instanceof NotHeldError;
    if (this.held && isNotHeld) {
      this.held.possession.lost(lostReason(failure));
      return undefined;
    }
    if (this.held || isNotHeld || failure instanceof UnavailableError) {
      return this.held?.possession.token ?? "";
    }
    this.reject(failure);
    return undefined;
  }
}

/** The lease of a grant that the server renews for as long as a Hold is open. */
class HeldLease {
  readonly possession: Possession;
  private readonly lease: number;

  /**
   * The end of some lease by the clock of Redis and, anchorEnd, by ours: no later, because that
   * lease was counted from before it was asked for. Later ends follow by their difference.
   */
  private anchor: Date;
  private anchorEnd: number;

  constructor(link: Link, calls: LeaseCalls, grant: Grant, sent: number, stop: () => void) {
    this.lease = calls.lease;
    this.anchor = grant.expireTime;
    this.anchorEnd = leaseEnd(sent, this.lease);
    this.possession = new Possession(link, calls, grant, this.anchorEnd, stop);
  }

  /** A new stream took the grant over; its lease was asked for at this moment. */
  resumed(sent: number, expireTime: Date): void {
    this.anchor = expireTime;
    this.anchorEnd = leaseEnd(sent, this.lease);
    this.possession.renewed(expireTime, this.anchorEnd);
  }

  /** The server says that it renewed the lease. */
  renewed(expireTime: Date): void {
    const end = this.anchorEnd + (expireTime.getTime() - this.anchor.getTime());
    this.possession.renewed(expireTime, Math.min(end, leaseEnd(now(), this.lease)));
  }
}
