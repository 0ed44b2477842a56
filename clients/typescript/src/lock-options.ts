// SPDX-License-Identifier: Apache-2.0
import type { Duration } from "./durations.js";

/** How to hold a lock. */
export interface HoldOptions {
  /**
   * How long the lock stays held when nothing renews it any more: 100 ms to 24 h, 10 s by
   * default.
   */
  lease?: Duration;
  /**
   * Label that others see while the lock is held, for example a host name: at most 256 bytes, no
   * control characters; not a credential.
   */
  holder?: string;
  /** Whether to hold it together with others that want it shared, as a reader. */
  shared?: boolean;
  /** Ends the waiting when it is aborted; what was won at that moment is given back. */
  signal?: AbortSignal;
  /** Told the place in line by `hold`, 1 being the next to be served, whenever it changes. */
  onWaiting?: (position: number) => void;
}

/** How to acquire a lock. */
export interface LockOptions extends Omit<HoldOptions, "onWaiting"> {
  /** How long to stand in line while somebody else holds it: 0 (the default) to 24 h. */
  wait?: Duration;
}
