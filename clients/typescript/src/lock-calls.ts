// SPDX-License-Identifier: Apache-2.0
import { durationMessage } from "./durations.js";
import type { LostReason } from "./errors.js";
import {
  Locks as LocksService,
  HoldResponse_Lost_Reason as LostCode,
  type Mode,
} from "./gen/quoin/locks/v1/locks_pb.js";
import { endOf, holdEvent } from "./hold-events.js";
import type { HoldEvent, LeaseCalls } from "./leases.js";
import type { CallOptions, Link } from "./link.js";

const { renew, release, hold } = LocksService.method;

const LOST: Record<number, LostReason> = {
  [LostCode.EXPIRED]: "expired",
  [LostCode.FORCED]: "revoked",
};

/** The calls that keep a lock. */
export class LockCalls implements LeaseCalls {
  readonly what = "lock";
  readonly permits = 1;

  constructor(
    private readonly link: Link,
    readonly name: string,
    readonly lease: number,
    private readonly holder: string,
    private readonly mode: Mode,
  ) {}

  async renew(token: string, options: CallOptions): Promise<Date> {
    const lease = durationMessage(this.lease);
    return endOf(await this.link.call(renew, { name: this.name, token, lease }, options));
  }

  release(token: string, options: CallOptions): Promise<unknown> {
    return this.link.call(release, { name: this.name, token }, options);
  }

  giveUp(acquireRequestId: string, options: CallOptions): Promise<unknown> {
    return this.link.call(release, { name: this.name, acquireRequestId }, options);
  }

  async *hold(token: string, signal: AbortSignal): AsyncGenerator<HoldEvent> {
    const { name, holder, mode } = this;
    const request = { name, lease: durationMessage(this.lease), holder, token, mode };
    for await (const response of this.link.stream(hold, request, signal)) {
      yield holdEvent(response, LOST);
    }
  }
}
