// SPDX-License-Identifier: Apache-2.0
import { type Plain, plain } from "./convert.js";
import {
  type LogEntry,
  Logs as LogsService,
  type Severity,
  type TailResponse,
} from "./gen/quoin/logs/v1/logs_pb.js";
import type { Link } from "./link.js";
import { resumed } from "./resume.js";
import { Subscription } from "./subscription.js";

/**
 * What a tail brings: an entry of a log, or a gap: entries that could not be told because this
 * process was away, or too slow, for longer than they are kept. `missed` is how many, 0 when that
 * is not known.
 */
export type TailEvent = {
  readonly log: string;
  /** Where another tail goes on after this. */
  readonly cursor: string;
} & (
  | { readonly case: "entry"; readonly entry: Plain<LogEntry> }
  | { readonly case: "gap"; readonly missed: bigint }
);

/** Which entries of the logs to follow. */
export interface TailOptions {
  /** Only entries at least this serious. */
  minimumSeverity?: Severity;
  /** Only entries whose text contains this, letter for letter: at most 256 bytes. */
  contains?: string;
  /** How many of the newest entries of each log to begin with: 0, the default, to 1,000. */
  last?: number;
  /** Where to go on: the cursor of another tail, or that of a write. */
  cursor?: string;
  /** Ends the tail when it is aborted. */
  signal?: AbortSignal;
}

/** Logs that are being followed. */
export class LogTail extends Subscription<TailEvent> {
  private position: string;

  /** @internal */
  constructor(
    link: Link,
    private readonly names: readonly string[],
    private readonly options: TailOptions,
  ) {
    super(link, options.signal);
    this.position = options.cursor ?? "";
  }

  /**
   * Where another tail would go on after the last event that was handed out; "" before the first
   * stream has started.
   */
  get cursor(): string {
    return this.position;
  }

  protected async *events(signal: AbortSignal): AsyncGenerator<TailEvent, void, undefined> {
    const { minimumSeverity, contains, last } = this.options;
    const request = () => ({
      names: [...this.names],
      minimumSeverity,
      contains,
      last,
      cursor: this.position,
    });
    for await (const message of resumed(this.link, LogsService.method.tail, request, signal)) {
      for (const event of told(message)) {
        this.position = event.cursor;
        yield event;
      }
      if (message.event.case === "heartbeat" || message.event.case === "reconnect") {
        this.position = message.event.value.cursor;
      }
    }
  }
}

function* told({ event }: TailResponse): Generator<TailEvent> {
  if (event.case === "newEntries") {
    for (const entry of event.value.entries) {
      yield { case: "entry", log: event.value.name, cursor: entry.cursor, entry: plain(entry) };
    }
  } else if (event.case === "gap") {
    const { name, cursor, missed } = event.value;
    yield { case: "gap", log: name, cursor, missed: missed ?? 0n };
  }
}
