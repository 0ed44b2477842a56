// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClientCore } from "./client-core.js";
import { now } from "./clock.js";
import { durationMessage, milliseconds } from "./durations.js";
import {
  Locks as LocksService,
  Mode,
  type WatchRequestSchema,
  type WatchResponse,
} from "./gen/quoin/locks/v1/locks_pb.js";
import { grantOf } from "./lease-calls.js";
import type { LeaseHandle } from "./lease-handle.js";
import { LeaseHelper, type LeaseOptions, type WaitOptions } from "./lease-helper.js";
import { keep } from "./lease-renewal.js";
import { LeaseSet } from "./lease-set.js";
import { acquiring } from "./leases.js";
import { messagesOf, ResumableStream, type StreamOptions } from "./resumable-stream.js";

/** How to hold a lock. */
export interface LockOptions extends LeaseOptions {
  /** Whether to hold it together with others that want it shared, as a reader. */
  shared?: boolean;
}

/** A lock that was granted to this process. */
export type Lock = LeaseHandle;

const { method } = LocksService;

/** What the client adds to the calls of Locks. */
export class LocksHelper extends LeaseHelper<LockOptions> {
  /** @internal */
  constructor(core: ClientCore) {
    super(core, method, "lock");
  }

  /**
   * Acquires several locks or none, in an order that is the same for all callers, so that they
   * never wait for each other in a circle. Fails as {@link acquire}.
   *
   * @param names 1 to 16, none twice
   * @param options the wait is for all of them together
   * @returns the locks, or undefined when one of them could not be had
   */
  async acquireAll(
    names: string[],
    options: LockOptions & WaitOptions = {},
  ): Promise<LeaseSet | undefined> {
    const { wait = 0, signal } = options;
    const waitMs = milliseconds(wait);
    const timeoutMs = this.core.waitTimeout(waitMs);
    const all = names.map((name) => this.calls(name, options));
    const lease = all[0] && durationMessage(all[0].lease);
    const request = { ...this.fields(options), names, label: options.label, lease };
    const sent = now();
    return acquiring(
      this.core,
      all,
      signal,
      (requestId, ended) =>
        this.core.call(
          method.acquireAll,
          { ...request, wait: durationMessage(waitMs), requestId },
          { signal: ended, timeoutMs },
        ),
      ({ acquired, grants, expireTime }, ended) => {
        const kept = grants.map((grant) => {
          const calls = this.calls(grant.name, options);
          return keep(this.core, calls, grantOf({ ...grant, expireTime }), sent, ended);
        });
        return acquired ? LeaseSet.of(kept) : undefined;
      },
    );
  }

  /**
   * Follows a lock: its state, then every change. After a break the state comes again; a slow
   * reader gets the newest only.
   */
  watch(
    request: MessageInitShape<typeof WatchRequestSchema>,
    options?: StreamOptions,
  ): ResumableStream<WatchResponse> {
    return ResumableStream.open(this.core, messagesOf(method.watch), request, options);
  }

  /** @internal */
  protected override fields({ shared }: LockOptions) {
    return { mode: shared ? Mode.SHARED : Mode.EXCLUSIVE };
  }
}
