// SPDX-License-Identifier: Apache-2.0
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { DurationSchema, durationMs } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import type { ClientCore } from "./client-core.js";
import { type Duration, milliseconds } from "./durations.js";
import { ClosedError } from "./errors.js";
import {
  type LeaseRequestSchema,
  type LeaseResponse,
  Queues as QueuesService,
  type WaitRequestSchema,
} from "./gen/quoin/queues/v1/queues_pb.js";
import { TaskState, type TaskStatus } from "./gen/quoin/queues/v1/task_pb.js";
import { acquiring, type Given } from "./leases.js";
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

/** How long a task is leased if the request does not say, in milliseconds. */
const DEFAULT_LEASE = 30_000;

const ENDS: ReadonlySet<TaskState> = new Set([TaskState.DONE, TaskState.DEAD, TaskState.CANCELLED]);

/** What the client adds to the calls of Queues. */
export class QueuesHelper {
  /** @internal */
  constructor(private readonly core: ClientCore) {}

  /**
   * Leases tasks: the RPC Lease. When it fails without an answer of a server, because it was
   * aborted, took too long or met no server in the end, what it leased is given back in the
   * background, to its place and without using an attempt. A request that brings a `requestId` is
   * the caller's to repeat, or to give back by `release`.
   */
  async lease(
    request: MessageInitShape<typeof LeaseRequestSchema>,
    options: CallOptions = {},
  ): Promise<LeaseResponse> {
    const { lease, release } = QueuesService.method;
    if (request.requestId) {
      return this.core.call(lease, request, options);
    }
    const given: Given = {
      get lease() {
        const { lease } = request;
        return lease ? durationMs(create(DurationSchema, lease)) : DEFAULT_LEASE;
      },
      giveUp: (leaseRequestId, limits) =>
        this.core.call(release, { queues: request.queues, leaseRequestId }, limits),
    };
    const { signal, ...others } = options;
    const leased = await acquiring(
      this.core,
      [given],
      signal,
      (requestId, ended) =>
        this.core.call(lease, named(request, requestId), { ...others, signal: ended }),
      (answer) => Promise.resolve(answer),
    );
    return leased as LeaseResponse;
  }

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

/** The same request with an id; the caller's is left as it is. */
function named(request: MessageInitShape<typeof LeaseRequestSchema>, requestId: string) {
  return Object.assign(Object.create(Object.getPrototypeOf(request)), request, { requestId });
}
