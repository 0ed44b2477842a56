// SPDX-License-Identifier: Apache-2.0
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { invalidField } from "./failures.js";

type Fields = Record<string, unknown>;

/** A value that cannot be sent: where it stands, and what is wrong with it. */
interface Fault {
  readonly path: string[];
  readonly wrong: string;
}

/** In google.protobuf.Struct there are JSON values in place of fields. */
const JSON_OBJECT = "google.protobuf.Struct";

const HALF_CHARACTER = "must not have half a surrogate pair, which is no character";

/**
 * Checks what would be sent as something else. Half a surrogate pair is nothing that UTF-8 can write:
 * it would become another character, and a name another name. A Date, a Map and the like have no
 * fields: they would become an empty message, and a time the year 1970.
 *
 * @throws ConnectError that names the field
 */
export function checkRequest(type: DescMessage, message: object): void {
  const fault = faultOfMessage(type, message);
  if (fault !== undefined) {
    throw invalidField(fault.path.join("."), fault.wrong);
  }
}

function faultOfMessage(type: DescMessage, message: unknown): Fault | undefined {
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    return undefined; // What is none of its type is refused when it is written.
  }
  if (!isPlain(message)) {
    const hint = message instanceof Date ? ": timestampFromDate converts it" : "";
    return fault(`must be a ${type.typeName}, not a ${kindOf(message)}${hint}`);
  }
  if (type.typeName === JSON_OBJECT) {
    const wrong = faultOfJson(message);
    return wrong === undefined ? undefined : within("fields", fault(wrong));
  }
  for (const field of type.fields) {
    const found = faultOfField(field, given(field, message as Fields));
    if (found !== undefined) {
      return found;
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

function faultOfField(field: DescField, value: unknown): Fault | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (field.fieldKind === "list" && Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = faultOfValue(field.message, item);
      if (found !== undefined) {
        return within(`${field.name}[${index}]`, found);
      }
    }
    return undefined;
  }
  if (field.fieldKind === "map" && typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const found = key.isWellFormed() ? faultOfValue(field.message, item) : fault(HALF_CHARACTER);
      if (found !== undefined) {
        return within(field.name, found);
      }
    }
    return undefined;
  }
  const found = faultOfValue(field.message, value);
  return found && within(field.name, found);
}

function faultOfValue(type: DescMessage | undefined, value: unknown): Fault | undefined {
  if (type !== undefined) {
    return faultOfMessage(type, value);
  }
  return typeof value === "string" && !value.isWellFormed() ? fault(HALF_CHARACTER) : undefined;
}

/** What is wrong with a value in JSON; what is no value there at all is refused when it is written. */
function faultOfJson(value: unknown): string | undefined {
  if (typeof value === "string") {
    return value.isWellFormed() ? undefined : HALF_CHARACTER;
  }
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  if (!Array.isArray(value) && !isPlain(value)) {
    return `must be a text, number, boolean, null, list or object of JSON, not a ${kindOf(value)}`;
  }
  for (const [key, inner] of Object.entries(value)) {
    const wrong = key.isWellFormed() ? faultOfJson(inner) : HALF_CHARACTER;
    if (wrong !== undefined) {
      return wrong;
    }
  }
  return undefined;
}

/** Whether it is an object with properties, and not one of a kind that keeps its value elsewhere. */
function isPlain(value: object): boolean {
  return kindOf(value) === "Object";
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

function fault(wrong: string): Fault {
  return { path: [], wrong };
}

function within(name: string, inner: Fault): Fault {
  return { path: [name, ...inner.path], wrong: inner.wrong };
}
