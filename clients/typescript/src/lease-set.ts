// SPDX-License-Identifier: Apache-2.0
import type { LeaseHandle } from "./lease-handle.js";

/** Several leases that were granted together. Each can be lost, and released, by itself. */
export class LeaseSet implements AsyncDisposable, Iterable<LeaseHandle> {
  private constructor(private readonly all: readonly LeaseHandle[]) {}

  /**
   * All or none: when one cannot be kept, the others are given back.
   *
   * @internal
   */
  static async of(kept: Promise<LeaseHandle>[]): Promise<LeaseSet> {
    const settled = await Promise.allSettled(kept);
    const granted = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const failed = settled.find((one) => one.status === "rejected");
    if (failed) {
      await Promise.allSettled(granted.map((one) => one.release()));
      throw failed.reason;
    }
    return new LeaseSet(granted);
  }

  /** How many. */
  get size(): number {
    return this.all.length;
  }

  /** The one of a name, if it is among them. */
  get(name: string): LeaseHandle | undefined {
    return this.all.find((one) => one.name === name);
  }

  /** Whether all of them are held. */
  get isHeld(): boolean {
    return this.all.every((one) => one.isHeld);
  }

  /** In the order of the names asked for. */
  [Symbol.iterator](): Iterator<LeaseHandle> {
    return this.all[Symbol.iterator]();
  }

  /** Gives all of them back; tries each even when another cannot be given back. */
  async release(): Promise<void> {
    const settled = await Promise.allSettled(this.all.map((one) => one.release()));
    const failed = settled.find((one) => one.status === "rejected");
    if (failed) {
      throw failed.reason;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
