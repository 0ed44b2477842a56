// SPDX-License-Identifier: Apache-2.0
/** Messages that are sent in a call as they come. */
export class Outbox<T> implements AsyncIterableIterator<T> {
  private readonly waiting: T[] = [];
  private over = false;
  private wake: () => void = () => {};

  /** How many messages have not been taken by the connection. */
  get size(): number {
    return this.waiting.length;
  }

  push(message: T): void {
    if (!this.over) {
      this.waiting.push(message);
      this.wake();
    }
  }

  /** Says that there are no more. */
  end(): void {
    this.over = true;
    this.wake();
  }

  async next(): Promise<IteratorResult<T>> {
    while (this.waiting.length === 0 && !this.over) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const message = this.waiting.shift();
    return message === undefined
      ? { done: true, value: undefined }
      : { done: false, value: message };
  }

  /** The call is over: what is left is dropped. */
  async return(): Promise<IteratorResult<T>> {
    this.waiting.length = 0;
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
