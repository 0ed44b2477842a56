// SPDX-License-Identifier: Apache-2.0
import type { DescField, DescMessage, Message, MessageInitShape } from "@bufbuild/protobuf";
import {
  durationMs,
  type Duration as ProtoDuration,
  type Timestamp,
  timestampDate,
  timestampFromDate,
} from "@bufbuild/protobuf/wkt";
import { type Duration, durationMessage } from "./durations.js";

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

/** A message as plain values. */
export function plain<T>(message: T): Plain<T> {
  return plainValue(message) as Plain<T>;
}

function plainValue(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(plainValue);
  }
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    return value;
  }
  const type = (value as Partial<Message>).$typeName;
  if (type === "google.protobuf.Timestamp") {
    return timestampDate(value as Timestamp);
  }
  if (type === "google.protobuf.Duration") {
    return durationMs(value as ProtoDuration);
  }
  if (type === undefined && !isOneof(value)) {
    return value; // a map of texts, or JSON
  }
  const result: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    if (!name.startsWith("$")) {
      result[name] = plainValue(field);
    }
  }
  return result;
}

/** What a call may be given, as the stubs want it. */
export function init<D extends DescMessage>(desc: D, input: object): MessageInitShape<D> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    if (value !== undefined) {
      result[name] = isOneof(value)
        ? { case: value.case, value: initField(desc.field[value.case], value.value) }
        : initField(desc.field[name], value);
    }
  }
  return result as MessageInitShape<D>;
}

function initField(field: DescField | undefined, value: unknown): unknown {
  if (Array.isArray(value) && field?.fieldKind === "list") {
    const element = field.listKind === "message" ? field.message : undefined;
    return value.map((one) => (element ? initMessage(element, one) : one));
  }
  if (typeof value === "string" && field?.fieldKind === "scalar" && isBytes(field)) {
    return encoder.encode(value);
  }
  return field?.fieldKind === "message" ? initMessage(field.message, value) : value;
}

function initMessage(desc: DescMessage, value: unknown): unknown {
  if (desc.typeName === "google.protobuf.Duration" && isDuration(value)) {
    return durationMessage(value);
  }
  if (value instanceof Date) {
    return timestampFromDate(value);
  }
  const isFree = desc.typeName === "google.protobuf.Struct";
  return typeof value === "object" && value !== null && !isFree && !("$typeName" in value)
    ? init(desc, value)
    : value;
}

function isDuration(value: unknown): value is Duration {
  return typeof value === "number" || typeof value === "string";
}

function isBytes(field: { scalar: number }): boolean {
  return field.scalar === ScalarBytes;
}

const ScalarBytes = 12; // ScalarType.BYTES

function isOneof(value: unknown): value is { case: string; value: unknown } {
  return typeof value === "object" && value !== null && "case" in value && "value" in value;
}
