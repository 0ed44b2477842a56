// SPDX-License-Identifier: Apache-2.0
import { type Input, init, type Plain, plain } from "./convert.js";
import {
  type CommonResponse,
  type LogEntry as LogEntryMessage,
  LogEntrySchema,
  Logs as LogsService,
  Severity,
} from "./gen/quoin/logs/v1/logs_pb.js";
import type { CallOptions, Link } from "./link.js";
import { LogTail, type TailOptions } from "./log-tail.js";
import { LogWriter } from "./log-writer.js";
import { pages } from "./pages.js";

/** An entry of a log. */
export type LogEntry = Plain<LogEntryMessage>;

/** An entry to be written: what happened, and if need be how serious it is and what belongs to it. */
export type NewLogEntry = Omit<Input<LogEntryMessage>, "time" | "cursor"> & { text: string };

/** The most common messages of an hour. */
export type CommonMessages = Plain<CommonResponse>;

const { write, recent, common, listNames } = LogsService.method;

/**
 * Logs: what happens now.
 *
 * Programs write with a {@link writer}, which never waits; {@link write} is for a single entry that
 * has to be there when the promise is fulfilled. A name is 1 to 512 bytes without control
 * characters.
 */
export class Logs {
  /** @internal */
  constructor(private readonly link: Link) {}

  /**
   * Writes one entry, once.
   *
   * @returns the cursor with which a {@link tail} goes on after it
   */
  async write(name: string, entry: NewLogEntry, options?: CallOptions): Promise<string> {
    const { severity, text, template, fields } = init(LogEntrySchema, entry);
    const request = { name, severity, text, template, fields };
    return (await this.link.call(write, request, options)).cursor;
  }

  /** Collects entries of one log and writes them in batches, in the background. */
  writer(name: string): LogWriter {
    return new LogWriter(this.link, name);
  }

  /**
   * The newest entries, newest first.
   *
   * @param severity those of one severity only; of all when left out
   * @param limit 1 to 100
   */
  async recent(
    name: string,
    { severity = Severity.UNSPECIFIED, limit = 100 }: { severity?: Severity; limit?: number } = {},
    options?: CallOptions,
  ): Promise<LogEntry[]> {
    return plain((await this.link.call(recent, { name, severity, limit }, options)).entries);
  }

  /**
   * The messages of an hour, the most frequent first.
   *
   * @param hoursAgo 0, the default, for the current hour, at most 24
   * @param limit how many at most, 1 to 100, 10 by default
   */
  async common(
    name: string,
    severity: Severity,
    { hoursAgo = 0, limit = 10 }: { hoursAgo?: number; limit?: number } = {},
    options?: CallOptions,
  ): Promise<CommonMessages> {
    const which = { case: "hoursAgo" as const, value: hoursAgo };
    return plain(await this.link.call(common, { name, severity, which, limit }, options));
  }

  /** The names of the logs that begin with a prefix, in the order of their bytes. */
  async *names(prefix = "", options?: CallOptions): AsyncGenerator<string, void, undefined> {
    for await (const page of pages(this.link, listNames, { prefix, pageSize: 1_000 }, options)) {
      yield* page.names;
    }
  }

  /**
   * Follows logs. A broken stream is opened again, at whatever server, and goes on where it was.
   *
   * @param names 1 to 64 logs
   */
  tail(names: string | readonly string[], options: TailOptions = {}): LogTail {
    return new LogTail(this.link, typeof names === "string" ? [names] : names, options);
  }
}
