// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodStreaming,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import type { ClientCore } from "./client-core.js";
import { Backoff, pause } from "./clock.js";
import { ClosedError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import { endable, onAbort } from "./signals.js";
import { isOfCallback } from "./tokens.js";

/** Codes after which opening the stream again cannot help. */
const FINAL: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.PermissionDenied,
  Code.Unauthenticated,
  Code.FailedPrecondition,
  Code.OutOfRange,
  Code.Unimplemented,
]);

/**
 * The messages of a stream that is opened again, at whatever server, each time it ends: until the
 * signal is aborted, which ends it normally, or opening it again cannot help.
 *
 * @param request makes the request each time the stream is opened
 * @param onBroken told each time the stream has failed
 * @param keepsAlive whether the process does not end while the stream is open
 */
export async function* reopened<I extends DescMessage, O extends DescMessage>(
  core: ClientCore,
  method: DescMethodStreaming<I, O>,
  request: () => MessageInitShape<I>,
  signal: AbortSignal,
  onBroken: (failure: QuoinError) => void = () => {},
  keepsAlive = true,
): AsyncGenerator<MessageShape<O>, void, undefined> {
  const backoff = new Backoff();
  const state = core.streamState(`${method.parent.typeName}/${method.name}`);
  while (!signal.aborted) {
    const next = request();
    try {
      for await (const message of core.stream(method, next, signal, keepsAlive)) {
        backoff.reset();
        state.well();
        yield message;
      }
    } catch (e) {
      if (signal.aborted) {
        return;
      }
      const failure = quoinError(e);
      onBroken(failure);
      const isFinal = FINAL.has(failure.code) && !isOfCallback(failure);
      if (isFinal || failure instanceof ClosedError) {
        throw failure;
      }
      state.broken(failure);
    }
    await pause(backoff.next(), signal, keepsAlive);
  }
}

/** Options of a stream that is opened again when it breaks. */
export interface StreamOptions {
  /** Ends the stream when it is aborted: the loop then throws the reason. */
  signal?: AbortSignal;
  /** Called whenever the stream brings something: at least every few seconds while it is open. */
  onAlive?: () => void;
  /** Called when the stream is broken, before it is opened again. */
  onBroken?: (failure: QuoinError) => void;
}

/** How the messages of a stream become the events that are iterated over. */
export interface StreamEvents<I extends DescMessage, O extends DescMessage, E> {
  readonly method: DescMethodStreaming<I, O>;
  /** The events of a message; one with a `cursor` moves the position of the stream. */
  read(message: MessageShape<O>, position: string): Iterable<E>;
}

/** What streams that have cursors say of their position, beside their events. */
interface Positioned {
  readonly event?: { readonly case?: string | undefined; readonly value?: unknown };
}

/**
 * A stream that is opened again when it breaks, at whatever server, and goes on where it was.
 *
 * Iterate over it once. It ends when the loop is left, when it is closed (the loop then ends
 * normally), or when its signal is aborted (the loop then throws the reason). A slow reader is not
 * sent more than it reads.
 */
export class ResumableStream<E> implements AsyncIterable<E>, AsyncDisposable {
  private readonly cancelled = new AbortController();
  private readonly forget: () => void;
  private position: string;

  private constructor(
    private readonly core: ClientCore,
    cursor: string,
    private readonly caller: AbortSignal | undefined,
    private readonly events: (stream: ResumableStream<E>) => AsyncIterable<E>,
  ) {
    this.position = cursor;
    core.opened(this, () => this.close());
    this.forget = onAbort(caller, () => this.cancelled.abort());
  }

  /** @internal */
  static open<I extends DescMessage, O extends DescMessage, E>(
    core: ClientCore,
    { method, read }: StreamEvents<I, O, E>,
    request: MessageInitShape<I>,
    { signal, onAlive, onBroken }: StreamOptions = {},
  ): ResumableStream<E> {
    const isPositioned = "cursor" in method.input.field;
    const alive = onAlive && core.guarded(`onAlive of ${method.name}`, onAlive);
    const broken = onBroken && core.guarded(`onBroken of ${method.name}`, onBroken);
    const begin = (request as { cursor?: string } | undefined)?.cursor ?? "";
    async function* events(stream: ResumableStream<E>): AsyncGenerator<E, void, undefined> {
      const next = () => (isPositioned ? { ...request, cursor: stream.position } : request);
      const { signal } = stream.cancelled;
      for await (const message of reopened(core, method, next, signal, broken)) {
        for (const event of read(message, stream.position)) {
          stream.moved(event);
          yield event;
        }
        const { event } = message as Positioned;
        if (event?.case === "heartbeat" || event?.case === "reconnect") {
          stream.moved(event.value);
        }
        if (event?.case !== "reconnect") {
          alive?.();
        }
      }
    }
    return new ResumableStream<E>(core, begin, signal, events);
  }

  /**
   * Where another stream goes on after the last event that was handed out; empty before the first
   * one if the stream was not given a cursor, and for streams that have none.
   */
  get cursor(): string {
    return this.position;
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.cancelled.abort();
    this.forget();
    this.core.closed(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncGenerator<E, void, undefined> {
    return endable(this.iterate(), () => this.close());
  }

  private async *iterate(): AsyncGenerator<E, void, undefined> {
    try {
      yield* this.events(this);
      this.caller?.throwIfAborted();
    } finally {
      await this.close();
    }
  }

  private moved(by: unknown): void {
    const { cursor } = by as { cursor?: string };
    if (cursor) {
      this.position = cursor;
    }
  }
}

/** The events of a stream whose messages are the events. */
export function messagesOf<I extends DescMessage, O extends DescMessage>(
  method: DescMethodStreaming<I, O>,
): StreamEvents<I, O, MessageShape<O>> {
  return { method, read: (message) => [message] };
}
