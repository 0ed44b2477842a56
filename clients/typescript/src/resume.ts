// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodStreaming,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { Backoff, pause } from "./clock.js";
import { ClosedError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import type { Link } from "./link.js";

/** Codes with which calling again is in vain. */
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
 * signal is aborted, which ends it normally, or calling again is in vain.
 *
 * @param request makes the request each time the stream is opened
 * @param broken told each time the stream has failed
 * @param keepsAlive whether the process does not end while the stream is open
 */
export async function* resumed<I extends DescMessage, O extends DescMessage>(
  link: Link,
  method: DescMethodStreaming<I, O>,
  request: () => MessageInitShape<I>,
  signal: AbortSignal,
  broken: (failure: QuoinError) => void = () => {},
  keepsAlive = true,
): AsyncGenerator<MessageShape<O>, void, undefined> {
  const backoff = new Backoff();
  const state = link.streamState(`${method.parent.typeName}/${method.name}`);
  while (!signal.aborted) {
    const next = request();
    try {
      for await (const message of link.stream(method, next, signal, keepsAlive)) {
        backoff.reset();
        state.well();
        yield message;
      }
    } catch (e) {
      if (signal.aborted) {
        return;
      }
      const failure = quoinError(e);
      broken(failure);
      if (FINAL.has(failure.code) || failure instanceof ClosedError) {
        throw failure;
      }
      state.broken(failure);
    }
    await pause(backoff.next(), signal, keepsAlive);
  }
}

/** Runs a loop over a stream in the background until it is closed, at the latest by its client. */
export class Background {
  private readonly cancelled = new AbortController();

  constructor(private readonly link: Link) {
    link.opened(this, () => this.close());
  }

  get signal(): AbortSignal {
    return this.cancelled.signal;
  }

  close(): void {
    this.cancelled.abort();
    this.link.closed(this);
  }
}
