// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { BatchSender } from "./batch-sender.js";
import type { ClientCore } from "./client-core.js";
import { type Duration, milliseconds } from "./durations.js";
import { Counters as CountersService } from "./gen/quoin/counters/v1/counters_pb.js";
import { halves, Recorder } from "./recorder.js";
import { checkName } from "./texts.js";

const NAMES_PER_REQUEST = 1_000;
const MOST_NAMES = 100_000;
const LEAST = -(2n ** 63n);
const GREATEST = 2n ** 63n - 1n;

/**
 * Counts in this process and sends the sums once in a while, so that counting costs the caller next
 * to nothing. Every sum is counted exactly once, whatever happens to connections and servers, as
 * long as Quoin comes back within nine minutes. It counts in the second in which it arrives.
 */
export class CounterRecorder extends Recorder {
  /** @internal */
  protected readonly sender;
  private readonly sums = new Map<string, bigint>();

  /** @internal */
  constructor(core: ClientCore, period: Duration) {
    super();
    const { incrementBatch } = CountersService.method;
    this.sender = new BatchSender(core, incrementBatch, milliseconds(period), {
      collected: () => this.sums.size,
      size: ({ increments = [] }) => increments.length,
      next: () => this.next(),
      answered: (_, response) => {
        this.gone += response?.uncounted.length ?? 0;
      },
      lost: (request) => {
        this.gone += request.increments?.length ?? 0;
      },
      halves: ({ increments = [] }) =>
        halves(increments).map((half) => ({ increments: half, requestId: randomUUID() })),
    });
  }

  /**
   * Adds to a counter, 1 if nothing else is said. Never waits.
   *
   * @throws TypeError when the name is not 1 to 512 bytes without control characters
   * @throws RangeError when what is to be sent leaves the range of 64-bit numbers, or the delta is
   *   no whole number
   */
  increment(name: string, delta: number | bigint = 1): void {
    checkName("name", name);
    const sum = (this.sums.get(name) ?? 0n) + BigInt(delta);
    if (sum < LEAST || sum > GREATEST) {
      throw new RangeError(`${name}: the sum leaves the range of 64-bit numbers`);
    }
    if (this.closed || (this.sums.size >= MOST_NAMES && !this.sums.has(name))) {
      this.gone++;
      return;
    }
    this.sums.set(name, sum);
    this.sender.wake();
  }

  private next() {
    const increments: { name: string; delta: bigint }[] = [];
    for (const [name, delta] of this.sums) {
      if (increments.length === NAMES_PER_REQUEST) {
        break;
      }
      increments.push({ name, delta });
      this.sums.delete(name);
    }
    return increments.length === 0 ? undefined : { increments, requestId: randomUUID() };
  }
}
