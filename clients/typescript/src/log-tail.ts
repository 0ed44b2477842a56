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
export type TailEvent =
  | { readonly case: "entry"; readonly log: string; readonly entry: Plain<LogEntry> }
  | { readonly case: "gap"; readonly log: string; readonly missed: bigint };

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
   * Where another tail would go on; "" before the first stream has started. It moves on when all
   * entries that came together have been taken and the next one is asked for.
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
      yield* told(message);
      this.position = message.cursor;
    }
  }
}

function* told({ event }: TailResponse): Generator<TailEvent> {
  if (event.case === "newEntries") {
    for (const entry of event.value.entries) {
      yield { case: "entry", log: event.value.name, entry: plain(entry) };
    }
  } else if (event.case === "gap") {
    yield { case: "gap", log: event.value.name, missed: event.value.missed ?? 0n };
  }
}
