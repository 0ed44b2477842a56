// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { now, pause } from "./clock.js";
import { milliseconds } from "./durations.js";
import { statusCode } from "./failures.js";

/** The part of gRPC's service config that speaks of retries. */
export interface ServiceConfig {
  readonly methodConfig: readonly {
    readonly name: readonly { readonly service: string; readonly method?: string }[];
    readonly retryPolicy?: RetryPolicy;
  }[];
}

interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialBackoff: string;
  readonly maxBackoff: string;
  readonly backoffMultiplier: number;
  readonly retryableStatusCodes: readonly string[];
}

const TIMEOUT = "grpc-timeout";

/**
 * Repeats unary calls as a service config says, within the deadline of the call: it is the only
 * place where a call is made twice.
 */
export function retries(config: ServiceConfig): Interceptor {
  const policies = byMethod(config);
  return (next) => async (request) => {
    const service = request.service.typeName;
    const policy = policies.get(`${service}/${request.method.name}`) ?? policies.get(service);
    if (!policy || request.stream) {
      return next(request);
    }
    const timeout = Number.parseInt(request.header.get(TIMEOUT) ?? "", 10);
    const end = now() + (Number.isNaN(timeout) ? Number.POSITIVE_INFINITY : timeout);
    let longest = milliseconds(policy.initialBackoff);
    for (let attempt = 1; ; attempt++) {
      try {
        return await next(request);
      } catch (e) {
        const millis = longest * (0.8 + Math.random() * 0.4);
        const isOver = attempt >= policy.maxAttempts || now() + millis >= end;
        if (isOver || request.signal.aborted || !isRetryable(e, policy)) {
          throw e;
        }
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

function isRetryable(thrown: unknown, policy: RetryPolicy): boolean {
  if (!(thrown instanceof ConnectError)) {
    return false;
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
