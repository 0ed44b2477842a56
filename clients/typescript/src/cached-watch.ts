// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodStreaming,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import type { ClientCore } from "./client-core.js";
import { ClosedError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import { reopened } from "./resumable-stream.js";

/** What a message of a watch says of the state, whichever kind of message it is. */
interface AsOf {
  readonly revision?: bigint;
  readonly asOf?: Timestamp;
  readonly stale?: boolean;
}

/** A message of a watch. */
interface WatchMessage {
  readonly event: { readonly case: string; readonly value: AsOf } | { readonly case: undefined };
}

/**
 * State that a stream in the background keeps up to date in memory. While Quoin cannot be reached
 * it is what was known last: {@link isStale} says so, {@link asOf} since when. Close it at the end;
 * what is known stays. Once it is ready it does not keep the process from ending.
 */
export abstract class CachedWatch implements AsyncDisposable {
  /**
   * Fulfilled as soon as the state is known; fails with `InvalidRequestError` when the request is
   * not allowed, and with `ClosedError` when the watch is closed before.
   */
  readonly ready: Promise<void>;

  private readonly cancelled = new AbortController();
  private known: () => void = () => {};
  private unknown: (failure: QuoinError) => void = () => {};
  private revision: bigint | undefined;
  private heard: Date | undefined;
  private stale = true;

  /**
   * @param what is watched, for people
   * @internal
   */
  protected constructor(
    protected readonly core: ClientCore,
    private readonly what: string,
  ) {
    this.ready = new Promise((resolve, reject) => {
      // A caller that waits for it does not want the process to end.
      const alive = setInterval(() => {}, 60_000);
      this.known = () => {
        clearInterval(alive);
        resolve();
      };
      this.unknown = (failure) => {
        clearInterval(alive);
        reject(failure);
      };
    });
    this.ready.catch(() => {
      // Told to callers that wait for it.
    });
    core.opened(this, () => this.close());
  }

  /** When the state was last seen to be so, by the clock of Redis; not set before it is ready. */
  get asOf(): Date | undefined {
    return this.heard;
  }

  /** Whether there may be changes that cannot be seen now. */
  get isStale(): boolean {
    return this.stale;
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.cancelled.abort();
    this.stale = true;
    this.core.closed(this);
    this.unknown(new ClosedError("it was closed"));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Follows the stream in the background, from the revision that is known.
   *
   * @param take takes in a message that changes the state
   * @internal
   */
  protected async follow<I extends DescMessage, O extends DescMessage>(
    method: DescMethodStreaming<I, O>,
    request: MessageInitShape<I>,
    take: (event: NonNullable<MessageShape<O> extends { event: infer E } ? E : never>) => void,
  ): Promise<void> {
    const { signal } = this.cancelled;
    const isRevised = "revision" in method.input.field;
    const next = () => (isRevised ? { ...request, revision: this.revision } : request);
    const broken = () => {
      this.stale = true;
    };
    try {
      for await (const message of reopened(this.core, method, next, signal, broken, false)) {
        const { event } = message as unknown as WatchMessage;
        if (!signal.aborted && event.case !== undefined && event.case !== "reconnect") {
          this.revision = event.value.revision;
          this.heard = event.value.asOf && timestampDate(event.value.asOf);
          this.stale = event.value.stale ?? false;
          take(event as never);
          if (event.case === "snapshot") {
            this.known();
          }
        }
      }
    } catch (e) {
      broken();
      this.core.closed(this);
      const failure = quoinError(e);
      this.core.say(`${this.what} is not followed any more: ${failure.message}`);
      this.unknown(failure);
    }
  }
}

/** The listeners of a user. One that fails keeps nobody else from hearing. */
export class Listeners<T> {
  private readonly all = new Set<(news: T) => void>();

  constructor(
    private readonly core: ClientCore,
    private readonly what: string,
  ) {}

  /** Adds one; gives what takes it away again. */
  add(listener: (news: T) => void): () => void {
    const own = this.core.guarded(this.what, listener);
    this.all.add(own);
    return () => {
      this.all.delete(own);
    };
  }

  tell(news: T): void {
    for (const listener of this.all) {
      listener(news);
    }
  }
}
