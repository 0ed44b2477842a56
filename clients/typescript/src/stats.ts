// SPDX-License-Identifier: Apache-2.0
import { type Plain, plain } from "./convert.js";
import type { Duration } from "./durations.js";
import {
  type GetResponse,
  type SlowestResponse_Slow,
  Stats as StatsService,
} from "./gen/quoin/stats/v1/stats_pb.js";
import type { CallOptions, Link } from "./link.js";
import { StatsRecorder } from "./stats-recorder.js";

/** The figures of a context in one hour; all 0 when nothing was recorded. */
export type StatsFigures = Plain<GetResponse>;

/** A context and the mean of its values. */
export type SlowContext = Plain<SlowestResponse_Slow>;

/**
 * Stats: figures of measured values per kind, context and hour.
 *
 * {@link recorder} records: single values, times, and the calls of a transport or router. What has
 * no method here is on the stub `stats`.
 */
export class Stats {
  /** @internal */
  constructor(private readonly link: Link) {}

  /**
   * The figures of a context.
   *
   * @param hoursAgo 0, the default, for the current hour, 1 for the one before, up to 24
   */
  async get(
    kind: string,
    context: string,
    hoursAgo = 0,
    options?: CallOptions,
  ): Promise<StatsFigures> {
    const window = { case: "hoursAgo" as const, value: hoursAgo };
    return plain(await this.link.call(StatsService.method.get, { kind, context, window }, options));
  }

  /**
   * The contexts of a kind with the highest means, highest first.
   *
   * @param hoursAgo 0, the default, for the current hour, 1 for the one before, up to 24
   * @param limit how many at most, up to 100, 10 by default
   */
  async slowest(
    kind: string,
    { hoursAgo = 0, limit = 10 }: { hoursAgo?: number; limit?: number } = {},
    options?: CallOptions,
  ): Promise<SlowContext[]> {
    const window = { case: "hoursAgo" as const, value: hoursAgo };
    const request = { kind, window, limit };
    return plain((await this.link.call(StatsService.method.slowest, request, options)).slowest);
  }

  /** Collects values in this process and sends them once in a period. */
  recorder(period: Duration = "1s"): StatsRecorder {
    return new StatsRecorder(this.link, period);
  }
}
