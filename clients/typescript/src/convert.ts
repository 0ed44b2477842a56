// SPDX-License-Identifier: Apache-2.0
import {
  createRegistry,
  type DescField,
  type DescFile,
  type DescMessage,
  isMessage,
  type Message,
  type MessageInitShape,
  ScalarType,
} from "@bufbuild/protobuf";
import {
  durationMs,
  type Duration as ProtoDuration,
  type Timestamp,
  timestampDate,
  timestampFromDate,
} from "@bufbuild/protobuf/wkt";
import { type Duration, durationMessage } from "./durations.js";
import { services } from "./gen/services.js";

type Hidden = "$typeName" | "$unknown";

/** A message as plain values: times are `Date`s, spans of time milliseconds, int64 `bigint`s. */
export type Plain<T> = T extends Timestamp
  ? Date
  : T extends ProtoDuration
    ? number
    : T extends Uint8Array
      ? T
      : T extends readonly (infer E)[]
        ? Plain<E>[]
        : T extends { case: string; value: infer V }
          ? { case: T["case"]; value: Plain<V> }
          : T extends Message
            ? { [K in keyof Answer<T> as Exclude<K, Hidden>]: Plain<Answer<T>[K]> }
            : T;

/** The fields that are true or false, or numbers: the server sets them always. */
type Said<T> = {
  [K in keyof T]: NonNullable<T[K]> extends bigint | number | boolean ? K : never;
}[keyof T];

type Answer<T> = Omit<T, NonNullable<Said<T>>> & Required<Pick<T, NonNullable<Said<T>>>>;

/**
 * What may be given for a message: every field may be left out, times are `Date`s, spans of time
 * are {@link Duration}s, and bytes may be a text, which is sent as UTF-8.
 */
export type Input<T> = T extends Timestamp
  ? Date
  : T extends ProtoDuration
    ? Duration
    : T extends Uint8Array
      ? Uint8Array | string
      : T extends readonly (infer E)[]
        ? readonly Input<E>[]
        : T extends { case: string; value: infer V }
          ? { case: T["case"]; value: Input<V> }
          : T extends Message
            ? { [K in keyof T as Exclude<K, Hidden>]?: Input<T[K]> }
            : T;

const encoder = new TextEncoder();

/** A message, or several, as plain values. */
export function plain<T>(message: T): Plain<T> {
  const told = Array.isArray(message)
    ? message.map((one) => plainMessage(one))
    : plainMessage(message as Message);
  return told as Plain<T>;
}

/**
 * The type of a message decides what its fields are, never their content: keys such as `case`,
 * `value` and `$typeName` in maps and JSON are the user's.
 */
function plainMessage(message: Message): unknown {
  const desc = registry.getMessage(message.$typeName);
  if (!desc || isFree(desc)) {
    return message;
  }
  if (desc.typeName === DURATION) {
    return durationMs(message as ProtoDuration);
  }
  if (desc.typeName === TIMESTAMP) {
    return timestampDate(message as Timestamp);
  }
  const fields = message as unknown as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const member of desc.members) {
    const value = fields[member.localName];
    if (member.kind === "oneof") {
      result[member.localName] = plainOneof(desc, value as Oneof);
    } else if (value !== undefined) {
      result[member.localName] = plainField(member, value);
    }
  }
  return result;
}

function plainOneof(desc: DescMessage, chosen: Oneof): Oneof {
  const field = chosen.case === undefined ? undefined : desc.field[chosen.case];
  return field ? { case: chosen.case, value: plainField(field, chosen.value) } : { ...chosen };
}

function plainField(field: DescField, value: unknown): unknown {
  if (field.message === undefined || isFree(field.message)) {
    return value;
  }
  if (field.fieldKind === "list") {
    return (value as Message[]).map((one) => plainMessage(one));
  }
  if (field.fieldKind === "map") {
    const entries = Object.entries(value as Record<string, Message>);
    return Object.fromEntries(entries.map(([key, one]) => [key, plainMessage(one)]));
  }
  return plainMessage(value as Message);
}

/** What a call may be given, as the stubs want it. */
export function init<D extends DescMessage>(desc: D, input: object): MessageInitShape<D> {
  const given = input as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const member of desc.members) {
    const value = given[member.localName];
    if (value === undefined) {
      continue;
    }
    if (member.kind === "oneof") {
      const { case: name, value: chosen } = value as Oneof;
      const field = name === undefined ? undefined : desc.field[name];
      result[member.localName] = { case: name, value: field ? initField(field, chosen) : chosen };
    } else {
      result[member.localName] = initField(member, value);
    }
  }
  return result as MessageInitShape<D>;
}

function initField(field: DescField, value: unknown): unknown {
  if (Array.isArray(value) && field.fieldKind === "list") {
    const element = field.listKind === "message" ? field.message : undefined;
    return value.map((one) => (element ? initMessage(element, one) : one));
  }
  if (typeof value === "string" && field.scalar === ScalarType.BYTES) {
    return encoder.encode(value);
  }
  return field.fieldKind === "message" ? initMessage(field.message, value) : value;
}

function initMessage(desc: DescMessage, value: unknown): unknown {
  if (desc.typeName === DURATION && (typeof value === "number" || typeof value === "string")) {
    return durationMessage(value);
  }
  if (desc.typeName === TIMESTAMP && value instanceof Date) {
    return timestampFromDate(value);
  }
  return typeof value === "object" && value !== null && !isFree(desc) && !isMessage(value, desc)
    ? init(desc, value)
    : value;
}

type Oneof = { case: string | undefined; value?: unknown };

const DURATION = "google.protobuf.Duration";
const TIMESTAMP = "google.protobuf.Timestamp";

/** Whether messages of a type are JSON. */
function isFree({ typeName }: DescMessage): boolean {
  return typeName === "google.protobuf.Struct";
}

/** The types of all messages of the contract. */
const registry = createRegistry(...filesOf(Object.values(services).map(({ file }) => file)));

function filesOf(files: readonly DescFile[], all = new Set<DescFile>()): Set<DescFile> {
  for (const file of files) {
    if (!all.has(file)) {
      filesOf(file.dependencies, all.add(file));
    }
  }
  return all;
}
