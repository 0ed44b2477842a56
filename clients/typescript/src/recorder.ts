// SPDX-License-Identifier: Apache-2.0
import type { DescMessage } from "@bufbuild/protobuf";
import type { Pump } from "./pump.js";

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
  protected abstract readonly pump: Pump<DescMessage, DescMessage>;
  /** @internal */
  protected gone = 0;
  /** @internal */
  protected closed = false;

  /**
   * How much of what was collected may not have arrived: because Quoin was away for too long, or
   * too much waited to be sent, or could not be taken, or the recorder was closed.
   */
  get lost(): number {
    return this.gone;
  }

  /** Sends what is collected now instead of later. */
  flush(): void {
    this.pump.push();
  }

  /** Sends what is collected and waits, no longer than a call may take, for it to arrive. */
  async close(): Promise<void> {
    this.closed = true;
    await this.pump.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
