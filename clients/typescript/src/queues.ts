// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClientCore } from "./client-core.js";
import { type Duration, milliseconds } from "./durations.js";
import { ClosedError } from "./errors.js";
import {
  Queues as QueuesService,
  type WaitRequestSchema,
} from "./gen/quoin/queues/v1/queues_pb.js";
import { TaskState, type TaskStatus } from "./gen/quoin/queues/v1/task_pb.js";
import { queueWork } from "./queue-work.js";
import { reopened } from "./resumable-stream.js";
import { onAbort } from "./signals.js";
import type { TaskHandler } from "./task.js";
import { Worker, type WorkOptions } from "./worker.js";

/** How a worker works for queues. */
export interface WorkerOptions extends WorkOptions {
  /** The queues it works for, 1 to 16; the first that has tasks goes first. */
  queues: string[];
  /** What does the tasks, by kind. */
  handlers: Readonly<Record<string, TaskHandler>>;
  /** How long a task stays with it when its server dies: 3 s to 1 h, 30 s by default. */
  lease?: Duration;
  /**
   * Makes the queues peers: they are asked by lot, in proportion to these weights of 1 to 100, one
   * for each queue.
   */
  weights?: number[];
}

const ENDS: ReadonlySet<TaskState> = new Set([TaskState.DONE, TaskState.DEAD, TaskState.CANCELLED]);

/** What the client adds to the calls of Queues. */
export class QueuesHelper {
  /** @internal */
  constructor(private readonly core: ClientCore) {}

  /**
   * Does tasks with handlers until the worker is closed.
   *
   * @throws RangeError when there is no handler, or the concurrency is not 1 to 500
   * @throws TypeError when a handler is no function, or a duration is none
   */
  work(options: WorkerOptions): Worker {
    const { queues, handlers, lease = "30s", weights = [] } = options;
    const protocol = queueWork(queues, Object.keys(handlers), milliseconds(lease), weights);
    return Worker.begin(this.core, protocol, handlers, `the worker for ${queues}`, options);
  }

  /**
   * Waits for the end of a task, done, dead or cancelled, whatever becomes of servers. Fails with
   * `TASK_NOT_FOUND` when the task is not known.
   */
  async ended(
    request: MessageInitShape<typeof WaitRequestSchema>,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<TaskStatus> {
    signal?.throwIfAborted();
    const over = new AbortController();
    const close = () => over.abort();
    const forget = onAbort(signal, close);
    this.core.opened(over, close);
    try {
      const { wait } = QueuesService.method;
      for await (const { event } of reopened(this.core, wait, () => request, over.signal)) {
        if (event.case === "status" && ENDS.has(event.value.state)) {
          return event.value;
        }
      }
    } finally {
      forget();
      this.core.closed(over);
    }
    signal?.throwIfAborted();
    throw new ClosedError();
  }
}
