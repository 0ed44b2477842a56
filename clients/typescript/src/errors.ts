// SPDX-License-Identifier: Apache-2.0
import { Code } from "@connectrpc/connect";
import type { ErrorReason } from "./gen/quoin/errors/v1/error_reason_pb.js";

/** Why a call was refused: the names in `error_reason.proto` without their prefix. */
export type Reason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** One broken rule of the contract. */
export interface FieldViolation {
  /** Path of the field as written in the .proto file; empty when it is about the whole request. */
  readonly field: string;
  /** What is allowed, for people. */
  readonly description: string;
}

/** What the status of a failed call says. */
export interface Failure {
  readonly code: Code;
  readonly text: string;
  readonly reason?: Reason | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly retryAfter?: number | undefined;
  readonly requestId?: string | undefined;
  readonly violations: readonly FieldViolation[];
  readonly cause?: unknown;
}

/**
 * A call that was refused or could not be carried out.
 *
 * Branch on {@link reason}, or on {@link code} when there is none; texts may change at any time.
 * What callers catch most has a class of its own: {@link UnavailableError}, {@link NotHeldError}
 * and {@link InvalidRequestError}.
 */
export class QuoinError extends Error {
  override readonly name: string = "QuoinError";

  /** The gRPC status code. */
  readonly code: Code;

  /**
   * Why the call was refused. Not set when no Quoin server said so, for example because none could
   * be reached. A newer server may give a reason that {@link Reason} does not name.
   */
  readonly reason: Reason | undefined;

  /** The values the text speaks of, for programs; often empty. */
  readonly metadata: Readonly<Record<string, string>>;

  /** How many milliseconds to wait before trying again; set when trying again makes sense. */
  readonly retryAfter: number | undefined;

  /** The id under which the server knows the call; its log has the details. */
  readonly requestId: string | undefined;

  constructor(failure: Failure) {
    super(failure.text, { cause: failure.cause });
    this.code = failure.code;
    this.reason = failure.reason;
    this.metadata = failure.metadata;
    this.retryAfter = failure.retryAfter;
    this.requestId = failure.requestId;
  }
}

/** The client, or what was used of it, is closed. */
export class ClosedError extends QuoinError {
  override readonly name = "ClosedError";

  /** @internal */
  constructor(what = "the client is closed") {
    super({ code: Code.Canceled, text: what, metadata: {}, violations: [] });
  }
}

/**
 * No server could be reached, or the server could not reach Redis. The call may have been carried
 * out or not. Calls that are safe to repeat have been repeated already.
 */
export class UnavailableError extends QuoinError {
  override readonly name = "UnavailableError";
}

/**
 * The token does not hold what it was granted any more: its lease ran out, it was given back or
 * taken away; {@link QuoinError.reason} says of what kind it was.
 */
export class NotHeldError extends QuoinError {
  override readonly name = "NotHeldError";
}

/** The request breaks a rule of the contract. Sending it again does not help. */
export class InvalidRequestError extends QuoinError {
  override readonly name = "InvalidRequestError";

  /** Every broken rule. */
  readonly violations: readonly FieldViolation[];

  constructor(failure: Failure) {
    super(failure);
    this.violations = failure.violations;
  }
}

/**
 * Why something that was held was lost.
 *
 * - `expired`: its lease ran out before a renewal was confirmed: no server, or no Redis, could be
 *   reached in time. Others can get it from now on.
 * - `not_held`: the server says that the token does not hold it any more: it was given back with
 *   its token, its lease ran out, or Redis lost it. Others may hold it already.
 * - `revoked`: somebody took it away. Others may hold it already.
 */
export type LostReason = "expired" | "not_held" | "revoked";

/** What the signal of a lock or of permits is aborted with when they are lost. */
export class LostError extends Error {
  override readonly name = "LostError";

  /** Why. */
  readonly reason: LostReason;

  constructor(what: string, reason: LostReason) {
    super(`${what} is lost: ${reason.replace("_", " ")}`);
    this.reason = reason;
  }
}
