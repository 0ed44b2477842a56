// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from "@connectrpc/connect";

/**
 * The pages of a list, each asked for when the one before has been read; for every RPC with a
 * `page_token`.
 *
 * ```ts
 * for await (const { locks } of pages(quoin.locks.list, { prefix: "account/" })) { … }
 * ```
 */
export async function* pages<F extends ListCall>(
  list: F,
  request: Parameters<F>[0],
  options?: CallOptions,
): AsyncGenerator<Awaited<ReturnType<F>>, void, undefined> {
  let pageToken = "";
  do {
    const next = { ...(request as object), ...(pageToken && { pageToken }) };
    const page = await list(next as never, options);
    yield page as Awaited<ReturnType<F>>;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
}

type ListCall = (
  request: never,
  options?: CallOptions,
) => Promise<{ readonly nextPageToken: string }>;
