// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodStreaming,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { Backoff, later, now } from "./clock.js";
import { InvalidRequestError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import { BACKGROUND, type Link } from "./link.js";
import { Outbox } from "./outbox.js";

/** How many requests may wait for their answers; what comes is collected meanwhile. */
const AHEAD = 8;

/** Servers remember the ids of requests for ten minutes. */
const REPEATABLE_MILLIS = 9 * 60_000;

/** Where requests come from, and who is told what became of them. */
export interface Source<Q, R> {
  /** The next request; undefined when nothing is collected. */
  next(): Q | undefined;
  answered(request: Q, response: R): void;
  /** A request was given up: it is bad, or could not be sent in time, or the client ends. */
  lost(request: Q): void;
  /** A request as two that are worth the same; none when it cannot be divided. */
  halves(request: Q): Q[];
}

/**
 * Sends what has been collected, at intervals, over a stream that answers every request. What was
 * not answered when a stream breaks is sent again over the next one; requests carry ids, so that
 * nothing is done twice. When the server refuses something, requests are sent one by one, and the bad
 * one is divided until what can never be accepted is found and dropped.
 */
export class Pump<I extends DescMessage, O extends DescMessage> {
  private readonly unanswered: { request: MessageInitShape<I>; at: number }[] = [];
  private readonly backoff = new Backoff();
  private readonly cancelled = new AbortController();
  private outbox: Outbox<MessageInitShape<I>> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private pausing = false;
  private isCareful = false;
  private readonly state: ReturnType<Link["streamState"]>;
  private drained: (() => void) | undefined;

  /** @param period in milliseconds */
  constructor(
    private readonly link: Link,
    private readonly method: DescMethodStreaming<I, O>,
    private readonly period: number,
    private readonly source: Source<MessageInitShape<I>, MessageShape<O>>,
  ) {
    this.state = link.streamState(this.what);
    link.opened(this, () => this.close());
  }

  /** Something was collected: it is sent at the end of the period. */
  wake(): void {
    this.timer ??= later(this.period, () => this.push());
  }

  /** Sends what is collected as far as it may be sent now. */
  push(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.cancelled.signal.aborted) {
      this.abandon(); // collected after the end
      return;
    }
    while (!this.pausing && this.unanswered.length < (this.isCareful ? 1 : AHEAD)) {
      const request = this.source.next();
      if (request === undefined) {
        break;
      }
      this.unanswered.push({ request, at: now() });
      if (this.outbox) {
        this.outbox.push(request);
      } else {
        this.open();
      }
    }
    if (this.unanswered.length === 0 && !this.pausing) {
      this.drained?.();
    }
  }

  /** Sends all that is collected and waits for the answers, no longer than a call may take. */
  async close(): Promise<void> {
    let alarm: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.drained = resolve;
      // The only thing here that keeps the process from ending.
      alarm = setTimeout(resolve, this.link.deadline);
      this.push();
    });
    clearTimeout(alarm);
    this.abandon();
  }

  /** Gives up what is not answered. */
  private abandon(): void {
    this.link.closed(this);
    this.outbox?.end();
    for (const { request } of this.unanswered.splice(0)) {
      this.source.lost(request);
    }
    for (let rest = this.source.next(); rest !== undefined; rest = this.source.next()) {
      this.source.lost(rest);
    }
    this.cancelled.abort();
    clearTimeout(this.timer);
  }

  /** Opens a stream and sends what was not answered over the one before. */
  private open(): void {
    const outbox = new Outbox<MessageInitShape<I>>();
    this.outbox = outbox;
    for (const { request } of this.isCareful ? this.unanswered.slice(0, 1) : this.unanswered) {
      outbox.push(request);
    }
    void this.read(outbox);
  }

  private async read(outbox: Outbox<MessageInitShape<I>>): Promise<void> {
    let failure: QuoinError | undefined;
    try {
      const options = { signal: this.cancelled.signal, headers: { [BACKGROUND]: "yes" } };
      for await (const response of this.link.exchange(this.method, outbox, options)) {
        const first = this.unanswered.shift();
        if (first) {
          this.backoff.reset();
          this.state.well();
          if (this.isCareful && this.unanswered[0]) {
            outbox.push(this.unanswered[0].request);
          }
          this.source.answered(first.request, response);
          this.push();
        }
      }
    } catch (e) {
      failure = quoinError(e);
    }
    outbox.end();
    this.outbox = undefined;
    if (!this.cancelled.signal.aborted) {
      this.broken(failure);
    }
  }

  private broken(failure: QuoinError | undefined): void {
    if (failure instanceof InvalidRequestError || failure?.reason === "REQUEST_ID_REUSED") {
      this.refused(failure);
      this.resume();
      return;
    }
    if (failure) {
      this.state.broken(failure);
    }
    if (this.unanswered.length === 0) {
      this.push();
      return;
    }
    this.pausing = true;
    later(this.backoff.next(), () => this.resume());
  }

  /** One of the requests is bad. */
  private refused(failure: QuoinError): void {
    if (!this.isCareful && this.unanswered.length > 1) {
      this.isCareful = true;
      return;
    }
    const bad = this.unanswered.shift();
    if (!bad) {
      return;
    }
    // What was done under an id must not be done again under others.
    const halves = failure instanceof InvalidRequestError ? this.source.halves(bad.request) : [];
    this.isCareful = halves.length > 0;
    this.unanswered.unshift(...halves.map((request) => ({ request, at: bad.at })));
    if (halves.length === 0) {
      this.source.lost(bad.request);
      this.link.say(`${this.what}: something can never be sent and is dropped: ${failure.message}`);
    }
  }

  private get what(): string {
    return `${this.method.parent.typeName}/${this.method.name}`;
  }

  private resume(): void {
    this.pausing = false;
    if (this.cancelled.signal.aborted) {
      return;
    }
    for (let first = this.unanswered[0]; first; first = this.unanswered[0]) {
      if (now() - first.at <= REPEATABLE_MILLIS) {
        break;
      }
      this.unanswered.shift();
      this.source.lost(first.request);
    }
    if (this.unanswered.length > 0) {
      this.open();
    }
    this.push();
  }
}
