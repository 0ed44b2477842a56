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
  private closed = false;

  constructor(
    private readonly link: Link,
    private readonly work: Work,
    private readonly options: WorkerOptions,
  ) {}

  get hasUnsettled(): boolean {
    return this.unsettled.size > 0;
  }

  /** Works until it is closed. */
  async run(): Promise<void> {
    const backoff = new Backoff();
    while (!this.closed) {
      try {
        for await (const response of this.open()) {
          backoff.reset();
          this.take(response);
        }
      } catch (e) {
        const failure = quoinError(e);
        if (this.closed) {
          return;
        }
        if (failure instanceof InvalidRequestError || failure.code === Code.Unauthenticated) {
          this.closed = true;
          this.work.refused(failure);
        }
      }
      this.outbox.end();
      if (!this.closed) {
        await pause(backoff.next(), this.cancelled.signal);
      }
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
    this.outbox.push({ message: outcome });
  }

  /** Ends the call; the server gives back what has not been settled. */
  close(): void {
    this.closed = true;
    this.outbox.end();
    later(FAREWELL_MILLIS, () => this.cancelled.abort());
  }

  private open() {
    const { queues, handlers, lease = "30s", weights = [] } = this.options;
    const held = this.work.held();
    this.outbox = new Outbox();
    this.say({
      case: "open",
      value: {
        queues,
        weights,
        kinds: Object.keys(handlers),
        credits: Math.max(0, creditsOf(this.options) - held.length - this.unsettled.size),
        lease: durationMessage(lease),
        preference: weights.length > 0 ? Preference.WEIGHTED : Preference.STRICT,
        reportsStart: true,
        held: held.map(({ queue, taskId, token }) => ({ queue, taskId, token })),
      },
    });
    for (const outcome of this.unsettled.values()) {
      this.outbox.push({ message: outcome });
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
    this.say({ case: "credits", value: 1 });
    this.work.settled();
  }
}
