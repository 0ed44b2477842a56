// SPDX-License-Identifier: Apache-2.0
import type { Link } from "./link.js";

/**
 * What happens, as it is iterated over, until the loop is left, the subscription is closed (which
 * ends the loop normally), or its signal is aborted (which makes the loop throw the reason).
 * Iterate over it once. Who reads slowly is sent no more than is read.
 */
export abstract class Subscription<T> implements AsyncIterable<T>, AsyncDisposable {
  private readonly cancelled = new AbortController();
  private readonly onAbort = () => this.cancelled.abort();

  protected constructor(
    protected readonly link: Link,
    private readonly caller: AbortSignal | undefined,
  ) {
    link.opened(this, () => this.close());
    if (caller?.aborted) {
      this.cancelled.abort();
    }
    caller?.addEventListener("abort", this.onAbort, { once: true });
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.cancelled.abort();
    this.caller?.removeEventListener("abort", this.onAbort);
    this.link.closed(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
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
