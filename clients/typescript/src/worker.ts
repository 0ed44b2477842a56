// SPDX-License-Identifier: Apache-2.0
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import type { ClientCore } from "./client-core.js";
import { later } from "./clock.js";
import { type Duration, milliseconds } from "./durations.js";
import type { QuoinError } from "./errors.js";
import { onAbort } from "./signals.js";
import type { WorkItem, WorkProtocol } from "./work-protocol.js";
import { WorkStream } from "./work-stream.js";

const MOST_CONCURRENT = 500;

/** How a worker works, whatever it works for. */
export interface WorkOptions {
  /** How many tasks it does at the same time, 1 to 500, 10 by default; as many are fetched ahead. */
  concurrency?: number;
  /** How long closing waits for the tasks being done; 30 s by default. */
  patience?: Duration;
  /** Closes the worker when it is aborted. */
  signal?: AbortSignal;
}

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

  private readonly stream: WorkStream<WorkItem, DescMessage, DescMessage>;
  private readonly protocol: WorkProtocol<WorkItem, DescMessage, DescMessage>;
  private readonly handlers: ReadonlyMap<string, (item: WorkItem) => unknown>;
  private readonly concurrency: number;
  private readonly patience: number;
  private readonly items = new Map<string, WorkItem>();
  private readonly ready: WorkItem[] = [];
  private readonly forget: () => void;
  private running = 0;
  private closing = false;
  private finish: () => void = () => {};
  private fail: (failure: QuoinError) => void = () => {};

  private constructor(
    private readonly core: ClientCore,
    protocol: WorkProtocol<never, never, never>,
    handlers: Readonly<Record<string, (item: never) => unknown>>,
    private readonly what: string,
    { concurrency = 10, patience = "30s", signal }: WorkOptions,
  ) {
    this.ended = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    this.ended.catch(() => {
      // It is in the log, too.
    });
    this.protocol = protocol as unknown as typeof this.protocol;
    this.handlers = new Map(Object.entries(handlers)) as unknown as typeof this.handlers;
    this.concurrency = concurrency;
    this.patience = milliseconds(patience);
    const listener = {
      held: () => [...this.items.values()],
      take: (item: WorkItem) => this.take(item),
      stop: (id: string, token: string, isLost: boolean) => this.stop(id, token, isLost),
      settled: () => this.endIfIdle(),
      refused: (failure: QuoinError) => this.end(failure),
    };
    this.stream = new WorkStream(core, this.protocol, listener, what, 2 * concurrency);
    core.opened(this, () => this.close());
    void this.stream.run();
    this.forget = onAbort(signal, () => void this.close().catch(() => {}));
  }

  /**
   * Begins to work.
   *
   * @param handlers what does the items, by kind
   * @param what it works for, for people
   * @throws RangeError when there is no handler, or the concurrency is not 1 to 500
   * @throws TypeError when a handler is no function, or a duration is none
   * @internal
   */
  static begin<W extends WorkItem, I extends DescMessage, O extends DescMessage>(
    core: ClientCore,
    protocol: WorkProtocol<W, I, O>,
    handlers: Readonly<Record<string, (item: W) => unknown>>,
    what: string,
    options: WorkOptions,
  ): Worker {
    if (Object.keys(handlers).length === 0) {
      throw new RangeError("a worker needs a handler");
    }
    for (const [kind, handler] of Object.entries(handlers)) {
      if (typeof handler !== "function") {
        throw new TypeError(`the handler of "${kind}" is no function`);
      }
    }
    const { concurrency = 10 } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MOST_CONCURRENT) {
      throw new RangeError(`concurrency is 1 to ${MOST_CONCURRENT}, not ${concurrency}`);
    }
    return new Worker(core, protocol as never, handlers, what, options);
  }

  /**
   * Begins no more tasks, waits for those being done and says how they ended; then ends. Tasks that
   * take longer than the options have patience for, and those not begun, go to other workers.
   */
  async close(): Promise<void> {
    this.closing = true;
    const alarm = later(this.patience, () => this.end());
    this.endIfIdle();
    await this.ended.finally(() => clearTimeout(alarm));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private take(item: WorkItem): void {
    this.items.set(item.id, item);
    this.ready.push(item);
    this.begin();
  }

  private stop(id: string, token: string, isLost: boolean): void {
    const item = this.items.get(id);
    if (item?.token === token) {
      item.stop(isLost ? "the lease of the task is lost" : "the task is cancelled");
      if (isLost) {
        this.items.delete(id);
      }
    }
  }

  private begin(): void {
    while (!this.closing && this.running < this.concurrency) {
      const item = this.ready.shift();
      if (!item) {
        return;
      }
      if (this.items.get(item.id) === item) {
        void this.work(item);
      } else {
        this.stream.send(this.protocol.credits(1)); // it was lost before it was begun
      }
    }
  }

  private async work(item: WorkItem): Promise<void> {
    this.running++;
    this.stream.send(this.protocol.started(item));
    const report = await this.outcome(item);
    this.running--;
    if (this.items.get(item.id) === item) {
      this.items.delete(item.id);
    }
    this.stream.settle(item.id, report);
    this.begin();
    this.endIfIdle();
  }

  /** What came of an item, whatever its handler returns or throws. */
  private async outcome(item: WorkItem): Promise<MessageInitShape<DescMessage>> {
    try {
      const handler = this.handlers.get(item.kind);
      if (!handler) {
        throw new Error(`this worker has no handler for "${item.kind}"`);
      }
      return this.protocol.done(item, await handler(item));
    } catch (e) {
      return this.protocol.failed(item, e);
    }
  }

  private endIfIdle(): void {
    if (this.closing && this.running === 0 && !this.stream.hasUnsettled) {
      this.end();
    }
  }

  private end(failure?: QuoinError): void {
    this.stream.close();
    this.core.closed(this);
    this.forget?.();
    for (const item of this.items.values()) {
      item.stop("the worker has ended");
    }
    if (failure) {
      this.core.say(`${this.what} ends: ${failure.message}`);
      this.fail(failure);
    } else {
      this.finish();
    }
  }
}
