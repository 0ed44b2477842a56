// SPDX-License-Identifier: Apache-2.0
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { invalidField } from "./failures.js";

type Fields = Record<string, unknown>;

/** In google.protobuf.Struct there are JSON values in place of fields. */
const JSON_OBJECT = "google.protobuf.Struct";

/**
 * Checks that the texts of a request can be sent as they are. Half a surrogate pair is nothing that
 * UTF-8 can write: it would become another character, and a name another name.
 *
 * @throws ConnectError that names the field
 */
export function checkTexts(type: DescMessage, message: object): void {
  const path = badText(type, message);
  if (path !== undefined) {
    throw invalidField(
      path.join("."),
      "must not have half a surrogate pair, which is no character",
    );
  }
}

/** Where a text is that cannot be sent. */
function badText(type: DescMessage, message: unknown): string[] | undefined {
  if (type.typeName === JSON_OBJECT) {
    return isWellFormed(message) ? undefined : ["fields"];
  }
  if (typeof message !== "object" || message === null) {
    return undefined; // What is none of its type is refused when it is written.
  }
  for (const field of type.fields) {
    const path = badField(field, given(field, message as Fields));
    if (path !== undefined) {
      return path;
    }
  }
  return undefined;
}

function given(field: DescField, message: Fields): unknown {
  if (field.oneof === undefined) {
    return message[field.localName];
  }
  const one = message[field.oneof.localName] as Fields | undefined;
  return one?.case === field.localName ? one.value : undefined;
}

function badField(field: DescField, value: unknown): string[] | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (field.fieldKind === "list" && Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const path = badValue(field.message, item);
      if (path !== undefined) {
        return [`${field.name}[${index}]`, ...path];
      }
    }
    return undefined;
  }
  if (field.fieldKind === "map" && typeof value === "object") {
    return isWellFormed(value) ? undefined : [field.name];
  }
  const path = badValue(field.message, value);
  return path && [field.name, ...path];
}

function badValue(type: DescMessage | undefined, value: unknown): string[] | undefined {
  if (type !== undefined) {
    return badText(type, value);
  }
  return typeof value === "string" && !value.isWellFormed() ? [] : undefined;
}

/** Whether all texts in something are, also the keys; bytes have none. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") {
    return value.isWellFormed();
  }
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    return true;
  }
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner));
}
