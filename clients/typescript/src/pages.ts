// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from "@connectrpc/connect";
import { endable, onAbort } from "./signals.js";

/**
 * The pages of a list, each asked for when the one before has been read; for every RPC with a
 * `page_token`.
 *
 * ```ts
 * for await (const { locks } of pages(quoin.locks.list, { prefix: "account/" })) { … }
 * ```
 */
export function pages<F extends ListCall>(
  list: F,
  request: Parameters<F>[0],
  options?: CallOptions,
): AsyncGenerator<Awaited<ReturnType<F>>, void, undefined> {
  const cancelled = new AbortController();
  let isLeft = false;
  const leave = () => {
    isLeft = true;
    cancelled.abort();
  };
  return endable(all(), leave);

  async function* all(): AsyncGenerator<Awaited<ReturnType<F>>, void, undefined> {
    const { signal } = cancelled;
    const caller = options?.signal;
    const forget = onAbort(caller, () => cancelled.abort(caller?.reason));
    try {
      let pageToken = "";
      do {
        const next = { ...(request as object), ...(pageToken && { pageToken }) };
        const page = await list(next as never, { ...options, signal });
        yield page as Awaited<ReturnType<F>>;
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
    } catch (e) {
      if (!isLeft) {
        throw e;
      }
    } finally {
      forget();
    }
  }
}

type ListCall = (
  request: never,
  options?: CallOptions,
) => Promise<{ readonly nextPageToken: string }>;
