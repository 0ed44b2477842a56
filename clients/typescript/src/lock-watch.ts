// SPDX-License-Identifier: Apache-2.0
import { type Plain, plain } from "./convert.js";
import { Locks as LocksService, type WatchResponse } from "./gen/quoin/locks/v1/locks_pb.js";
import type { Link } from "./link.js";
import { resumed } from "./resume.js";
import { Subscription } from "./subscription.js";

/** What has happened to a lock, and how it stands now. */
export type LockChange = Plain<WatchResponse>;

/** Follows a lock. */
export class LockWatch extends Subscription<LockChange> {
  constructor(
    link: Link,
    private readonly name: string,
    signal: AbortSignal | undefined,
  ) {
    super(link, signal);
  }

  protected async *events(signal: AbortSignal): AsyncGenerator<LockChange, void, undefined> {
    for await (const change of resumed(
      this.link,
      LocksService.method.watch,
      () => ({ name: this.name }),
      signal,
    )) {
      yield plain(change);
    }
  }
}
