// SPDX-License-Identifier: Apache-2.0
import type { ClientCore } from "./client-core.js";
import type { Duration } from "./durations.js";
import { StatsRecorder } from "./stats-recorder.js";

/** What the client adds to the calls of Stats. */
export class StatsHelper {
  /** @internal */
  constructor(private readonly core: ClientCore) {}

  /**
   * Collects values in this process and sends them once in a period: single values, times, and the
   * calls of a transport or router.
   */
  recorder(period: Duration = "1s"): StatsRecorder {
    return new StatsRecorder(this.core, period);
  }
}
