// SPDX-License-Identifier: Apache-2.0

import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { type Input, init, type Plain, plain } from "./convert.js";
import { milliseconds } from "./durations.js";
import { ClosedError } from "./errors.js";
import { localError } from "./failures.js";
import {
  type EnqueueResponse,
  Queues as QueuesService,
  type StatsResponse,
} from "./gen/quoin/queues/v1/queues_pb.js";
import {
  type NewTask as NewTaskMessage,
  NewTaskSchema,
  TaskState,
  type TaskStatus as TaskStatusMessage,
} from "./gen/quoin/queues/v1/task_pb.js";
import type { CallOptions, Link } from "./link.js";
import { resumed } from "./resume.js";
import { onAbort } from "./signals.js";
import { contentBytes } from "./task.js";
import { Worker } from "./worker.js";
import { concurrencyOf, type WorkerOptions } from "./worker-options.js";

/** A task to be added: its kind, and what else `task.proto` says, such as payload and delay. */
export type NewTask = Omit<Input<NewTaskMessage>, "content"> & {
  kind: string;
  /** What the worker needs to know, at most 512 KiB. */
  payload?: Uint8Array | string;
};

/** Where a task was added: its id, and whether it was there already by its dedup key. */
export type Enqueued = Plain<EnqueueResponse>;

/** All about a task. */
export type TaskStatus = Omit<Plain<TaskStatusMessage>, "content" | "answer" | Unended> & {
  /** What its worker needs to know; of a text its bytes. */
  payload: Uint8Array;
  /** What came of it; of a text its bytes. */
  result: Uint8Array;
} & Partial<Pick<Plain<TaskStatusMessage>, Unended>>;

/** How a queue is. */
export type QueueStats = Plain<StatsResponse>;

/** What is not told of tasks that are done or cancelled. */
type Unended = "priority" | "maxAttempts" | "cancelRequested";

const { enqueue, enqueueBatch, get, wait, cancel, stats } = QueuesService.method;
const ENDS: ReadonlySet<TaskState> = new Set([TaskState.DONE, TaskState.DEAD, TaskState.CANCELLED]);
const MOST_CONCURRENT = 500;

/**
 * Queues: work for later, done by workers in any language.
 *
 * {@link enqueue} returns when the task is kept: from then on it is delivered until it is done,
 * cancelled, or has failed as often as it may. It may be delivered more than once. What has no
 * method here is on the stubs `queues` and `schedules`.
 */
export class Queues {
  /** @internal */
  constructor(private readonly link: Link) {}

  /**
   * Adds a task, once. Fails with `InvalidRequestError` when the queue's name or the task is not
   * allowed, `QUEUE_FULL` when the queue holds as many tasks as it may.
   */
  async enqueue(queue: string, task: NewTask, options?: CallOptions): Promise<Enqueued> {
    const request = { queue, task: initTask(task) };
    return plain(await this.link.call(enqueue, request, options));
  }

  /** Adds tasks to one queue, all of them or none; at most 1,000, in their order. */
  async enqueueAll(
    queue: string,
    tasks: readonly NewTask[],
    options?: CallOptions,
  ): Promise<Enqueued[]> {
    const request = { queue, newTasks: tasks.map(initTask) };
    return plain((await this.link.call(enqueueBatch, request, options)).results);
  }

  /**
   * Does tasks with handlers until the worker is closed.
   *
   * @throws RangeError when there is no handler, or the concurrency is not 1 to 500
   * @throws TypeError when a handler is no function, or a duration is none
   */
  work(options: WorkerOptions): Worker {
    const concurrency = concurrencyOf(options);
    const handlers = Object.entries(options.handlers);
    if (handlers.length === 0) {
      throw new RangeError("a worker needs a handler");
    }
    for (const [kind, handler] of handlers) {
      if (typeof handler !== "function") {
        throw new TypeError(`the handler of "${kind}" is no function`);
      }
    }
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MOST_CONCURRENT) {
      throw new RangeError(`concurrency is 1 to ${MOST_CONCURRENT}, not ${concurrency}`);
    }
    milliseconds(options.lease ?? 0);
    milliseconds(options.patience ?? 0);
    return new Worker(this.link, options);
  }

  /** Tells about a task; fails with `TASK_NOT_FOUND` when it is not, or no longer, known. */
  async get(queue: string, taskId: string, options?: CallOptions): Promise<TaskStatus> {
    return statusOf(await this.link.call(get, { queue, taskId }, options));
  }

  /**
   * Waits for the end of a task, done, dead or cancelled, whatever becomes of servers. Fails with
   * `TASK_NOT_FOUND` when the task is not known.
   */
  async ended(
    queue: string,
    taskId: string,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<TaskStatus> {
    signal?.throwIfAborted();
    const over = new AbortController();
    const close = () => over.abort();
    const forget = onAbort(signal, close);
    this.link.opened(over, close);
    try {
      for await (const seen of resumed(this.link, wait, () => ({ queue, taskId }), over.signal)) {
        if (seen.status && ENDS.has(seen.status.state)) {
          return told(seen.status);
        }
      }
    } finally {
      forget();
      this.link.closed(over);
    }
    signal?.throwIfAborted();
    throw new ClosedError();
  }

  /**
   * Cancels a task that waits, or asks its worker to stop.
   *
   * @returns its state now: cancelled, leased while its worker has it, or how it had ended
   */
  async cancel(queue: string, taskId: string, options?: CallOptions): Promise<TaskState> {
    return (await this.link.call(cancel, { queue, taskId }, options)).state;
  }

  /** Tells how a queue is. */
  async stats(queue: string, options?: CallOptions): Promise<QueueStats> {
    return plain(await this.link.call(stats, { queue }, options));
  }
}

function statusOf({ status }: { status?: TaskStatusMessage }): TaskStatus {
  if (!status) {
    throw localError(Code.Internal, "the answer has no status");
  }
  return told(status);
}

function told(status: TaskStatusMessage): TaskStatus {
  const { content, answer, ...rest } = plain(status);
  return { ...rest, payload: contentBytes(content.value), result: contentBytes(answer.value) };
}

function initTask({ payload, ...rest }: NewTask): MessageInitShape<typeof NewTaskSchema> {
  const task = init(NewTaskSchema, rest);
  if (payload !== undefined) {
    task.content =
      typeof payload === "string"
        ? { case: "text", value: payload }
        : { case: "payload", value: payload };
  }
  return task;
}
