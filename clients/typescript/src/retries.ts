// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError, createContextKey, type Interceptor } from "@connectrpc/connect";
import { isA } from "./callbacks.js";
import { now, pause } from "./clock.js";
import { milliseconds } from "./durations.js";
import { QuoinError, UnavailableError } from "./errors.js";
import { quoinError, statusCode } from "./failures.js";

/** The part of gRPC's service config that speaks of retries. */
export interface ServiceConfig {
  readonly methodConfig: readonly {
    readonly name: readonly { readonly service: string; readonly method?: string }[];
    readonly retryPolicy?: RetryPolicy;
  }[];
}

interface RetryPolicy {
  readonly initialBackoff: string;
  readonly maxBackoff: string;
  readonly backoffMultiplier: number;
  readonly retryableStatusCodes: readonly string[];
}

/** The header that tells a server how long a call may take. */
export const TIMEOUT = "grpc-timeout";

/** What is left of the time for another attempt when there is none any more, in milliseconds. */
const LEAST = 50;

/** A call that has not left this process, so that it may be repeated whatever it does. */
export class UnsentError extends ConnectError {
  // ConnectError has an instanceof of its own that would take any ConnectError for this.
  readonly isUnsent = true;

  constructor(text: string, cause: unknown) {
    super(text, Code.Unavailable, undefined, undefined, cause);
  }
}

function isUnsent(thrown: unknown): boolean {
  return isA(thrown, ConnectError) && "isUnsent" in thrown;
}

/** For calls that only may be repeated if they were not sent. */
const UNSENT: RetryPolicy = {
  initialBackoff: "100ms",
  maxBackoff: "1s",
  backoffMultiplier: 2,
  retryableStatusCodes: [],
};

/** The attempts of a call that have failed. */
export class Attempts {
  /** Whether one of them has left this process. */
  wereSent = false;
  private count = 0;
  private last: unknown;

  failed(thrown: unknown): void {
    this.count++;
    this.last = thrown;
    this.wereSent ||= !isUnsent(thrown);
  }

  /** The failure of a call whose time ran out in an attempt after these. */
  outOfTime(): QuoinError {
    const failure = quoinError(this.last);
    const { code, reason, metadata, retryAfter, requestId, cause } = failure;
    const attempts = `${this.count} attempt${this.count > 1 ? "s" : ""}`;
    const text = `${failure.message} (${attempts}, then the time was over)`;
    const said = { reason, metadata, retryAfter, requestId, violations: [], cause };
    return code === Code.Unavailable
      ? new UnavailableError({ code, text, ...said })
      : new QuoinError({ code, text, ...said });
  }
}

const neverSent = new WeakSet<QuoinError>();

/** Whether a call failed with this without any of its attempts leaving this process. */
export function wasNeverSent(failure: QuoinError): boolean {
  return neverSent.has(failure);
}

/** Notes of a failure whether its call was sent. */
export function noteSent(failure: QuoinError, thrown: unknown, before?: Attempts): void {
  if (isUnsent(thrown) && !before?.wereSent) {
    neverSent.add(failure);
  }
}

/** The failed attempts of a call, if there are any. */
export const attempts = createContextKey<Attempts | undefined>(undefined);

/**
 * Repeats unary calls, until their deadline, that a service config says are safe to repeat or that
 * were not sent: it is the only place where a call is made twice. The number of attempts that the config allows is for
 * libraries that need one.
 */
export function retries(config: ServiceConfig): Interceptor {
  const policies = byMethod(config);
  return (next) => async (request) => {
    const service = request.service.typeName;
    const policy =
      policies.get(`${service}/${request.method.name}`) ?? policies.get(service) ?? UNSENT;
    if (request.stream) {
      return next(request);
    }
    const timeout = Number.parseInt(request.header.get(TIMEOUT) ?? "", 10);
    const end = now() + (Number.isNaN(timeout) ? Number.POSITIVE_INFINITY : timeout);
    const failed = new Attempts();
    let longest = milliseconds(policy.initialBackoff);
    for (;;) {
      try {
        return await next(request);
      } catch (e) {
        // The last attempts come closer to each other, so that one is made just before the end.
        const left = end - now();
        const wanted = Math.max(longest * (0.8 + Math.random() * 0.4), retryAfter(e));
        const millis = Math.min(wanted, left / 2);
        if (millis < LEAST || request.signal.aborted || !isRetryable(e, policy)) {
          throw e;
        }
        failed.failed(e);
        request.contextValues.set(attempts, failed);
        await pause(millis, request.signal);
        if (request.signal.aborted) {
          throw e;
        }
      }
      longest = Math.min(longest * policy.backoffMultiplier, milliseconds(policy.maxBackoff));
      if (Number.isFinite(end)) {
        request.header.set(TIMEOUT, `${Math.max(1, Math.ceil(end - now()))}m`);
      }
    }
  };
}

/** How long the server asks to wait, in milliseconds. */
function retryAfter(thrown: unknown): number {
  return isA(thrown, ConnectError) ? (quoinError(thrown).retryAfter ?? 0) : 0;
}

function isRetryable(thrown: unknown, policy: RetryPolicy): boolean {
  if (!isA(thrown, ConnectError)) {
    return false;
  }
  if (isUnsent(thrown)) {
    return true;
  }
  const name = Code[statusCode(thrown)]?.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
  return name !== undefined && policy.retryableStatusCodes.includes(name);
}

function byMethod(config: ServiceConfig): Map<string, RetryPolicy> {
  const policies = new Map<string, RetryPolicy>();
  for (const { name, retryPolicy } of config.methodConfig) {
    for (const { service, method } of retryPolicy ? name : []) {
      policies.set(method ? `${service}/${method}` : service, retryPolicy as RetryPolicy);
    }
  }
  return policies;
}
