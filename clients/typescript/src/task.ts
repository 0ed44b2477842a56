// SPDX-License-Identifier: Apache-2.0
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Duration, milliseconds } from "./durations.js";
import type { LeasedTask } from "./gen/quoin/queues/v1/task_pb.js";

const LONGEST_RETRY = 7 * 86_400_000;

/** What a handler can throw to say how a failed task goes on. */
export class TaskError extends Error {
  override readonly name = "TaskError";

  private constructor(
    text: string,
    /** Whether trying again is in vain. */
    readonly dead: boolean,
    /** How long until it is tried again, in milliseconds, if not as long as its backoff. */
    readonly retryAfter: number | undefined,
    options?: { cause?: unknown },
  ) {
    super(text, options);
  }

  /** Trying again is in vain: the task becomes a dead letter. */
  static dead(text: string, options?: { cause?: unknown }): TaskError {
    return new TaskError(text, true, undefined, options);
  }

  /**
   * The task is tried again after that time, 0 to 7 days, if it may be.
   *
   * @throws TypeError or RangeError when it is no such time
   */
  static retryAfter(time: Duration, text: string, options?: { cause?: unknown }): TaskError {
    const millis = milliseconds(time);
    if (millis < 0 || millis > LONGEST_RETRY) {
      throw new RangeError(`a task is tried again after 0 to 7 days, not after ${time}`);
    }
    return new TaskError(text, false, millis, options);
  }
}

/**
 * Does the tasks of one kind. A task may be delivered more than once: when this worker dies, or
 * loses its lease, after the work but before that is known. Doing it again must do no harm.
 *
 * Throw a {@link TaskError} to say how a failed task goes on; after any other error it is tried
 * again after its backoff, if it may be.
 *
 * @returns the result, for who waits for it, at most 64 KiB; nothing for none
 */
export type TaskHandler = (task: Task) => TaskResult | PromiseLike<TaskResult>;

/** What came of a task: bytes, or a text, which is kept as a text. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return is a handler
export type TaskResult = Uint8Array | string | void;

/** A task a worker has. */
export class Task {
  private readonly stopped = new AbortController();

  /** @internal */
  constructor(
    /** @internal */
    readonly leased: LeasedTask,
    private readonly report: (text: string) => void,
  ) {}

  /** The queue it came from. */
  get queue(): string {
    return this.leased.queue;
  }

  /** The same for every delivery of the task: what makes doing it twice harmless. */
  get id(): string {
    return this.leased.taskId;
  }

  /**
   * Of this delivery.
   *
   * @internal
   */
  get token(): string {
    return this.leased.token;
  }

  /** What is to be done. */
  get kind(): string {
    return this.leased.kind;
  }

  /** What there is to know; of a text its bytes. */
  get payload(): Uint8Array {
    const { value } = this.leased.content;
    return value instanceof Uint8Array ? value : new TextEncoder().encode(value);
  }

  /** The payload, if it is a text. */
  get text(): string {
    const { value = "" } = this.leased.content;
    return typeof value === "string" ? value : new TextDecoder().decode(value);
  }

  /** Which attempt this is, 1 being the first. */
  get attempt(): number {
    return this.leased.attempt ?? 0;
  }

  /** Greater than that of every earlier delivery: pass it to what the work changes. */
  get fence(): bigint {
    return this.leased.fence ?? 0n;
  }

  /** For whom the work is; may be empty. */
  get fairnessKey(): string {
    return this.leased.fairnessKey;
  }

  /** When it was added, by the clock of Redis. */
  get enqueueTime(): Date {
    return this.leased.enqueueTime ? timestampDate(this.leased.enqueueTime) : new Date(0);
  }

  /**
   * Aborted when the work is to stop: somebody cancelled the task, or its lease is lost and another
   * worker may have it.
   */
  get signal(): AbortSignal {
    return this.stopped.signal;
  }

  /**
   * Says how far the work is, for who waits: at most 256 bytes.
   *
   * @throws TypeError when it is no text
   */
  progress(text: string): void {
    if (typeof text !== "string") {
      throw new TypeError("progress is a text");
    }
    this.report(text);
  }

  /** @internal */
  stop(why: string): void {
    this.stopped.abort(new DOMException(why, "AbortError"));
  }
}
