// SPDX-License-Identifier: Apache-2.0
// What the types of this package and of connect need, whatever the project that uses them has.
/// <reference lib="dom" preserve="true" />
/// <reference lib="esnext.disposable" preserve="true" />
export { Code } from "@connectrpc/connect";
export { Announcement, type AnnounceOptions } from "./announcement.js";
export {
  Chat,
  type ChatHistory,
  type ChatMember,
  type ChatMessage,
  type ChatOverview,
  type HistoryOptions,
  type NewChat,
  type PendingMessages,
  type SendOptions,
} from "./chat.js";
export { type ChatEvent, ChatSubscription, type SubscribeOptions } from "./chat-subscription.js";
export { type ChangeOptions, Config, type NewMaintenance } from "./config.js";
export { type Configuration, ConfigWatch } from "./config-watch.js";
export type { Input, Plain } from "./convert.js";
export { CounterRecorder } from "./counter-recorder.js";
export { type CounterSample, Counters } from "./counters.js";
export type { Duration } from "./durations.js";
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
export type { LeaseSet } from "./lease-set.js";
export type { CallOptions } from "./link.js";
export type { HoldOptions, LockOptions } from "./lock-options.js";
export type { LockChange } from "./lock-watch.js";
export { type Lock, type LockEntry, type LockSet, type LockState, Locks } from "./locks.js";
export { LogTail, type TailEvent, type TailOptions } from "./log-tail.js";
export { LogWriter } from "./log-writer.js";
export { type CommonMessages, type LogEntry, Logs, type NewLogEntry } from "./logs.js";
export { type Maintenance, MaintenanceWatch } from "./maintenance-watch.js";
export type { Owned } from "./possession.js";
export { type Enqueued, type NewTask, type QueueStats, Queues, type TaskStatus } from "./queues.js";
export { Quoin, type QuoinOptions, type Stubs } from "./quoin.js";
export {
  type PermitHoldOptions,
  type PermitOptions,
  type Permits,
  type SemaphoreEntry,
  type SemaphoreState,
  Semaphores,
} from "./semaphores.js";
export { type Instance, ServiceWatch } from "./service-watch.js";
export { type SlowContext, Stats, type StatsFigures } from "./stats.js";
export { StatsRecorder, type Timer } from "./stats-recorder.js";
export type { Subscription } from "./subscription.js";
export { Task, TaskError, type TaskHandler, type TaskResult } from "./task.js";
export type { Pem, TlsOptions } from "./tls-options.js";
export { Worker } from "./worker.js";
export type { WorkerOptions } from "./worker-options.js";
