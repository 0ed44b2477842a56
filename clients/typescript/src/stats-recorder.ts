// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { Code, type Interceptor } from "@connectrpc/connect";
import { BatchSender } from "./batch-sender.js";
import { textOf } from "./callbacks.js";
import type { ClientCore } from "./client-core.js";
import { now } from "./clock.js";
import { type Duration, milliseconds } from "./durations.js";
import { connectError } from "./failures.js";
import { Stats as StatsService } from "./gen/quoin/stats/v1/stats_pb.js";
import { halves, Recorder } from "./recorder.js";
import { checkName } from "./texts.js";

const VALUES_PER_REQUEST = 1_000;
const MOST_VALUES = 100_000;
const LARGEST = 1e18;

/** Measures a time; the seconds since it was made are recorded when it is stopped. */
export interface Timer extends Disposable {
  /** Records the time since it was made. Stopping again does nothing. */
  stop(): void;
}

/**
 * Collects values in this process and sends them once in a while, so that recording costs the
 * caller next to nothing. Every value is recorded exactly once, whatever happens to connections and
 * servers, as long as Quoin comes back within nine minutes.
 */
export class StatsRecorder extends Recorder {
  /** @internal */
  protected readonly sender;
  private values: { kind: string; context: string; value: number }[] = [];

  /** @internal */
  constructor(core: ClientCore, period: Duration) {
    super();
    this.sender = new BatchSender(core, StatsService.method.recordBatch, milliseconds(period), {
      collected: () => this.values.length,
      size: ({ records = [] }) => records.length,
      next: () => this.next(),
      answered: () => {},
      lost: (request) => {
        this.gone += request.records?.length ?? 0;
      },
      halves: ({ records = [] }) =>
        halves(records).map((half) => ({ records: half, requestId: randomUUID() })),
    });
  }

  /**
   * Records a value. Never waits.
   *
   * @param kind what is measured: 1 to 512 bytes without control characters
   * @param context what it is about: 1 to 512 bytes without control characters
   * @param value in whatever unit the kind is measured in: -1e18 to 1e18
   * @throws TypeError when kind or context are not allowed
   * @throws RangeError when the value is no such number
   */
  record(kind: string, context: string, value: number): void {
    checkName("kind", kind);
    checkName("context", context);
    if (typeof value !== "number" || !(Math.abs(value) <= LARGEST)) {
      throw new RangeError(`a value is a number from -1e18 to 1e18, not ${textOf(value)}`);
    }
    if (this.closed || this.values.length >= MOST_VALUES) {
      this.gone++;
      return;
    }
    this.values.push({ kind, context, value });
    this.sender.wake();
  }

  /** Begins to measure a time; `using`, or `stop`, records the seconds it took. */
  time(kind: string, context: string): Timer {
    checkName("kind", kind);
    checkName("context", context);
    const begin = now();
    let stopped = false;
    const stop = () => {
      if (!stopped) {
        stopped = true;
        this.record(kind, context, (now() - begin) / 1_000);
      }
    };
    return { stop, [Symbol.dispose]: stop };
  }

  /**
   * Records how long each unary call takes that a connect transport or router makes or serves:
   * in seconds, as context the method and the status code. Not for the client of Quoin itself.
   *
   * @param kind for example `rpc.client` or `rpc.server`
   */
  interceptor(kind: string): Interceptor {
    checkName("kind", kind);
    return (next) => async (request) => {
      const begin = now();
      const tell = (code: string) => {
        const context = `${request.service.typeName}/${request.method.name} ${code}`;
        this.record(kind, context.slice(-256), (now() - begin) / 1_000);
      };
      try {
        const response = await next(request);
        tell("OK");
        return response;
      } catch (e) {
        tell(Code[connectError(e).code] ?? "Unknown");
        throw e;
      }
    };
  }

  private next() {
    const records = this.values.slice(0, VALUES_PER_REQUEST);
    this.values = this.values.slice(VALUES_PER_REQUEST);
    return records.length === 0 ? undefined : { records, requestId: randomUUID() };
  }
}
