// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethodUnary,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { CallOptions, Link } from "./link.js";

type Paged = Message & { readonly nextPageToken: string };

/** The pages of a list, each asked for when the one before has been read. */
export async function* pages<I extends DescMessage, O extends DescMessage>(
  link: Link,
  method: MessageShape<O> extends Paged ? DescMethodUnary<I, O> : never,
  request: MessageInitShape<I>,
  options?: CallOptions,
): AsyncGenerator<MessageShape<O>, void, undefined> {
  let pageToken = "";
  do {
    const page = await link.call<I, O>(method, { ...request, pageToken }, options);
    yield page;
    pageToken = (page as unknown as Paged).nextPageToken;
  } while (pageToken !== "");
}
