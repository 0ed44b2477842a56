// SPDX-License-Identifier: Apache-2.0
// What the types of this package and of connect need, whatever the project that uses them has.
/// <reference lib="dom" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
export { durationMs, timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
export { type CallOptions, Code } from "@connectrpc/connect";
export type { Announcement } from "./announcement.js";
export type { CachedWatch } from "./cached-watch.js";
export type { ChatEvent } from "./chat.js";
export type { ConfigWatch } from "./config-watch.js";
export type { CounterRecorder } from "./counter-recorder.js";
export { type Duration, durationMessage as duration } from "./durations.js";
export {
  ClosedError,
  type FieldViolation,
  InvalidRequestError,
  LostError,
  type LostReason,
  NotHeldError,
  QuoinError,
  type Reason,
  UnavailableError,
} from "./errors.js";
export { quoinError } from "./failures.js";
export { Activity, Role } from "./gen/chat.js";
export { Severity } from "./gen/logs.js";
export { DeadReason, TaskState } from "./gen/queues.js";
export type { LeaseHandle } from "./lease-handle.js";
export type { HoldOptions, LeaseOptions, WaitOptions } from "./lease-helper.js";
export type { LeaseSet } from "./lease-set.js";
export type { Lock, LockOptions } from "./locks.js";
export type { LogWriter, NewLogEntry } from "./log-writer.js";
export type { TailEvent } from "./logs.js";
export type { MaintenanceWatch } from "./maintenance-watch.js";
export { pages } from "./pages.js";
export type { WorkerOptions } from "./queues.js";
export { Quoin, type QuoinOptions } from "./quoin.js";
export type { ResumableStream, StreamOptions } from "./resumable-stream.js";
export type { PermitOptions, Permits } from "./semaphores.js";
export type { ServiceWatch } from "./service-watch.js";
export type { Services, Stubs } from "./services.js";
export type { StatsRecorder, Timer } from "./stats-recorder.js";
export { type Task, TaskError, type TaskHandler, type TaskResult } from "./task.js";
export type { Pem, TlsOptions } from "./tls-options.js";
export type { Token } from "./tokens.js";
export type { Worker } from "./worker.js";
