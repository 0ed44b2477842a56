// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { textOf } from "./callbacks.js";
import {
  type LogEntry,
  LogEntrySchema,
  Severity,
  type WriteStreamRequest,
  WriteStreamRequestSchema,
} from "./gen/quoin/logs/v1/logs_pb.js";
import type { NewLogEntry } from "./logs.js";
import { halves } from "./recorder.js";
import { cut } from "./texts.js";

/** What the contract allows an entry to have. */
const TEXT_BYTES = 16_384;
const TEMPLATE_BYTES = 512;
const MOST_FIELDS = 32;
const KEY_BYTES = 64;
const VALUE_BYTES = 1_024;

const BATCH = 100;
const BATCH_BYTES = 512 * 1_024;

/** An entry, cut to what is allowed; what is no text is made one. */
export function fitting(entry: NewLogEntry): LogEntry {
  const { severity, text = "", template = "", fields = {} } = entry;
  const kept = Object.entries(fields).filter(([key]) => key !== "");
  return create(LogEntrySchema, {
    severity: severity !== undefined && Severity[severity] ? severity : Severity.UNSPECIFIED,
    text: cut(textOf(text), TEXT_BYTES) || "-",
    template: cut(textOf(template), TEMPLATE_BYTES),
    fields: Object.fromEntries(
      kept
        .slice(0, MOST_FIELDS)
        .map(([key, value]) => [cut(key, KEY_BYTES), cut(textOf(value), VALUE_BYTES)]),
    ),
  });
}

/**
 * The first batches of what is waiting; what is in them is taken out. They carry ids, so that a
 * batch is written once however often it is sent.
 */
export function batches(name: string, waiting: LogEntry[], most: number): WriteStreamRequest[] {
  const made: WriteStreamRequest[] = [];
  let taken = 0;
  while (taken < waiting.length && made.length < most) {
    const entries: LogEntry[] = [];
    let bytes = 0;
    for (const entry of waiting.slice(taken, taken + BATCH)) {
      bytes += size(entry);
      if (entries.length > 0 && bytes > BATCH_BYTES) {
        break;
      }
      entries.push(entry);
    }
    taken += entries.length;
    made.push(batch(name, entries));
  }
  waiting.splice(0, taken);
  return made;
}

/** A batch as two; none when there is one entry in it. */
export function halvesOf({ name, entries }: WriteStreamRequest): WriteStreamRequest[] {
  return halves(entries).map((half) => batch(name, half));
}

function batch(name: string, entries: LogEntry[]): WriteStreamRequest {
  return create(WriteStreamRequestSchema, { name, entries, requestId: randomUUID() });
}

/** No less than the bytes of an entry. */
function size({ text, template, fields }: LogEntry): number {
  let characters = text.length + template.length + 32;
  for (const [key, value] of Object.entries(fields)) {
    characters += key.length + value.length + 8;
  }
  return characters * 3;
}
