// SPDX-License-Identifier: Apache-2.0
import { textOf } from "./callbacks.js";
import { Backoff, later } from "./clock.js";
import { InvalidRequestError } from "./errors.js";
import { quoinError } from "./failures.js";
import {
  type LogEntry,
  Logs as LogsService,
  type Severity,
  type WriteStreamRequest,
} from "./gen/quoin/logs/v1/logs_pb.js";
import { BACKGROUND, type Link, last } from "./link.js";
import { batches, fitting, halvesOf } from "./log-batches.js";
import type { NewLogEntry } from "./logs.js";

const ROOM = 10_000;
const BATCHES_AT_ONCE = 10;
const PAUSE_MILLIS = 100;

/**
 * Writes entries of one log in the background: what was collected in 100 ms goes out together. It
 * never waits and never throws for a server that is away; up to 10,000 entries are kept until it is
 * back, more are dropped and counted. What an entry has more than the contract allows is cut off.
 * Entries are written once, as long as the server comes back within ten minutes.
 *
 * An entry that can never be written is dropped, and the rest goes on. A writer does not keep the
 * process from ending: close it, or its client, to have the last entries written.
 */
export class LogWriter implements AsyncDisposable {
  private readonly waiting: LogEntry[] = [];
  private readonly backoff = new Backoff();
  private sending: WriteStreamRequest[] = [];
  private flushes: { at: number; done: () => void }[] = [];
  private taken = 0;
  private settled = 0;
  private lost = 0;
  private busy = false;
  /** Whether batches are sent one by one, to find the one that the server does not take. */
  private isCareful = false;
  private hasSaid = false;
  private closed = false;
  private readonly state: ReturnType<Link["streamState"]>;

  /** @internal */
  constructor(
    private readonly link: Link,
    private readonly name: string,
  ) {
    this.state = link.streamState(`the writer of log "${name}"`);
    link.opened(this, () => this.close());
  }

  /** How many entries were dropped so far. */
  get dropped(): number {
    return this.lost;
  }

  /**
   * Takes an entry to be written.
   *
   * @returns false when it was dropped: too many are waiting, the writer is closed, or it cannot
   *   be read
   */
  write(entry: NewLogEntry): boolean {
    if (this.closed || this.taken - this.settled >= ROOM) {
      this.lost++;
      return false;
    }
    try {
      this.waiting.push(fitting(entry));
    } catch (e) {
      this.drop(1, textOf(e));
      return false;
    }
    this.taken++;
    if (!this.busy) {
      this.busy = true;
      this.later(PAUSE_MILLIS);
    }
    return true;
  }

  /** Takes an entry that is nothing but a text. */
  log(severity: Severity, text: string): boolean {
    return this.write({ severity, text });
  }

  /** Waits until all entries taken until now are written or dropped. */
  flush(): Promise<void> {
    if (this.taken === this.settled) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      // Who waits for it does not want the process to end.
      const alive = setInterval(() => {}, 60_000);
      const done = () => {
        clearInterval(alive);
        resolve();
      };
      this.flushes.push({ at: this.taken, done });
    });
  }

  /** Takes no more, and waits until what was taken is written, no longer than a call may take. */
  async close(): Promise<void> {
    this.closed = true;
    let alarm: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      alarm = setTimeout(resolve, this.link.deadline);
    });
    await Promise.race([this.flush(), patience]);
    clearTimeout(alarm);
    this.link.closed(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private later(millis: number): void {
    later(millis, () => void this.send());
  }

  private async send(): Promise<void> {
    if (this.sending.length === 0) {
      this.sending = batches(this.name, this.waiting, BATCHES_AT_ONCE);
      this.isCareful = false;
    }
    const now = this.isCareful ? this.sending.slice(0, 1) : this.sending;
    let millis = PAUSE_MILLIS;
    try {
      const options = { timeoutMs: this.link.deadline, headers: { [BACKGROUND]: "yes" } };
      const method = LogsService.method.writeStream;
      await last(this.link.exchange(method, each(now), options));
      this.settle(now.length);
      this.backoff.reset();
      this.state.well();
      millis = this.isCareful ? 0 : PAUSE_MILLIS;
    } catch (e) {
      const failure = quoinError(e);
      this.settle(Number(failure.metadata.written ?? 0));
      if (failure instanceof InvalidRequestError) {
        this.refused(failure);
        millis = 0;
      } else {
        this.state.broken(failure);
        millis = this.backoff.next();
      }
    }
    this.busy = this.taken > this.settled;
    if (this.busy && !(this.closed && this.flushes.length === 0)) {
      this.later(millis);
    }
  }

  /** One of the batches is bad: it is found by sending them one by one, and divided. */
  private refused(failure: InvalidRequestError): void {
    if (failure.violations.some(({ field }) => field === "name")) {
      this.drop(this.settle(this.sending.length), failure.message);
    } else if (this.isCareful || this.sending.length === 1) {
      const [bad] = this.sending;
      const halves = bad ? halvesOf(bad) : [];
      if (halves.length === 0) {
        this.drop(this.settle(1), failure.message);
      } else {
        this.sending.splice(0, 1, ...halves);
        this.isCareful = true;
      }
    } else {
      this.isCareful = true;
    }
  }

  /** Entries can never be written; that is said once. */
  private drop(count: number, why: string): void {
    this.lost += count;
    if (!this.hasSaid) {
      this.hasSaid = true;
      this.link.say(`entries of log "${this.name}" cannot be written and are dropped: ${why}`);
    }
  }

  /** The first batches are written, or dropped; tells how many entries that are. */
  private settle(count: number): number {
    let entries = 0;
    for (const batch of this.sending.splice(0, count)) {
      entries += batch.entries.length;
    }
    this.settled += entries;
    for (const flush of this.flushes.filter(({ at }) => at <= this.settled)) {
      flush.done();
    }
    this.flushes = this.flushes.filter(({ at }) => at > this.settled);
    return entries;
  }
}

async function* each<T>(messages: readonly T[]): AsyncGenerator<T> {
  yield* messages;
}
