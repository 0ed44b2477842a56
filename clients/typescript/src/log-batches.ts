// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { init } from "./convert.js";
import {
  type LogEntry,
  LogEntrySchema,
  type WriteStreamRequest,
  WriteStreamRequestSchema,
} from "./gen/quoin/logs/v1/logs_pb.js";
import type { NewLogEntry } from "./logs.js";
import { cut } from "./texts.js";

/** What the contract allows an entry to have. */
const TEXT_BYTES = 16_384;
const TEMPLATE_BYTES = 512;
const MOST_FIELDS = 32;
const KEY_BYTES = 64;
const VALUE_BYTES = 1_024;

const BATCH = 100;
const BATCH_BYTES = 512 * 1_024;

/** An entry, cut to what is allowed. */
export function fitting(entry: NewLogEntry): LogEntry {
  const { severity, text = "", template = "", fields = {} } = init(LogEntrySchema, entry);
  const kept = Object.entries(fields).filter(([key]) => key !== "");
  return create(LogEntrySchema, {
    severity,
    text: cut(text, TEXT_BYTES) || "-",
    template: cut(template, TEMPLATE_BYTES),
    fields: Object.fromEntries(
      kept
        .slice(0, MOST_FIELDS)
        .map(([key, value]) => [cut(key, KEY_BYTES), cut(value, VALUE_BYTES)]),
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
    made.push(create(WriteStreamRequestSchema, { name, entries, requestId: randomUUID() }));
  }
  waiting.splice(0, taken);
  return made;
}

/** No less than the bytes of an entry. */
function size({ text, template, fields }: LogEntry): number {
  let characters = text.length + template.length + 32;
  for (const [key, value] of Object.entries(fields)) {
    characters += key.length + value.length + 8;
  }
  return characters * 3;
}
