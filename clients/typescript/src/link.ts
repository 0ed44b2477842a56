// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import {
  type Client,
  type CallOptions as ConnectCallOptions,
  makeAnyClient,
  type Transport,
} from "@connectrpc/connect";
import { pause } from "./clock.js";
import { type Duration, milliseconds } from "./durations.js";
import { quoinError } from "./failures.js";
import { ResponseStream } from "./response-stream.js";

/** What every call can be given. */
export interface CallOptions {
  /** Ends the call when it is aborted; the call then fails with the reason of the signal. */
  signal?: AbortSignal | undefined;
  /** How long the call may take, repetitions included, if not as long as the client says. */
  timeout?: Duration | undefined;
}

type Fields = Record<string, unknown>;

const NAMESPACE = "quoin-namespace";
const LONGEST_WAIT = 86_400_000;

/** What all helpers of one client share: the way to the servers, and the list of what is open. */
export class Link {
  private readonly open = new Map<object, () => unknown>();
  private ended = false;

  /** @param deadline of unary calls that say nothing else, in milliseconds */
  constructor(
    private readonly transport: Transport,
    private readonly namespace: string,
    readonly deadline: number,
  ) {}

  /** Makes a call. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    { signal, timeout }: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const timeoutMs = timeout === undefined ? undefined : milliseconds(timeout);
    return this.unary(method, input, { signal, timeoutMs });
  }

  /** Opens a stream of responses. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    input: MessageInitShape<I>,
    signal?: AbortSignal,
  ): ResponseStream<MessageShape<O>> {
    return this.exchange(method, one(input), { signal });
  }

  /** Opens a stream in both directions. */
  exchange<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    input: AsyncIterable<MessageInitShape<I>>,
    options: ConnectCallOptions = {},
  ): ResponseStream<MessageShape<O>> {
    const begin = async (signal: AbortSignal) => {
      const { timeoutMs, contextValues } = options;
      const headers = this.headers(options);
      const response = await this.transport.stream(
        method,
        signal,
        timeoutMs,
        headers,
        stoppable(input),
        contextValues,
      );
      options.onHeader?.(response.header);
      return response.message;
    };
    return new ResponseStream(begin, options.signal);
  }

  /** The generated stub of a service. */
  client<S extends DescService>(service: S): Client<S> {
    return makeAnyClient(service, (method) => {
      switch (method.methodKind) {
        case "unary":
          return (input: Fields, options?: ConnectCallOptions) =>
            this.unary(method, input, options);
        case "server_streaming":
          return (input: Fields, options?: ConnectCallOptions) =>
            this.exchange(method, one(input), options);
        case "client_streaming":
          return (input: AsyncIterable<Fields>, options?: ConnectCallOptions) =>
            last(this.exchange(method, input, options));
        case "bidi_streaming":
          return (input: AsyncIterable<Fields>, options?: ConnectCallOptions) =>
            this.exchange(method, input, options);
      }
    }) as Client<S>;
  }

  /** How long a call that waits may take; waits longer than a day are refused anyway. */
  patience(wait: number): number {
    return this.deadline + Math.min(Math.max(wait, 0), LONGEST_WAIT);
  }

  /** Notes what is to be closed, at the latest when the client is; at once if it is already. */
  opened(resource: object, close: () => unknown): void {
    this.open.set(resource, close);
    if (this.ended) {
      queueMicrotask(() => void Promise.allSettled([(async () => close())()]));
    }
  }

  closed(resource: object): void {
    this.open.delete(resource);
  }

  /** Closes all that is open, for no longer than a call may take. */
  async closeAll(): Promise<void> {
    this.ended = true;
    const patience = new AbortController();
    const all = [...this.open.values()].map(async (close) => close());
    await Promise.race([Promise.allSettled(all), pause(this.deadline, patience.signal)]);
    patience.abort();
  }

  private async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    options: ConnectCallOptions = {},
  ): Promise<MessageShape<O>> {
    options.signal?.throwIfAborted();
    try {
      const response = await this.transport.unary(
        method,
        options.signal,
        Math.ceil(options.timeoutMs ?? this.deadline),
        this.headers(options),
        input,
        options.contextValues,
      );
      options.onHeader?.(response.header);
      options.onTrailer?.(response.trailer);
      return response.message;
    } catch (e) {
      options.signal?.throwIfAborted();
      throw quoinError(e);
    }
  }

  private headers(options: ConnectCallOptions): Headers {
    const headers = new Headers(options.headers);
    if (!headers.has(NAMESPACE)) {
      headers.set(NAMESPACE, this.namespace);
    }
    return headers;
  }
}

/** Sends messages in one call and gives the only response. */
export async function last<T>(stream: ResponseStream<T>): Promise<T> {
  let response: T | undefined;
  for await (const message of stream) {
    response = message;
  }
  if (response === undefined) {
    throw quoinError(new TypeError("no response was sent"));
  }
  return response;
}

/** Requests that can be told that nobody wants them any more, as connect asks for. */
function stoppable<T>(requests: AsyncIterable<T>): AsyncIterable<T> {
  const all = requests[Symbol.asyncIterator]();
  const stop = async (): Promise<IteratorResult<T>> => {
    await all.return?.();
    return { done: true, value: undefined };
  };
  const iterator = { next: () => all.next(), return: stop, throw: stop };
  return { [Symbol.asyncIterator]: () => iterator };
}

async function* one<T>(message: T): AsyncGenerator<T> {
  yield message;
}
