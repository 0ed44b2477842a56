// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { DescMessage } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";

const NAMES: ReadonlySet<string> = new Set(["request_id", "client_message_id"]);

/**
 * Gives a unary request that can have an id, and has none, a random one, so that repeating it is
 * safe. The caller's message is left as it is: sent once more it is another request.
 */
export const requestIds: Interceptor = (next) => (request) => {
  if (request.stream) {
    return next(request);
  }
  const missing = idField(request.method.input);
  const message = request.message as unknown as Record<string, unknown>;
  if (missing === undefined || message[missing] !== "") {
    return next(request);
  }
  const copy = Object.assign(Object.create(Object.getPrototypeOf(message)), message);
  copy[missing] = randomUUID();
  return next({ ...request, message: copy });
};

function idField(input: DescMessage): string | undefined {
  return input.fields.find((field) => NAMES.has(field.name) && field.fieldKind === "scalar")
    ?.localName;
}
