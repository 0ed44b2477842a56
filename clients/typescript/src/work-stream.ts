// SPDX-License-Identifier: Apache-2.0

import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { Backoff, later, pause } from "./clock.js";
import { durationMessage } from "./durations.js";
import { InvalidRequestError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import {
  type Outcome,
  Queues as QueuesService,
  type WorkRequestSchema,
  type WorkResponse,
} from "./gen/quoin/queues/v1/queues_pb.js";
import { type LeasedTask, Preference } from "./gen/quoin/queues/v1/task_pb.js";
import type { Link } from "./link.js";
import { Outbox } from "./outbox.js";
import { creditsOf, type WorkerOptions } from "./worker-options.js";

/** What a worker says. */
export type Said = NonNullable<MessageInitShape<typeof WorkRequestSchema>["message"]>;

/** Whom the stream tells. */
export interface Work {
  /** The tasks it has. */
  held(): LeasedTask[];
  take(task: LeasedTask): void;
  stop(taskId: string, token: string, lost: boolean): void;
  /** What was said of a task is known to the server. */
  settled(): void;
  /** Working is in vain. */
  refused(failure: QuoinError): void;
}

const MOST_UNSENT = 10_000;
const FAREWELL_MILLIS = 5_000;

/**
 * The call of a worker, opened again whenever it ends. What is not known to have arrived is said
 * again: saying it twice does no harm.
 */
export class WorkStream {
  /** How tasks ended that the server has not answered, by task. */
  private readonly unsettled = new Map<string, Said>();
  private readonly cancelled = new AbortController();
  private outbox = new Outbox<{ message: Said }>();
  private isOpened = false;
  /** Whether outcomes are said one by one, to find the one that the server does not take. */
  private isCareful = false;
  private closed = false;

  private readonly kinds: string[];

  constructor(
    private readonly link: Link,
    private readonly work: Work,
    private readonly options: WorkerOptions,
  ) {
    this.kinds = Object.keys(options.handlers);
  }

  get hasUnsettled(): boolean {
    return this.unsettled.size > 0;
  }

  /** Works until it is closed. */
  async run(): Promise<void> {
    const backoff = new Backoff();
    const state = this.link.streamState(`the worker for ${this.options.queues}`);
    while (!this.closed) {
      this.isOpened = false;
      try {
        for await (const response of this.open()) {
          this.isOpened = true;
          backoff.reset();
          state.well();
          this.take(response);
        }
      } catch (e) {
        const failure = quoinError(e);
        if (this.closed) {
          return;
        }
        this.failed(failure);
        state.broken(failure);
      }
      this.outbox.end();
      if (!this.closed) {
        await pause(backoff.next(), this.cancelled.signal);
      }
    }
  }

  private failed(failure: QuoinError): void {
    const isInvalid = failure instanceof InvalidRequestError;
    if (failure.code === Code.Unauthenticated || (isInvalid && !this.isOpened)) {
      this.closed = true;
      this.work.refused(failure);
    } else if (isInvalid && this.isCareful) {
      const [[taskId] = [""]] = this.unsettled;
      this.unsettled.delete(taskId);
      this.isCareful = false;
      this.link.say(`how task ${taskId} ended cannot be said: ${failure.message}`);
      this.work.settled();
    } else if (isInvalid) {
      this.isCareful = true;
    }
  }

  /** Says something that need not arrive. */
  say(message: Said): void {
    if (this.outbox.size < MOST_UNSENT) {
      this.outbox.push({ message });
    }
  }

  /** Says how a task ended, again and again until it has arrived. */
  settle(taskId: string, outcome: Said): void {
    this.unsettled.set(taskId, outcome);
    if (!this.isCareful || this.unsettled.size === 1) {
      this.outbox.push({ message: outcome });
    }
  }

  /** Ends the call; the server gives back what has not been settled. */
  close(): void {
    this.closed = true;
    this.outbox.end();
    later(FAREWELL_MILLIS, () => this.cancelled.abort());
  }

  private open() {
    const { queues, lease = "30s", weights = [] } = this.options;
    const held = this.work.held();
    this.outbox = new Outbox();
    this.say({
      case: "open",
      value: {
        queues,
        weights,
        kinds: this.kinds,
        credits: Math.max(0, creditsOf(this.options) - held.length - this.unsettled.size),
        lease: durationMessage(lease),
        preference: weights.length > 0 ? Preference.WEIGHTED : Preference.STRICT,
        reportsStart: true,
        held: held.map(({ queue, taskId, token }) => ({ queue, taskId, token })),
      },
    });
    for (const outcome of this.unsettled.values()) {
      this.outbox.push({ message: outcome });
      if (this.isCareful) {
        break;
      }
    }
    const options = { signal: this.cancelled.signal };
    return this.link.exchange(QueuesService.method.work, this.outbox, options);
  }

  private take({ message }: WorkResponse): void {
    switch (message.case) {
      case "tasks":
        for (const task of message.value.tasks) {
          this.work.take(task);
        }
        break;
      case "settled":
        for (const outcome of message.value.outcomes) {
          this.settled(outcome);
        }
        break;
      case "lost":
      case "cancelled": {
        const { taskId, token } = message.value;
        this.work.stop(taskId, token, message.case === "lost");
        break;
      }
    }
  }

  private settled({ taskId, expireTime }: Outcome): void {
    if (expireTime || !this.unsettled.delete(taskId)) {
      return; // about progress
    }
    const [next] = this.unsettled.values();
    if (this.isCareful && next) {
      this.outbox.push({ message: next });
    } else {
      this.isCareful = false;
    }
    this.say({ case: "credits", value: 1 });
    this.work.settled();
  }
}
