// SPDX-License-Identifier: Apache-2.0
import { later, leasePause, now } from "./clock.js";
import { NotHeldError } from "./errors.js";
import { quoinError } from "./failures.js";
import { type Grant, type LeaseCalls, lostReason } from "./leases.js";
import type { Link } from "./link.js";
import { leaseEnd, Possession } from "./possession.js";

/**
 * Keeps a grant by calls of its own, after every third of its lease. One that was asked for long
 * ago, because it had to be waited for, is renewed first: nobody knows how much of its lease is
 * left.
 *
 * @param sent when it was asked for
 * @param signal aborted when nobody wants it any more
 */
export async function keep(
  link: Link,
  calls: LeaseCalls,
  grant: Grant,
  sent: number,
  signal: AbortSignal,
): Promise<Possession> {
  const asked = now();
  if (asked - sent < calls.lease / 3) {
    return new LeaseRenewal(link, calls, grant, sent).possession;
  }
  const expireTime = await calls.renew(grant.token, { signal });
  return new LeaseRenewal(link, calls, { ...grant, expireTime }, asked).possession;
}

class LeaseRenewal {
  readonly possession: Possession;
  private next: NodeJS.Timeout | undefined;

  constructor(
    link: Link,
    private readonly calls: LeaseCalls,
    private readonly grant: Grant,
    sent: number,
  ) {
    const end = leaseEnd(sent, calls.lease);
    this.possession = new Possession(link, calls, grant, end, () => clearTimeout(this.next));
    this.renewAfter(calls.lease / 3 - (now() - sent));
  }

  private renewAfter(millis: number): void {
    if (this.possession.isHeld) {
      this.next = later(millis, () => void this.renew());
    }
  }

  private async renew(): Promise<void> {
    const { lease } = this.calls;
    const left = this.possession.remaining;
    if (left <= 0) {
      return;
    }
    const sent = now();
    try {
      const timeout = Math.max(1, Math.min(lease / 3, left));
      const expireTime = await this.calls.renew(this.grant.token, { timeout });
      this.possession.renewed(expireTime, leaseEnd(sent, lease));
      this.renewAfter(lease / 3 - (now() - sent));
    } catch (e) {
      const failure = quoinError(e);
      if (failure instanceof NotHeldError) {
        this.possession.lost(lostReason(failure));
      } else {
        this.renewAfter(leasePause(lease));
      }
    }
  }
}
