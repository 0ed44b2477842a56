// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClientCore } from "./client-core.js";
import {
  type LogEntry,
  Logs as LogsService,
  type TailRequestSchema,
  type TailResponse,
} from "./gen/quoin/logs/v1/logs_pb.js";
import { LogWriter } from "./log-writer.js";
import { ResumableStream, type StreamOptions } from "./resumable-stream.js";

/**
 * What a tail brings: an entry of a log, or a gap: entries that could not be delivered because this
 * process was away, or too slow, for longer than they are kept. `missed` is how many, 0 when that
 * is not known.
 */
export type TailEvent = {
  readonly log: string;
  /** Where another tail goes on after this. */
  readonly cursor: string;
} & (
  | { readonly case: "entry"; readonly entry: LogEntry }
  | { readonly case: "gap"; readonly missed: bigint }
);

/** What the client adds to the calls of Logs. */
export class LogsHelper {
  /** @internal */
  constructor(private readonly core: ClientCore) {}

  /**
   * Collects entries of one log and writes them in batches, in the background.
   *
   * @throws TypeError when the name is not 1 to 512 bytes without control characters
   */
  writer(name: string): LogWriter {
    return new LogWriter(this.core, name);
  }

  /** Follows logs, and goes on where it was when a server goes away. */
  tail(
    request: MessageInitShape<typeof TailRequestSchema>,
    options?: StreamOptions,
  ): ResumableStream<TailEvent> {
    const events = { method: LogsService.method.tail, read: tailEvents };
    return ResumableStream.open(this.core, events, request, options);
  }
}

function* tailEvents({ event }: TailResponse): Generator<TailEvent> {
  if (event.case === "newEntries") {
    for (const entry of event.value.entries) {
      yield { case: "entry", log: event.value.name, cursor: entry.cursor, entry };
    }
  } else if (event.case === "gap") {
    const { name, cursor, missed } = event.value;
    yield { case: "gap", log: name, cursor, missed: missed ?? 0n };
  }
}
