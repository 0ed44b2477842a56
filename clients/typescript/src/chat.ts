// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { ClientCore } from "./client-core.js";
import {
  Chat as ChatService,
  type SubscribeRequestSchema,
  type SubscribeResponse,
  type SubscribeResponse_Event,
  type SubscribeResponse_Signal,
} from "./gen/quoin/chat/v1/chat_pb.js";
import type { Gap } from "./gen/quoin/streams/v1/streams_pb.js";
import { ResumableStream, type StreamOptions } from "./resumable-stream.js";

type InChat = Exclude<SubscribeResponse_Event["event"], { case: undefined }>;

/**
 * What a subscription brings: what happened in a chat, and when; a gap where messages are no longer
 * kept; or a signal that somebody gave.
 */
export type ChatEvent = {
  readonly chatId: string;
  /** Where another subscription goes on after this. */
  readonly cursor: string;
} & (
  | (InChat & { readonly time?: Timestamp | undefined })
  | { readonly case: "gap"; readonly value: Gap }
  | { readonly case: "signal"; readonly value: SubscribeResponse_Signal }
);

/** What the client adds to the calls of Chat. */
export class ChatHelper {
  /** @internal */
  constructor(private readonly core: ClientCore) {}

  /**
   * Follows all chats of a user: what is not acknowledged, then what happens, and goes on where it
   * was when a server goes away. What was brought comes again until Ack acknowledges it, unless the
   * request goes on from a `cursor`.
   */
  subscribe(
    request: MessageInitShape<typeof SubscribeRequestSchema>,
    options?: StreamOptions,
  ): ResumableStream<ChatEvent> {
    const events = { method: ChatService.method.subscribe, read: chatEvents };
    return ResumableStream.open(this.core, events, request, options);
  }
}

function* chatEvents({ event }: SubscribeResponse, position: string): Generator<ChatEvent> {
  if (event.case === "events") {
    const { chatId } = event.value;
    for (const { event: inChat, time, cursor } of event.value.events) {
      if (inChat.case !== undefined) {
        yield { chatId, cursor, time, ...inChat };
      }
    }
  } else if (event.case === "gap") {
    yield { chatId: event.value.name, cursor: event.value.cursor, ...event };
  } else if (event.case === "signal") {
    yield { chatId: event.value.chatId, cursor: position, ...event };
  }
}
