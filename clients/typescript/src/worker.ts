// SPDX-License-Identifier: Apache-2.0
import { textOf } from "./callbacks.js";
import { later } from "./clock.js";
import { durationMessage, milliseconds } from "./durations.js";
import type { QuoinError } from "./errors.js";
import type { LeasedTask } from "./gen/quoin/queues/v1/task_pb.js";
import type { Link } from "./link.js";
import { onAbort } from "./signals.js";
import { Task, TaskError, type TaskHandler } from "./task.js";
import { cut } from "./texts.js";
import { type Said, type Work, WorkStream } from "./work-stream.js";
import { concurrencyOf, type WorkerOptions } from "./worker-options.js";

/** What the contract allows, in bytes. */
const LONGEST_ERROR = 2_048;
const LONGEST_PROGRESS = 256;
const LONGEST_RESULT = 65_536;

/**
 * Does tasks with the handlers it was given, until it is closed. A call that breaks is opened again
 * at whatever server; tasks that are being done are taken along. Never closed, it ends with its
 * client.
 */
export class Worker implements AsyncDisposable {
  /**
   * Done when the worker has ended; fails with `InvalidRequestError` when it cannot work because
   * an option is not allowed.
   */
  readonly ended: Promise<void>;

  private readonly stream: WorkStream;
  private readonly tasks = new Map<string, Task>();
  private readonly ready: Task[] = [];
  private readonly handlers: ReadonlyMap<string, TaskHandler>;
  private readonly forget: () => void;
  private running = 0;
  private closing = false;
  private finish: () => void = () => {};
  private fail: (failure: QuoinError) => void = () => {};

  /** @internal */
  constructor(
    private readonly link: Link,
    private readonly options: WorkerOptions,
  ) {
    this.ended = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    this.ended.catch(() => {
      // It is in the log, too.
    });
    this.handlers = new Map(Object.entries(options.handlers));
    const work: Work = {
      held: () => this.held(),
      take: (task) => this.take(task),
      stop: (taskId, token, lost) => this.stop(taskId, token, lost),
      settled: () => this.endIfIdle(),
      refused: (failure) => this.end(failure),
    };
    this.stream = new WorkStream(link, work, options);
    link.opened(this, () => this.close());
    void this.stream.run();
    this.forget = onAbort(options.signal, () => void this.close().catch(() => {}));
  }

  /**
   * Begins no more tasks, waits for those being done and says how they ended; then ends. Tasks that
   * take longer than the options have patience for, and those not begun, go to other workers.
   */
  async close(): Promise<void> {
    this.closing = true;
    const alarm = later(milliseconds(this.options.patience ?? "30s"), () => this.end());
    this.endIfIdle();
    await this.ended.finally(() => clearTimeout(alarm));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private held(): LeasedTask[] {
    return [...this.tasks.values()].map((task) => task.leased);
  }

  private take(leased: LeasedTask): void {
    const { queue, taskId, token } = leased;
    const task = new Task(leased, (report) => {
      const text = cut(report, LONGEST_PROGRESS);
      this.stream.say({ case: "progress", value: { queue, taskId, token, text } });
    });
    this.tasks.set(taskId, task);
    this.ready.push(task);
    this.begin();
  }

  private stop(taskId: string, token: string, lost: boolean): void {
    const task = this.tasks.get(taskId);
    if (task?.leased.token === token) {
      task.stop(lost ? "the lease of the task is lost" : "the task is cancelled");
      if (lost) {
        this.tasks.delete(taskId);
      }
    }
  }

  private begin(): void {
    while (!this.closing && this.running < concurrencyOf(this.options)) {
      const task = this.ready.shift();
      if (!task) {
        return;
      }
      if (this.tasks.get(task.id) === task) {
        void this.work(task);
      } else {
        this.stream.say({ case: "credits", value: 1 }); // it was lost before it was begun
      }
    }
  }

  private async work(task: Task): Promise<void> {
    this.running++;
    this.stream.say({ case: "started", value: { taskIds: [task.id] } });
    const outcome = await this.outcome(task);
    this.running--;
    if (this.tasks.get(task.id) === task) {
      this.tasks.delete(task.id);
    }
    this.stream.settle(task.id, outcome);
    this.begin();
    this.endIfIdle();
  }

  /** What came of a task, whatever its handler returns or throws. */
  private async outcome(task: Task): Promise<Said> {
    const { queue, taskId, token } = task.leased;
    try {
      const handler = this.handlers.get(task.kind);
      if (!handler) {
        throw new Error(`this worker has no handler for "${task.kind}"`);
      }
      const result = resultOf(await handler(task));
      return {
        case: "ack",
        value: { queue, taskId, token, answer: { case: "result", value: result } },
      };
    } catch (e) {
      return { case: "nack", value: { queue, taskId, token, ...failed(e) } };
    }
  }

  private endIfIdle(): void {
    if (this.closing && this.running === 0 && !this.stream.hasUnsettled) {
      this.end();
    }
  }

  private end(failure?: QuoinError): void {
    this.stream.close();
    this.link.closed(this);
    this.forget?.();
    for (const task of this.tasks.values()) {
      task.stop("the worker has ended");
    }
    if (failure) {
      this.link.say(`the worker for ${this.options.queues} ends: ${failure.message}`);
      this.fail(failure);
    } else {
      this.finish();
    }
  }
}

/** The result of a task as it is sent. Doing the task again would not make it fit. */
function resultOf(value: unknown): Uint8Array {
  if (value === undefined || value === null) {
    return new Uint8Array();
  }
  if (typeof value !== "string" && !ArrayBuffer.isView(value)) {
    throw TaskError.dead(`the handler returned a value of type ${typeof value}, not text or bytes`);
  }
  const result =
    typeof value === "string"
      ? new TextEncoder().encode(value)
      : new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
  if (result.length > LONGEST_RESULT) {
    throw TaskError.dead(`the result has more than ${LONGEST_RESULT} bytes`);
  }
  return result;
}

/** How a task goes on whose handler threw something. */
function failed(thrown: unknown) {
  try {
    if (thrown instanceof TaskError) {
      const { message, dead, retryAfter } = thrown;
      const error = cut(`${message}`, LONGEST_ERROR);
      const pause = retryAfter === undefined ? undefined : durationMessage(retryAfter);
      return pause ? { error, dead, retryAfter: pause } : { error, dead };
    }
  } catch {
    // It is told as any other failure.
  }
  return { error: cut(textOf(thrown), LONGEST_ERROR) };
}
