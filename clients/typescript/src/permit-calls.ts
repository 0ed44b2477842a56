// SPDX-License-Identifier: Apache-2.0
import { durationMessage } from "./durations.js";
import type { LostReason } from "./errors.js";
import {
  HoldResponse_Lost_Reason as LostCode,
  Semaphores as SemaphoresService,
} from "./gen/quoin/semaphores/v1/semaphores_pb.js";
import { endOf, holdEvent } from "./hold-events.js";
import type { HoldEvent, LeaseCalls } from "./leases.js";
import type { CallOptions, Link } from "./link.js";

const { renew, release, hold } = SemaphoresService.method;

const LOST: Record<number, LostReason> = {
  [LostCode.EXPIRED]: "expired",
  [LostCode.REVOKED]: "revoked",
};

/** The calls that keep permits. */
export class PermitCalls implements LeaseCalls {
  readonly what = "permits of";

  constructor(
    private readonly link: Link,
    readonly name: string,
    readonly lease: number,
    readonly permits: number,
    private readonly holder: string,
    private readonly limit: number,
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
    const { name, permits, holder, limit } = this;
    const request = { name, permits, lease: durationMessage(this.lease), holder, limit, token };
    for await (const response of this.link.stream(hold, request, signal)) {
      yield holdEvent(response, LOST);
    }
  }
}
