// SPDX-License-Identifier: Apache-2.0
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import type { ClientCore } from "./client-core.js";
import { Backoff, later, pause } from "./clock.js";
import { InvalidRequestError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import { Outbox } from "./outbox.js";
import { isDenied } from "./tokens.js";
import type { WorkEvent, WorkItem, WorkProtocol } from "./work-protocol.js";

/** What the stream calls. */
export interface WorkListener<W> {
  /** The items the worker has. */
  held(): W[];
  take(item: W): void;
  stop(id: string, token: string, isLost: boolean): void;
  /** The server knows how an item ended. */
  settled(): void;
  /** Opening the call again cannot help. */
  refused(failure: QuoinError): void;
}

const MOST_UNSENT = 10_000;
const CLOSE_MILLIS = 5_000;

/**
 * The call of a worker, opened again whenever it ends. A report that is not known to have arrived is
 * sent again: sending it twice does no harm.
 */
export class WorkStream<W extends WorkItem, I extends DescMessage, O extends DescMessage> {
  /** How items ended that the server has not answered, by id. */
  private readonly unsettled = new Map<string, MessageInitShape<I>>();
  private readonly cancelled = new AbortController();
  private outbox = new Outbox<MessageInitShape<I>>();
  private isOpened = false;
  /** Whether reports are sent one by one, to find the one that the server does not take. */
  private isCareful = false;
  private closed = false;

  /** @param what works, for people */
  constructor(
    private readonly core: ClientCore,
    private readonly protocol: WorkProtocol<W, I, O>,
    private readonly listener: WorkListener<W>,
    private readonly what: string,
    private readonly credits: number,
  ) {}

  get hasUnsettled(): boolean {
    return this.unsettled.size > 0;
  }

  /** Works until it is closed. */
  async run(): Promise<void> {
    const backoff = new Backoff();
    const state = this.core.streamState(this.what);
    const send = (request: MessageInitShape<I>) => this.send(request);
    while (!this.closed) {
      this.isOpened = false;
      try {
        for await (const response of this.open()) {
          this.isOpened = true;
          backoff.reset();
          state.well();
          for (const event of this.protocol.read(response, send)) {
            this.take(event);
          }
        }
      } catch (e) {
        const failure = quoinError(e);
        if (this.closed) {
          return;
        }
        this.failed(failure);
        if (!this.closed) {
          state.broken(failure);
        }
      }
      this.outbox.end();
      if (!this.closed) {
        await pause(backoff.next(), this.cancelled.signal);
      }
    }
  }

  /** Sends a request that need not arrive. */
  send(request: MessageInitShape<I>): void {
    if (this.outbox.size < MOST_UNSENT) {
      this.outbox.push(request);
    }
  }

  /** Reports how an item ended, again and again until that has arrived. */
  settle(id: string, report: MessageInitShape<I>): void {
    this.unsettled.set(id, report);
    if (!this.isCareful || this.unsettled.size === 1) {
      this.outbox.push(report);
    }
  }

  /** Ends the call; the server gives back what has not been settled. */
  close(): void {
    this.closed = true;
    this.outbox.end();
    later(CLOSE_MILLIS, () => this.cancelled.abort());
  }

  private open() {
    const held = this.listener.held();
    const credits = Math.max(0, this.credits - held.length - this.unsettled.size);
    this.outbox = new Outbox();
    this.outbox.push(this.protocol.open(credits, held));
    for (const report of this.unsettled.values()) {
      this.outbox.push(report);
      if (this.isCareful) {
        break;
      }
    }
    const options = { signal: this.cancelled.signal };
    return this.core.exchange(this.protocol.method, this.outbox, options);
  }

  private failed(failure: QuoinError): void {
    const isInvalid = failure instanceof InvalidRequestError;
    if (isDenied(failure) || (isInvalid && !this.isOpened)) {
      this.closed = true;
      this.listener.refused(failure);
    } else if (isInvalid && this.isCareful) {
      const [[id] = [""]] = this.unsettled;
      this.unsettled.delete(id);
      this.isCareful = false;
      this.core.say(`how task ${id} ended cannot be reported: ${failure.message}`);
      this.listener.settled();
    } else if (isInvalid) {
      this.isCareful = true;
    }
  }

  private take(event: WorkEvent<W>): void {
    if (event.case === "item") {
      this.listener.take(event.item);
    } else if (event.case === "settled") {
      this.settled(event.id);
    } else {
      this.listener.stop(event.id, event.token, event.case === "lost");
    }
  }

  private settled(id: string): void {
    if (!this.unsettled.delete(id)) {
      return;
    }
    const [next] = this.unsettled.values();
    if (this.isCareful && next) {
      this.outbox.push(next);
    } else {
      this.isCareful = false;
    }
    this.send(this.protocol.credits(1));
    this.listener.settled();
  }
}
