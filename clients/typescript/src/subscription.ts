// SPDX-License-Identifier: Apache-2.0
import type { Link } from "./link.js";
import { onAbort } from "./signals.js";

/**
 * What happens, as it is iterated over, until the loop is left, the subscription is closed (which
 * ends the loop normally), or its signal is aborted (which makes the loop throw the reason).
 * Iterate over it once. Who reads slowly is sent no more than is read.
 */
export abstract class Subscription<T> implements AsyncIterable<T>, AsyncDisposable {
  private readonly cancelled = new AbortController();
  private readonly forget: () => void;

  protected constructor(
    protected readonly link: Link,
    private readonly caller: AbortSignal | undefined,
  ) {
    link.opened(this, () => this.close());
    this.forget = onAbort(caller, () => this.cancelled.abort());
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.cancelled.abort();
    this.forget();
    this.link.closed(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const all = this.iterate();
    const { next, return: end } = all;
    // A generator that waits for what comes next would only end when that has come.
    return Object.assign(all, {
      next: () => next.call(all),
      return: async () => {
        await this.close();
        return end.call(all);
      },
    });
  }

  private async *iterate(): AsyncGenerator<T, void, undefined> {
    try {
      yield* this.events(this.cancelled.signal);
      this.caller?.throwIfAborted();
    } finally {
      await this.close();
    }
  }

  /** What happens until the signal is aborted. */
  protected abstract events(signal: AbortSignal): AsyncGenerator<T, void, undefined>;
}
