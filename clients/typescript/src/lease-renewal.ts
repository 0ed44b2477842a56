// SPDX-License-Identifier: Apache-2.0
import type { ClientCore } from "./client-core.js";
import { later, leasePause, now } from "./clock.js";
import { NotHeldError } from "./errors.js";
import { quoinError } from "./failures.js";
import type { Grant, LeaseCalls } from "./lease-calls.js";
import { LeaseHandle, leaseEnd, lostReason } from "./lease-handle.js";

/**
 * Keeps a grant by calls of its own, after every third of its lease. One that was asked for long
 * ago, because it had to be waited for, is renewed first: nobody knows how much of its lease is
 * left.
 *
 * @param sent when it was asked for
 * @param signal aborted when nobody wants it any more
 */
export async function keep(
  core: ClientCore,
  calls: LeaseCalls,
  grant: Grant,
  sent: number,
  signal: AbortSignal,
): Promise<LeaseHandle> {
  const asked = now();
  if (asked - sent < calls.lease / 3) {
    return new LeaseRenewal(core, calls, grant, sent).handle;
  }
  const expireTime = await calls.renew(grant.token, { signal });
  return new LeaseRenewal(core, calls, { ...grant, expireTime }, asked).handle;
}

class LeaseRenewal {
  readonly handle: LeaseHandle;
  private next: NodeJS.Timeout | undefined;

  constructor(
    core: ClientCore,
    private readonly calls: LeaseCalls,
    private readonly grant: Grant,
    sent: number,
  ) {
    const end = leaseEnd(sent, calls.lease);
    this.handle = new LeaseHandle(core, calls, grant, end, () => clearTimeout(this.next));
    this.renewAfter(calls.lease / 3 - (now() - sent));
  }

  private renewAfter(millis: number): void {
    if (this.handle.isHeld) {
      this.next = later(millis, () => void this.renew());
    }
  }

  private async renew(): Promise<void> {
    const { lease } = this.calls;
    const left = this.handle.remaining;
    if (left <= 0) {
      return;
    }
    const sent = now();
    try {
      const timeoutMs = Math.max(1, Math.min(lease / 3, left));
      const expireTime = await this.calls.renew(this.grant.token, { timeoutMs });
      this.handle.renewed(expireTime, leaseEnd(sent, lease));
      this.renewAfter(lease / 3 - (now() - sent));
    } catch (e) {
      const failure = quoinError(e);
      if (failure instanceof NotHeldError) {
        this.handle.lost(lostReason(failure));
      } else {
        this.renewAfter(leasePause(lease));
      }
    }
  }
}
