// SPDX-License-Identifier: Apache-2.0

import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { ClosedError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import type { Link } from "./link.js";

/**
 * Something that is kept up to date by a stream in the background. While Quoin cannot be reached it
 * goes on with what it knew last: {@link isStale} says so, {@link asOf} since when. Close it at the
 * end; what is known stays. Once it is known it does not keep the process from ending.
 */
export abstract class Following<T> implements AsyncDisposable {
  /**
   * Fulfilled as soon as it is known; fails with `InvalidRequestError` when the name cannot be one,
   * and with `ClosedError` when it is closed before.
   */
  readonly ready: Promise<void>;

  private readonly cancelled = new AbortController();
  private known: () => void = () => {};
  private unknown: (failure: QuoinError) => void = () => {};
  private heard: Date | undefined;
  private stale = true;

  /** @param what is followed, for people */
  protected constructor(
    protected readonly link: Link,
    private readonly what: string,
  ) {
    this.ready = new Promise((resolve, reject) => {
      // Who waits for it does not want the process to end.
      const alive = setInterval(() => {}, 60_000);
      this.known = () => {
        clearInterval(alive);
        resolve();
      };
      this.unknown = (failure) => {
        clearInterval(alive);
        reject(failure);
      };
    });
    this.ready.catch(() => {
      // Who wants to know waits for it.
    });
    link.opened(this, () => this.close());
  }

  /** When what is known was last seen to be so, by the clock of Redis; not set before it is ready. */
  get asOf(): Date | undefined {
    return this.heard;
  }

  /** Whether there may be changes that cannot be seen now. */
  get isStale(): boolean {
    return this.stale;
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.cancelled.abort();
    this.stale = true;
    this.link.closed(this);
    this.unknown(new ClosedError("it was closed"));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Begins; the subclass is ready to take messages. */
  protected begin(): void {
    void this.run();
  }

  /** The messages of the stream, opened again and again. */
  protected abstract messages(
    signal: AbortSignal,
    broken: () => void,
  ): AsyncGenerator<T, void, undefined>;

  /** Takes a message in. */
  protected abstract take(message: T): void;

  /** Something was told. */
  protected told(asOf: Timestamp | undefined, stale = false): void {
    this.heard = asOf && timestampDate(asOf);
    this.stale = stale;
  }

  /** All of it was told. */
  protected complete(): void {
    this.known();
  }

  private async run(): Promise<void> {
    const broken = () => {
      this.stale = true;
    };
    try {
      for await (const message of this.messages(this.cancelled.signal, broken)) {
        if (!this.cancelled.signal.aborted) {
          this.take(message);
        }
      }
    } catch (e) {
      broken();
      this.link.closed(this);
      const failure = quoinError(e);
      this.link.say(`${this.what} is not followed any more: ${failure.message}`);
      this.unknown(failure);
    }
  }
}

/** The listeners of a user. One that fails keeps nobody else from hearing. */
export class Listeners<T> {
  private readonly all = new Set<(news: T) => void>();

  constructor(
    private readonly link: Link,
    private readonly what: string,
  ) {}

  /** Adds one; gives what takes it away again. */
  add(listener: (news: T) => void): () => void {
    const own = this.link.guarded(this.what, listener);
    this.all.add(own);
    return () => {
      this.all.delete(own);
    };
  }

  tell(news: T): void {
    for (const listener of this.all) {
      listener(news);
    }
  }
}
