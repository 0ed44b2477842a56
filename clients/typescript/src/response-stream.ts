// SPDX-License-Identifier: Apache-2.0
import { quoinError } from "./failures.js";

/** A call in which the server sends many messages. It begins at once and ends when it is left. */
export class ResponseStream<T> implements AsyncIterableIterator<T> {
  private readonly messages: Promise<AsyncIterator<T>>;
  private readonly cancelled = new AbortController();
  private readonly onAbort = () => this.end();
  private over = false;

  /**
   * @param begin makes the call; it is cancelled by the signal it is given
   * @param signal ends the call: reading then fails with the reason of the signal
   */
  constructor(
    begin: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
    private readonly signal?: AbortSignal,
  ) {
    if (signal?.aborted) {
      this.end();
    }
    signal?.addEventListener("abort", this.onAbort, { once: true });
    this.messages = begin(this.cancelled.signal).then((all) => all[Symbol.asyncIterator]());
    this.messages.catch(() => {
      // Told by next().
    });
  }

  async next(): Promise<IteratorResult<T>> {
    if (this.over) {
      this.signal?.throwIfAborted();
      return { done: true, value: undefined };
    }
    try {
      const result = await (await this.messages).next();
      if (result.done) {
        this.end();
      }
      return result;
    } catch (e) {
      const wasCancelled = this.over;
      this.end();
      this.signal?.throwIfAborted();
      if (wasCancelled) {
        return { done: true, value: undefined };
      }
      throw quoinError(e);
    }
  }

  /** Cancels the call, also while a message is being waited for. */
  async return(): Promise<IteratorResult<T>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private end(): void {
    this.over = true;
    this.signal?.removeEventListener("abort", this.onAbort);
    this.cancelled.abort();
  }
}
