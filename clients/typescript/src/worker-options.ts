// SPDX-License-Identifier: Apache-2.0
import type { Duration } from "./durations.js";
import type { TaskHandler } from "./task.js";

/** How a worker works. */
export interface WorkerOptions {
  /** The queues it works for, 1 to 16; the first that has tasks goes first. */
  queues: string[];
  /** What does the tasks, by kind. */
  handlers: Readonly<Record<string, TaskHandler>>;
  /** How many tasks it does at the same time, 1 to 500, 10 by default; as many are fetched ahead. */
  concurrency?: number;
  /** How long a task stays with it when its server dies: 3 s to 1 h, 30 s by default. */
  lease?: Duration;
  /**
   * Makes the queues peers: they are asked by lot, in proportion to these weights of 1 to 100, one
   * for each queue.
   */
  weights?: number[];
  /** How long closing waits for the tasks being done; 30 s by default. */
  patience?: Duration;
  /** Closes the worker when it is aborted. */
  signal?: AbortSignal;
}

/** How many tasks a worker may have: those being done and as many ahead. */
export function creditsOf(options: WorkerOptions): number {
  return 2 * concurrencyOf(options);
}

/** How many tasks a worker does at the same time. */
export function concurrencyOf({ concurrency = 10 }: WorkerOptions): number {
  return concurrency;
}
