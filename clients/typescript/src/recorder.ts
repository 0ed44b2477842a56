// SPDX-License-Identifier: Apache-2.0
import type { DescMessage } from "@bufbuild/protobuf";
import type { BatchSender } from "./batch-sender.js";

/** Both halves of a list; none when there is only one thing in it. */
export function halves<T>(all: readonly T[]): T[][] {
  const middle = Math.ceil(all.length / 2);
  return all.length < 2 ? [] : [all.slice(0, middle), all.slice(middle)];
}

/**
 * What collects in this process and sends once in a while. It does not keep the process from ending:
 * close it, or its client, to have the rest sent.
 */
export abstract class Recorder implements AsyncDisposable {
  /** @internal */
  protected abstract readonly sender: BatchSender<DescMessage, DescMessage>;
  /** @internal */
  protected gone = 0;
  /** @internal */
  protected closed = false;

  /**
   * How much of what was collected was dropped and may not have arrived: because Quoin was away for
   * too long, or too much waited to be sent, or could not be taken, or the recorder was closed.
   */
  get dropped(): number {
    return this.gone;
  }

  /** Sends what is collected now instead of later, and waits until it has arrived or is dropped. */
  flush(): Promise<void> {
    return this.sender.flush();
  }

  /** Sends what is collected and waits, no longer than a call may take, for it to arrive. */
  async close(): Promise<void> {
    this.closed = true;
    await this.sender.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
