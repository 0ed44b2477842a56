// SPDX-License-Identifier: Apache-2.0
import { Backoff } from "./clock.js";
import { InvalidRequestError } from "./errors.js";
import { quoinError } from "./failures.js";
import {
  type LogEntry,
  Logs as LogsService,
  type Severity,
  type WriteStreamRequest,
} from "./gen/quoin/logs/v1/logs_pb.js";
import { type Link, last } from "./link.js";
import { batches, fitting } from "./log-batches.js";
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
 * Close it, or its client, to have the last entries written.
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
  private closed = false;

  /** @internal */
  constructor(
    private readonly link: Link,
    private readonly name: string,
  ) {
    link.opened(this, () => this.close());
  }

  /** How many entries were dropped so far. */
  get dropped(): number {
    return this.lost;
  }

  /**
   * Takes an entry to be written.
   *
   * @returns false when it was dropped: too many are waiting, or the writer is closed
   */
  write(entry: NewLogEntry): boolean {
    if (this.closed || this.taken - this.settled >= ROOM) {
      this.lost++;
      return false;
    }
    this.waiting.push(fitting(entry));
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
    return new Promise((done) => {
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
    setTimeout(() => void this.send(), millis);
  }

  private async send(): Promise<void> {
    if (this.sending.length === 0) {
      this.sending = batches(this.name, this.waiting, BATCHES_AT_ONCE);
    }
    let millis = PAUSE_MILLIS;
    try {
      const timeoutMs = this.link.deadline;
      const method = LogsService.method.writeStream;
      await last(this.link.exchange(method, each(this.sending), { timeoutMs }));
      this.settle(this.sending.length);
      this.backoff.reset();
    } catch (e) {
      const failure = quoinError(e);
      this.settle(Number(failure.metadata.written ?? 0));
      if (failure instanceof InvalidRequestError) {
        // All entries fit: it is the name that is not allowed.
        this.lost += this.settle(this.sending.length);
      }
      millis = this.backoff.next();
    }
    this.busy = this.taken > this.settled;
    if (this.busy && !(this.closed && this.flushes.length === 0)) {
      this.later(millis);
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
