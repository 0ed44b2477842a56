// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodStreaming,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";

/** A piece of work that a server leased to this process. */
export interface WorkItem {
  /** The same for every delivery. */
  readonly id: string;
  readonly kind: string;
  /** Of this delivery. */
  readonly token: string;
  /** Tells the handler that the work is to stop. */
  stop(why: string): void;
}

/** What a server says to a worker. */
export type WorkEvent<W> =
  | { readonly case: "item"; readonly item: W }
  | { readonly case: "settled"; readonly id: string }
  | { readonly case: "lost" | "cancelled"; readonly id: string; readonly token: string };

/** How one service hands out work over a call; the messages of its RPC. */
export interface WorkProtocol<W extends WorkItem, I extends DescMessage, O extends DescMessage> {
  readonly method: DescMethodStreaming<I, O>;
  /** The first request of a call, with what the worker has from an earlier one. */
  open(credits: number, held: readonly W[]): MessageInitShape<I>;
  credits(count: number): MessageInitShape<I>;
  started(item: W): MessageInitShape<I>;
  /** How it ended: with what its handler returned; throws when that is no result. */
  done(item: W, result: unknown): MessageInitShape<I>;
  /** How it ended: with what its handler, or `done`, threw; never throws. */
  failed(item: W, thrown: unknown): MessageInitShape<I>;
  /** @param send sends a request that need not arrive */
  read(
    response: MessageShape<O>,
    send: (request: MessageInitShape<I>) => void,
  ): Iterable<WorkEvent<W>>;
}
