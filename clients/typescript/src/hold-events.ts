// SPDX-License-Identifier: Apache-2.0
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { LostReason } from "./errors.js";
import type { HoldResponse as LockEvent } from "./gen/quoin/locks/v1/locks_pb.js";
import type { HoldResponse as PermitEvent } from "./gen/quoin/semaphores/v1/semaphores_pb.js";
import type { Grant, HoldEvent } from "./leases.js";

/** When a lease ends, as a message says. */
export function endOf({ expireTime }: { expireTime?: Timestamp }): Date {
  return expireTime ? timestampDate(expireTime) : new Date(0);
}

/** What was granted, as a message says. */
export function grantOf(message: {
  token: string;
  fence?: bigint | undefined;
  expireTime?: Timestamp;
}): Grant {
  return { token: message.token, fence: message.fence ?? 0n, expireTime: endOf(message) };
}

/**
 * What a message of a Hold means; holds of locks and of permits tell the same.
 *
 * @param lost what the codes of losses mean that are not just "not held"
 */
export function holdEvent(
  { event }: LockEvent | PermitEvent,
  lost: Readonly<Record<number, LostReason>>,
): HoldEvent {
  switch (event.case) {
    case "waiting":
      return { kind: "waiting", position: Number(event.value.position) };
    case "granted":
      return { kind: "granted", grant: grantOf(event.value) };
    case "heartbeat":
      return event.value.expireTime
        ? { kind: "renewed", expireTime: endOf(event.value) }
        : { kind: "other" };
    case "lost":
      return { kind: "lost", reason: lost[event.value.reason] ?? "not_held" };
    case "reconnect":
      return { kind: "reconnect", token: event.value.token };
    default:
      return { kind: "other" };
  }
}
