// SPDX-License-Identifier: Apache-2.0
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { isA, textOf } from "./callbacks.js";
import {
  type Failure,
  InvalidRequestError,
  NotHeldError,
  QuoinError,
  type Reason,
  UnavailableError,
} from "./errors.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";

const DOMAIN = "quoin.dev";
/** Reasons that say: the token does not hold it any more. */
const NOT_HELD = /_(NOT_HELD|REVOKED)$/;

/** Codes with which connect says that a connection broke or could not be made. */
const BROKEN: ReadonlySet<Code> = new Set([Code.Unavailable, Code.Aborted, Code.Canceled]);

/** What connect says as INTERNAL when a connection broke in the middle of an answer. */
const BROKEN_TEXT = /missing status|stream closed with error code/;

/** What connect says, as INTERNAL, of a message that cannot be written as its type. */
const NO_MESSAGE = /^serialize binary: /;

/** The typed error for whatever a call failed with. The only place where a status becomes one. */
export function quoinError(thrown: unknown): QuoinError {
  if (isA(thrown, QuoinError)) {
    return thrown;
  }
  const error = connectError(thrown);
  if (error.code === Code.Internal && !isAnswer(error) && NO_MESSAGE.test(error.rawMessage)) {
    return invalid(error.rawMessage.replace(NO_MESSAGE, ""), thrown);
  }
  const failure = read(error, error === thrown ? statusCode(error) : error.code);
  if (failure.reason === "INVALID_REQUEST") {
    return new InvalidRequestError(failure);
  }
  if (failure.reason !== undefined && NOT_HELD.test(failure.reason)) {
    return new NotHeldError(failure);
  }
  return failure.code === Code.Unavailable
    ? new UnavailableError(failure)
    : new QuoinError(failure);
}

/** What was thrown as connect's error, whatever it was. */
export function connectError(thrown: unknown): ConnectError {
  try {
    return ConnectError.from(thrown);
  } catch {
    return new ConnectError(textOf(thrown), Code.Unknown);
  }
}

/** The error of a request that cannot be sent because it is not of its type. */
export function invalid(text: string, cause: unknown): InvalidRequestError {
  return new InvalidRequestError({
    code: Code.InvalidArgument,
    text,
    metadata: {},
    violations: [],
    cause,
  });
}

/** What a server says of a request with a field that breaks a rule. */
export function invalidField(field: string, description: string): ConnectError {
  return new ConnectError(`${field}: ${description}`, Code.InvalidArgument, undefined, [
    { desc: ErrorInfoSchema, value: { reason: "INVALID_REQUEST", domain: DOMAIN } },
    { desc: BadRequestSchema, value: { fieldViolations: [{ field, description }] } },
  ]);
}

/** A failure on this side of the wire. */
export function localError(code: Code, text: string, cause?: unknown): QuoinError {
  const failure: Failure = { code, text, metadata: {}, violations: [], cause };
  return code === Code.Unavailable ? new UnavailableError(failure) : new QuoinError(failure);
}

/** The status code of a failed call: UNAVAILABLE also for what connect calls a broken connection. */
export function statusCode(error: ConnectError): Code {
  if (isAnswer(error)) {
    return error.code;
  }
  const isBroken =
    BROKEN.has(error.code) ||
    (error.code === Code.Internal && (BROKEN_TEXT.test(error.rawMessage) || isNodeError(error)));
  return isBroken ? Code.Unavailable : error.code;
}

/** Whether a server said so. */
function isAnswer(error: ConnectError): boolean {
  return error.metadata.has("grpc-status");
}

/** Whether Node says why, as it does for sockets, TLS and HTTP/2. */
function isNodeError({ cause }: { cause?: unknown }): boolean {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string";
}

function read(error: ConnectError, code: Code): Failure {
  const info = error.findDetails(ErrorInfoSchema).find((one) => one.domain === DOMAIN);
  const retry = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const request = error.findDetails(RequestInfoSchema)[0];
  return {
    code,
    text: error.rawMessage || Code[code] || "the call failed",
    reason: info?.reason as Reason | undefined,
    metadata: { ...info?.metadata },
    retryAfter: retry && durationMs(retry),
    requestId: request?.requestId ?? error.metadata.get("quoin-request-id") ?? undefined,
    violations: error
      .findDetails(BadRequestSchema)
      .flatMap((bad) => bad.fieldViolations)
      .map(({ field, description }) => ({ field, description })),
    cause: error,
  };
}
