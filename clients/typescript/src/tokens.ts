// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { textOf } from "./callbacks.js";
import type { QuoinError } from "./errors.js";

/** A token, or a function that gives the one for a call. */
export type Token = string | (() => string | PromiseLike<string>);

const AUTHORIZATION = "authorization";

/** Gives every call the token that says who makes it. */
export function tokens(token: Token): Interceptor {
  const fixed = typeof token === "string" ? checked(token) : undefined;
  return (next) => async (request) => {
    request.header.set(AUTHORIZATION, `Bearer ${fixed ?? (await ask(token))}`);
    return next(request);
  };
}

/** Whether a token callback failed, which may do better the next time. */
export function isOfCallback(failure: QuoinError): boolean {
  return failure.code === Code.Unauthenticated && failure.reason === undefined;
}

/** Whether a server said that the caller may not do this: trying again is no use. */
export function isDenied(failure: QuoinError): boolean {
  return (
    failure.code === Code.PermissionDenied ||
    (failure.code === Code.Unauthenticated && !isOfCallback(failure))
  );
}

async function ask(token: Token): Promise<string> {
  try {
    return checked(typeof token === "string" ? token : await token());
  } catch (e) {
    const text = `the token callback failed: ${textOf(e)}`;
    throw new ConnectError(text, Code.Unauthenticated, undefined, undefined, e);
  }
}

/** A token, if it can be sent. Never says what it was. */
function checked(token: unknown): string {
  if (typeof token !== "string" || !/^[!-~]+$/.test(token)) {
    throw new TypeError("a token must be a text of printable ASCII without spaces");
  }
  return token;
}
