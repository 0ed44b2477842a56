// SPDX-License-Identifier: Apache-2.0
import type { ClientCore } from "./client-core.js";
import { leasePause, now, pause } from "./clock.js";
import { ClosedError, type LostReason, NotHeldError, UnavailableError } from "./errors.js";
import { quoinError } from "./failures.js";
import { LostReason as LostCode } from "./gen/quoin/streams/v1/streams_pb.js";
import { endOf, type Grant, grantOf, type HoldEvent, type LeaseCalls } from "./lease-calls.js";
import { LeaseHandle, leaseEnd, lostReason } from "./lease-handle.js";
import { onAbort } from "./signals.js";

/** What codes of losses mean that are not just "not held". */
const LOST: Partial<Record<LostCode, LostReason>> = {
  [LostCode.EXPIRED]: "expired",
  [LostCode.REVOKED]: "revoked",
};

/**
 * Keeps a Hold open: one stream at a time, and another one with the same token when a stream ends
 * that should not have.
 */
export class HoldCall {
  private readonly cancelled = new AbortController();
  private readonly granted: Promise<LeaseHandle>;
  private resolve: (handle: LeaseHandle) => void = () => {};
  private reject: (reason: unknown) => void = () => {};
  private held: HeldLease | undefined;
  private sent = 0;

  private constructor(
    private readonly core: ClientCore,
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
    core: ClientCore,
    calls: LeaseCalls,
    onWaiting: (position: number) => void,
    signal?: AbortSignal,
  ): Promise<LeaseHandle> {
    signal?.throwIfAborted();
    const what = `onWaiting of ${calls.what} "${calls.name}"`;
    const call = new HoldCall(core, calls, core.guarded(what, onWaiting));
    const forget = onAbort(signal, () => call.giveUp(signal?.reason));
    core.opened(call, () => call.giveUp(new ClosedError()));
    void call.run();
    try {
      return await call.granted;
    } finally {
      forget();
      core.closed(call);
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
    const state = this.core.streamState(`the hold of ${what} "${name}"`);
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
      if (event.case === "reconnect") {
        return event.value.token;
      }
      if (event.case === "lost") {
        this.held?.handle.lost(LOST[event.value.reason] ?? "not_held");
        return this.held ? undefined : "";
      }
      if (!(await this.take(event))) {
        return this.cancelled.signal.aborted ? undefined : "";
      }
    }
    return this.held?.handle.token ?? "";
  }

  /** Takes in an event; false when the stream is of no use any more. */
  private async take(event: HoldEvent): Promise<boolean> {
    if (event.case === "waiting") {
      this.onWaiting(Number(event.value.position));
    } else if (event.case === "heartbeat" && event.value.expireTime) {
      this.held?.renewed(endOf(event.value));
    } else if (event.case === "granted" && this.held) {
      this.held.resumed(this.sent, endOf(event.value));
    } else if (event.case === "granted") {
      const grant = await this.confirmed(grantOf(event.value));
      if (!grant || this.cancelled.signal.aborted) {
        return false;
      }
      const stop = () => this.cancelled.abort();
      this.held = new HeldLease(this.core, this.calls, grant, this.sent, stop);
      this.resolve(this.held.handle);
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
      return { ...grant, expireTime: await this.calls.renew(grant.token) };
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
      this.held.handle.lost(lostReason(failure));
      return undefined;
    }
    if (this.held || isNotHeld || failure instanceof UnavailableError) {
      return this.held?.handle.token ?? "";
    }
    this.reject(failure);
    return undefined;
  }
}

/** The lease of a grant that the server renews for as long as a Hold is open. */
class HeldLease {
  readonly handle: LeaseHandle;
  private readonly lease: number;

  /**
   * The end of some lease by the clock of Redis and, anchorEnd, by ours: no later, because that
   * lease was counted from before it was asked for. Later ends follow by their difference.
   */
  private anchor: Date;
  private anchorEnd: number;

  constructor(core: ClientCore, calls: LeaseCalls, grant: Grant, sent: number, stop: () => void) {
    this.lease = calls.lease;
    this.anchor = grant.expireTime;
    this.anchorEnd = leaseEnd(sent, this.lease);
    this.handle = new LeaseHandle(core, calls, grant, this.anchorEnd, stop);
  }

  /** A new stream took the grant over; its lease was asked for at this moment. */
  resumed(sent: number, expireTime: Date): void {
    this.anchor = expireTime;
    this.anchorEnd = leaseEnd(sent, this.lease);
    this.handle.renewed(expireTime, this.anchorEnd);
  }

  /** The server says that it renewed the lease. */
  renewed(expireTime: Date): void {
    const end = this.anchorEnd + (expireTime.getTime() - this.anchor.getTime());
    this.handle.renewed(expireTime, Math.min(end, leaseEnd(now(), this.lease)));
  }
}
