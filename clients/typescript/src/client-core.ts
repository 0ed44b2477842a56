// SPDX-License-Identifier: Apache-2.0
import {
  create,
  type DescMessage,
  type DescMethodStreaming,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  type CallOptions,
  type Client,
  Code,
  ConnectError,
  createContextValues,
  makeAnyClient,
  type Transport,
  type UnaryResponse,
} from "@connectrpc/connect";
import { guarded, textOf } from "./callbacks.js";
import { pause } from "./clock.js";
import { ClosedError, type QuoinError } from "./errors.js";
import { connectError, invalid, quoinError } from "./failures.js";
import { ResponseStream } from "./response-stream.js";
import { attempts, noteSent, TIMEOUT } from "./retries.js";
import { onAbort } from "./signals.js";
import { checkRequest } from "./well-formed.js";

type Fields = Record<string, unknown>;

const NAMESPACE = "quoin-namespace";
const LONGEST_WAIT = 86_400_000;
const LONGEST_TIMEOUT = 99_999_999; // milliseconds: eight digits are what gRPC allows

/** A call with this header keeps the process from ending as little as an idle connection does. */
export const BACKGROUND = "quoin-background";

/** What a client is for all its helpers. */
export interface CoreSettings {
  readonly namespace: string;
  /** Of unary calls that say nothing else, in milliseconds. */
  readonly deadline: number;
  /** Where the servers are, for people. */
  readonly address: string;
  /** Told what nobody else is told, a line at a time; never fails. */
  readonly say: (line: string) => void;
}

/** What all helpers of one client share: the way to the servers, and the list of what is open. */
export class ClientCore {
  private readonly open = new Map<object, () => unknown>();
  private readonly shut = new AbortController();
  private ended = false;
  readonly deadline: number;
  readonly say: (line: string) => void;

  constructor(
    private readonly transport: Transport,
    private readonly settings: CoreSettings,
  ) {
    this.deadline = settings.deadline;
    this.say = settings.say;
  }

  /** Makes a call. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    options.signal?.throwIfAborted();
    this.checkOpen();
    const context = options.contextValues ?? createContextValues();
    const timeoutMs = Math.min(Math.ceil(options.timeoutMs ?? this.deadline), LONGEST_TIMEOUT);
    const message = messageOf(method.input, input);
    try {
      const response = await this.bounded(options.signal, timeoutMs, (signal) => {
        const headers = this.headers(options);
        // Not by connect, whose timer would go on when an interceptor never comes back.
        headers.set(TIMEOUT, `${Math.max(1, timeoutMs)}m`);
        return this.transport.unary(method, signal, undefined, headers, message, context);
      });
      this.told(options, "onHeader", response.header);
      this.told(options, "onTrailer", response.trailer);
      return response.message;
    } catch (e) {
      options.signal?.throwIfAborted();
      const failure = this.failure(e);
      const before = context.get(attempts);
      noteSent(failure, e, before);
      throw before && failure.code === Code.DeadlineExceeded ? before.outOfTime() : failure;
    }
  }

  /** Opens a stream of responses. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    input: MessageInitShape<I>,
    signal?: AbortSignal,
    keepsAlive = true,
  ): ResponseStream<MessageShape<O>> {
    const headers: Record<string, string> = keepsAlive ? {} : { [BACKGROUND]: "yes" };
    return this.exchange(method, one(input), { signal, headers });
  }

  /** Opens a stream in both directions. */
  exchange<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    input: AsyncIterable<MessageInitShape<I>>,
    options: CallOptions = {},
  ): ResponseStream<MessageShape<O>> {
    const begin = async (signal: AbortSignal) => {
      this.checkOpen();
      const { timeoutMs, contextValues } = options;
      const headers = this.headers(options);
      const response = await this.transport.stream(
        method,
        signal,
        timeoutMs,
        headers,
        stoppable(method.input, input),
        contextValues,
      );
      this.told(options, "onHeader", response.header);
      return response.message;
    };
    return new ResponseStream(begin, (thrown) => this.failure(thrown), options.signal);
  }

  /** The generated stub of a service. */
  client<S extends DescService>(service: S): Client<S> {
    return makeAnyClient(service, (method) => {
      switch (method.methodKind) {
        case "unary":
          return (input: Fields, options?: CallOptions) => this.call(method, input, options);
        case "server_streaming":
          return (input: Fields, options?: CallOptions) =>
            this.exchange(method, one(input), options);
        case "client_streaming":
          return (input: AsyncIterable<Fields>, options?: CallOptions) =>
            last(this.exchange(method, input, options));
        case "bidi_streaming":
          return (input: AsyncIterable<Fields>, options?: CallOptions) =>
            this.exchange(method, input, options);
      }
    }) as Client<S>;
  }

  /** The timeout of a call that waits; waits longer than a day are refused anyway. */
  waitTimeout(wait: number): number {
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

  /** A callback of the user's that can be called without care; its failures are said. */
  guarded<A extends unknown[]>(what: string, callback: (...args: A) => unknown) {
    return guarded<A>(this.say, what, callback);
  }

  /** Says what becomes of a stream: once that it is broken, and once that it is back. */
  streamState(what: string): { broken(failure: QuoinError): void; well(): void } {
    let isBroken = false;
    const where = `${what} at ${this.settings.address}`;
    return {
      broken: (failure) => {
        if (!isBroken && !this.ended) {
          isBroken = true;
          this.say(`${where} is broken and will be opened again: ${failure.message}`);
        }
      },
      well: () => {
        if (isBroken) {
          isBroken = false;
          this.say(`${where} is back`);
        }
      },
    };
  }

  /** Closes all that is open, for no longer than a call may take. */
  async closeAll(): Promise<void> {
    this.ended = true;
    const patience = new AbortController();
    const all = [...this.open.values()].map(async (close) => close());
    await Promise.race([Promise.allSettled(all), pause(this.deadline, patience.signal)]);
    patience.abort();
  }

  /** Ends all calls; there are no new ones. */
  end(): void {
    this.shut.abort();
  }

  /**
   * Makes a call that ends in time, at the latest when the client does, also when an interceptor
   * never comes back.
   */
  private bounded<I extends DescMessage, O extends DescMessage>(
    caller: AbortSignal | undefined,
    timeoutMs: number,
    begin: (signal: AbortSignal) => Promise<UnaryResponse<I, O>>,
  ): Promise<UnaryResponse<I, O>> {
    const cancelled = new AbortController();
    let forget = () => {};
    const ended = new Promise<never>((_, reject) => {
      const stop = (reason: unknown) => {
        cancelled.abort();
        reject(reason);
      };
      const late = () => stop(new ConnectError("the call took too long", Code.DeadlineExceeded));
      const alarm = setTimeout(late, timeoutMs);
      const forgetCaller = onAbort(caller, () => stop(undefined));
      const forgetEnd = onAbort(this.shut.signal, () => stop(new ClosedError()));
      forget = () => {
        clearTimeout(alarm);
        forgetCaller();
        forgetEnd();
      };
    });
    return Promise.race([begin(cancelled.signal), ended]).finally(forget);
  }

  private checkOpen(): void {
    if (this.shut.signal.aborted) {
      throw new ClosedError();
    }
  }

  private failure(thrown: unknown): QuoinError {
    return this.shut.signal.aborted ? new ClosedError() : quoinError(thrown);
  }

  private told(options: CallOptions, name: "onHeader" | "onTrailer", news: Headers): void {
    const callback = options[name];
    if (callback) {
      this.guarded(name, callback)(news);
    }
  }

  private headers(options: CallOptions): Headers {
    const headers = new Headers(options.headers);
    if (!headers.has(NAMESPACE)) {
      headers.set(NAMESPACE, this.settings.namespace);
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

/**
 * Requests that can be told that nobody wants them any more, as connect asks for, and that fail with
 * an error connect can take, whatever the iterable of the user's fails with, or when one of them
 * cannot be sent.
 */
function stoppable<I extends DescMessage>(
  type: I,
  requests: AsyncIterable<MessageInitShape<I>>,
): AsyncIterable<MessageInitShape<I>> {
  const all = requests[Symbol.asyncIterator]();
  const next = async () => {
    try {
      const result = await all.next();
      if (!result.done) {
        checkRequest(type, result.value);
      }
      return result;
    } catch (e) {
      throw connectError(e);
    }
  };
  const stop = async (): Promise<IteratorResult<MessageInitShape<I>>> => {
    await all.return?.();
    return { done: true, value: undefined };
  };
  const iterator = { next, return: stop, throw: stop };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** The message of a request; fails with `InvalidRequestError` when it is none of its type. */
function messageOf<I extends DescMessage>(type: I, input: MessageInitShape<I>): MessageShape<I> {
  try {
    checkRequest(type, input);
    return create(type, input);
  } catch (e) {
    throw e instanceof ConnectError
      ? quoinError(e)
      : invalid(`this is no ${type.typeName}: ${flawOf(e)}`, e);
  }
}

/** What is wrong with something that is no message, in words. */
function flawOf(e: unknown): string {
  return e instanceof RangeError && e.message.includes("call stack")
    ? "it contains itself, or is nested too deeply"
    : textOf(e);
}

async function* one<T>(message: T): AsyncGenerator<T> {
  yield message;
}
