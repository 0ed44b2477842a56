// SPDX-License-Identifier: Apache-2.0

import { type Plain, plain } from "./convert.js";
import { CounterRecorder } from "./counter-recorder.js";
import { type Duration, durationMessage } from "./durations.js";
import { Counters as CountersService, type Sample } from "./gen/quoin/counters/v1/counters_pb.js";
import type { CallOptions, Link } from "./link.js";
import { pages } from "./pages.js";
import { resumed } from "./resume.js";
import { Subscription } from "./subscription.js";

/** What was counted in one slice of time. */
export type CounterSample = Plain<Sample>;

const { delete: remove, get, increment, list, watch } = CountersService.method;

/**
 * Counters: time series of what happens, at several precisions at once.
 *
 * {@link increment} counts one thing and tells that it is counted. {@link recorder} counts in this
 * process and sends the sums: use it where things happen often. A name is 1 to 256 bytes without
 * control characters.
 */
export class Counters {
  /** @internal */
  constructor(private readonly link: Link) {}

  /**
   * Adds to a counter, 1 if nothing else is said, exactly once also when the call has to be
   * repeated. Fails with `COUNTER_OVERFLOW` when a count would leave the range of 64-bit numbers.
   */
  async increment(name: string, delta: number | bigint = 1, options?: CallOptions): Promise<void> {
    await this.link.call(increment, { name, delta: BigInt(delta) }, options);
  }

  /**
   * The newest samples of a counter at a precision, oldest first, with zeros where nothing was
   * counted. Fails with `COUNTER_PRECISION_UNKNOWN` when the server keeps no such precision.
   *
   * @param precision one of those the server keeps: 1 s, 5 s, 1 min, 5 min, 1 h, 5 h, 1 day by
   *   default
   * @param last how many at most; 0 for all that are kept
   */
  async get(
    name: string,
    precision: Duration,
    last = 0,
    options?: CallOptions,
  ): Promise<CounterSample[]> {
    const request = { name, precision: durationMessage(precision), last, zeroFill: true };
    return plain((await this.link.call(get, request, options)).samples);
  }

  /**
   * The slice of a counter that ended last and the one that is open, at once and after every
   * change, whatever happens to connections and servers; who reads slowly gets the newest.
   */
  watch(
    name: string,
    precision: Duration,
    options: { signal?: AbortSignal } = {},
  ): Subscription<CounterSample[]> {
    return new CounterWatch(this.link, name, precision, options.signal);
  }

  /** The names of the counters that begin with a prefix, in the order of their bytes. */
  async *list(prefix = "", options?: CallOptions): AsyncGenerator<string, void, undefined> {
    for await (const page of pages(this.link, list, { prefix, pageSize: 1_000 }, options)) {
      yield* page.names;
    }
  }

  /** Forgets a counter; tells whether there was one. */
  async delete(name: string, options?: CallOptions): Promise<boolean> {
    return (await this.link.call(remove, { name }, options)).deleted ?? false;
  }

  /** Counts in this process and sends the sums once in a period. */
  recorder(period: Duration = "1s"): CounterRecorder {
    return new CounterRecorder(this.link, period);
  }
}

class CounterWatch extends Subscription<CounterSample[]> {
  constructor(
    link: Link,
    private readonly name: string,
    private readonly precision: Duration,
    signal: AbortSignal | undefined,
  ) {
    super(link, signal);
  }

  protected async *events(signal: AbortSignal): AsyncGenerator<CounterSample[], void, undefined> {
    const request = () => ({ name: this.name, precision: durationMessage(this.precision) });
    for await (const state of resumed(this.link, watch, request, signal)) {
      yield plain(state.samples);
    }
  }
}
