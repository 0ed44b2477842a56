// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodStreaming,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { BACKGROUND, type ClientCore } from "./client-core.js";
import { Backoff, later, now } from "./clock.js";
import { InvalidRequestError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import { Outbox } from "./outbox.js";
import { isDenied } from "./tokens.js";

/** How many requests may wait for their answers; what comes is collected meanwhile. */
const AHEAD = 8;

/** Servers remember the ids of requests for ten minutes. */
const REPEATABLE_MILLIS = 9 * 60_000;

/** Where requests come from, and what is told what became of them. */
export interface BatchSource<Q, R> {
  /** How many things are collected. */
  collected(): number;
  /** The next request, of those collected first; undefined when nothing is collected. */
  next(): Q | undefined;
  /** How many things there are in a request. */
  size(request: Q): number;
  /** It arrived; the response is missing when the failure of a call says so. */
  answered(request: Q, response: R | undefined): void;
  /** A request was given up: it is bad, or could not be sent in time, or the client ends. */
  lost(request: Q): void;
  /** A request as two that are worth the same; none when it cannot be divided. */
  halves(request: Q): Q[];
  /** Whether to send a request again although its id may be forgotten: rather twice than never. */
  readonly repeatsForever?: boolean;
}

interface Batch<Q> {
  readonly request: Q;
  readonly at: number;
  /** Called when it is answered or lost. */
  readonly done: (() => void)[];
}

/**
 * Sends what has been collected, at intervals. It goes over a stream that answers every request or,
 * if the RPC answers once, with one call for several requests. What was not answered when a call
 * breaks is sent again with the next one; requests carry ids, so that nothing is done twice. When
 * the server refuses something, requests are sent one by one, and the bad one is divided until what
 * can never be accepted is found and dropped.
 */
export class BatchSender<I extends DescMessage, O extends DescMessage> {
  private readonly unanswered: Batch<MessageInitShape<I>>[] = [];
  private readonly backoff = new Backoff();
  private readonly cancelled = new AbortController();
  private readonly state: ReturnType<ClientCore["streamState"]>;
  /** Whether a call takes all its requests first and is then answered once. */
  private readonly answersOnce: boolean;
  private flushes: { left: number; readonly done: () => void }[] = [];
  private outbox: Outbox<MessageInitShape<I>> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private pausing = false;
  private isCareful = false;

  /** @param period in milliseconds */
  constructor(
    private readonly core: ClientCore,
    private readonly method: DescMethodStreaming<I, O>,
    private readonly period: number,
    private readonly source: BatchSource<MessageInitShape<I>, MessageShape<O>>,
  ) {
    this.answersOnce = method.methodKind === "client_streaming";
    this.state = core.streamState(this.what);
    core.opened(this, () => this.close());
  }

  /** Something was collected: it is sent at the end of the period. */
  wake(): void {
    this.timer ??= later(this.period, () => this.push());
  }

  /** Sends all that is collected and waits until it is answered or lost. */
  async flush(): Promise<void> {
    await new Promise<void>((resolve) => {
      // A caller that waits for it does not want the process to end.
      const alive = setInterval(() => {}, 60_000);
      const done = () => {
        clearInterval(alive);
        resolve();
      };
      const left = this.source.collected();
      const last = this.unanswered.at(-1);
      if (left > 0) {
        this.flushes.push({ left, done });
      } else if (last) {
        last.done.push(done);
      } else {
        done();
      }
      this.push();
    });
  }

  /** Sends all that is collected and waits for the answers, no longer than a call may take. */
  async close(): Promise<void> {
    let alarm: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      alarm = setTimeout(resolve, this.core.deadline);
    });
    await Promise.race([this.flush(), late]);
    clearTimeout(alarm);
    this.abandon();
  }

  /** Sends what is collected as far as it may be sent now. */
  private push(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.cancelled.signal.aborted) {
      this.abandon(); // collected after the end
      return;
    }
    while (this.maySend()) {
      const next = this.next();
      if (!next) {
        break;
      }
      this.unanswered.push(next);
      this.outbox?.push(next.request);
      if (!this.outbox && !this.answersOnce) {
        this.open();
      }
    }
    if (this.unanswered.length > 0 && !this.outbox && !this.pausing) {
      this.open();
    }
  }

  private maySend(): boolean {
    const isTaken = this.answersOnce && this.outbox !== undefined;
    return !this.pausing && !isTaken && this.unanswered.length < (this.isCareful ? 1 : AHEAD);
  }

  private next(): Batch<MessageInitShape<I>> | undefined {
    const request = this.source.next();
    if (request === undefined) {
      return undefined;
    }
    const done: (() => void)[] = [];
    const size = this.source.size(request);
    for (const flush of this.flushes) {
      flush.left -= size;
      if (flush.left <= 0) {
        done.push(flush.done);
      }
    }
    this.flushes = this.flushes.filter(({ left }) => left > 0);
    return { request, at: now(), done };
  }

  /** Gives up what is not answered. */
  private abandon(): void {
    this.core.closed(this);
    this.outbox?.end();
    for (const batch of this.unanswered.splice(0)) {
      this.lost(batch);
    }
    for (let rest = this.next(); rest; rest = this.next()) {
      this.lost(rest);
    }
    this.cancelled.abort();
    clearTimeout(this.timer);
  }

  /** Begins a call with what was not answered in the one before. */
  private open(): void {
    const outbox = new Outbox<MessageInitShape<I>>();
    const sent = this.unanswered.slice(0, this.isCareful ? 1 : undefined);
    for (const { request } of sent) {
      outbox.push(request);
    }
    if (this.answersOnce) {
      outbox.end();
    }
    this.outbox = outbox;
    void this.read(outbox, sent.length);
  }

  private async read(outbox: Outbox<MessageInitShape<I>>, sent: number): Promise<void> {
    let failure: QuoinError | undefined;
    let isAnswered = false;
    const options = {
      signal: this.cancelled.signal,
      headers: { [BACKGROUND]: "yes" },
      ...(this.answersOnce && { timeoutMs: this.core.deadline }),
    };
    try {
      for await (const response of this.core.exchange(this.method, outbox, options)) {
        isAnswered = true;
        this.backoff.reset();
        this.state.well();
        this.answered(this.answersOnce ? sent : 1, response);
        if (!this.answersOnce && this.isCareful && this.unanswered[0]) {
          outbox.push(this.unanswered[0].request);
        }
        this.push();
      }
    } catch (e) {
      failure = quoinError(e);
      this.answered(Number(failure.metadata.written ?? 0));
    }
    outbox.end();
    this.outbox = undefined;
    if (!this.cancelled.signal.aborted) {
      this.ended(failure, isAnswered);
    }
  }

  /** The first requests are answered, or known to be carried out. */
  private answered(count: number, response?: MessageShape<O>): void {
    for (const { request, done } of this.unanswered.splice(0, count)) {
      this.source.answered(request, response);
      finish(done);
    }
  }

  private lost({ request, done }: Batch<MessageInitShape<I>>): void {
    this.source.lost(request);
    finish(done);
  }

  private ended(failure: QuoinError | undefined, isAnswered: boolean): void {
    const isRefused =
      failure instanceof InvalidRequestError || failure?.reason === "REQUEST_ID_REUSED";
    if (failure && (isRefused || isDenied(failure))) {
      this.refused(failure);
      this.resume();
      return;
    }
    if (failure) {
      this.state.broken(failure);
    }
    if (this.unanswered.length === 0 || (this.answersOnce && isAnswered)) {
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
    const last = halves.length - 1;
    this.unanswered.unshift(
      ...halves.map((request, i) => ({ request, at: bad.at, done: i === last ? bad.done : [] })),
    );
    if (halves.length === 0) {
      this.lost(bad);
      this.core.say(`${this.what}: something can never be sent and is dropped: ${failure.message}`);
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
      if (this.source.repeatsForever || now() - first.at <= REPEATABLE_MILLIS) {
        break;
      }
      this.unanswered.shift();
      this.lost(first);
    }
    this.push();
  }
}

function finish(done: (() => void)[]): void {
  for (const one of done) {
    one();
  }
}
