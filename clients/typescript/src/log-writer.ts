// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { BatchSender } from "./batch-sender.js";
import { textOf } from "./callbacks.js";
import type { ClientCore } from "./client-core.js";
import {
  type LogEntry,
  LogEntrySchema,
  Logs as LogsService,
  Severity,
} from "./gen/quoin/logs/v1/logs_pb.js";
import { halves, Recorder } from "./recorder.js";
import { checkName, cut } from "./texts.js";

/** What the contract allows an entry, and a batch of them, to have. */
const TEXT_BYTES = 16_384;
const TEMPLATE_BYTES = 512;
const MOST_FIELDS = 32;
const KEY_BYTES = 64;
const VALUE_BYTES = 1_024;
const BATCH = 100;

const BATCH_BYTES = 512 * 1_024;
const ROOM = 10_000;
const PERIOD_MILLIS = 100;

/** An entry to be written: what happened, and if need be how serious it is and what belongs to it. */
export type NewLogEntry = Pick<
  MessageInitShape<typeof LogEntrySchema>,
  "severity" | "text" | "template" | "fields"
>;

/**
 * Writes entries of one log in the background: what was collected in 100 ms goes out together. It
 * never waits and never throws for a server that is away; up to 10,000 entries are kept until it is
 * back, more are dropped and counted. What an entry has more than the contract allows is cut off.
 * Entries are written in order, and once, as long as the server comes back within ten minutes.
 */
export class LogWriter extends Recorder {
  /** @internal */
  protected readonly sender;
  private readonly waiting: LogEntry[] = [];
  private unsettled = 0;
  private hasSaid = false;

  /** @internal */
  constructor(
    private readonly core: ClientCore,
    private readonly name: string,
  ) {
    super();
    checkName("name", name);
    const batch = (entries: LogEntry[]) => ({ name, entries, requestId: randomUUID() });
    const size = ({ entries = [] }: { entries?: readonly unknown[] }) => entries.length;
    this.sender = new BatchSender(core, LogsService.method.writeStream, PERIOD_MILLIS, {
      collected: () => this.waiting.length,
      size,
      next: () => {
        const entries = this.nextEntries();
        return entries.length === 0 ? undefined : batch(entries);
      },
      answered: (request) => {
        this.unsettled -= size(request);
      },
      lost: (request) => {
        this.unsettled -= size(request);
        this.gone += size(request);
      },
      halves: ({ entries = [] }) => halves(entries as LogEntry[]).map(batch),
      repeatsForever: true,
    });
  }

  /**
   * Takes an entry to be written.
   *
   * @returns false when it was dropped: too many are waiting, the writer is closed, or it cannot
   *   be read
   */
  write(entry: NewLogEntry): boolean {
    if (this.closed || this.unsettled >= ROOM) {
      this.gone++;
      return false;
    }
    try {
      this.waiting.push(fitting(entry));
    } catch (e) {
      this.gone++;
      if (!this.hasSaid) {
        this.hasSaid = true;
        this.core.say(`an entry of log "${this.name}" cannot be read and is dropped: ${textOf(e)}`);
      }
      return false;
    }
    this.unsettled++;
    this.sender.wake();
    return true;
  }

  /** Takes an entry that is nothing but a text. */
  log(severity: Severity, text: string): boolean {
    return this.write({ severity, text });
  }

  private nextEntries(): LogEntry[] {
    let count = 0;
    for (let bytes = 0; count < Math.min(BATCH, this.waiting.length); count++) {
      bytes += size(this.waiting[count] as LogEntry);
      if (count > 0 && bytes > BATCH_BYTES) {
        break;
      }
    }
    return this.waiting.splice(0, count);
  }
}

/** An entry, cut to what is allowed; what is no text is made one. */
function fitting(entry: NewLogEntry): LogEntry {
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

/** No less than the bytes of an entry. */
function size({ text, template, fields }: LogEntry): number {
  let characters = text.length + template.length + 32;
  for (const [key, value] of Object.entries(fields)) {
    characters += key.length + value.length + 8;
  }
  return characters * 3;
}
