// SPDX-License-Identifier: Apache-2.0
import type { QuoinError } from "./errors.js";
import { onAbort } from "./signals.js";

/** A call in which the server sends many messages. It begins at once and ends when it is left. */
export class ResponseStream<T> implements AsyncIterableIterator<T> {
  private readonly messages: Promise<AsyncIterator<T>>;
  private readonly cancelled = new AbortController();
  private readonly forget: () => void;
  private over = false;

  /**
   * @param begin makes the call; it is cancelled by the signal it is given
   * @param failed tells what the call failed with
   * @param signal ends the call: reading then fails with the reason of the signal
   */
  constructor(
    begin: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
    private readonly failed: (thrown: unknown) => QuoinError,
    private readonly signal?: AbortSignal,
  ) {
    this.forget = onAbort(signal, () => {
      this.over = true;
      this.cancelled.abort();
    });
    const begun = begin(this.cancelled.signal).then((all) => all[Symbol.asyncIterator]());
    // An interceptor that never comes back would keep what is waited for.
    const cancelled = new Promise<never>((_, reject) => {
      onAbort(this.cancelled.signal, () => reject());
    });
    this.messages = Promise.race([begun, cancelled]);
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
      throw this.failed(e);
    }
  }

  /** Cancels the call, also while a message is being waited for. */
  async return(): Promise<IteratorResult<T>> {
    this.end();
    return { done: true, value: undefined };
  }

  /** Cancels the call as `return` does, and fails with what it is given. */
  async throw(error?: unknown): Promise<IteratorResult<T>> {
    this.end();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private end(): void {
    this.over = true;
    this.forget();
    this.cancelled.abort();
  }
}
