// SPDX-License-Identifier: Apache-2.0
import { type Plain, plain } from "./convert.js";
import type { QuoinError } from "./errors.js";
import {
  Chat as ChatService,
  type SubscribeResponse,
  type SubscribeResponse_Doing,
  type SubscribeResponse_Event,
  type SubscribeResponse_Gap,
} from "./gen/quoin/chat/v1/chat_pb.js";
import type { Link } from "./link.js";
import { resumed } from "./resume.js";
import { Subscription } from "./subscription.js";

type Happening = Exclude<Plain<SubscribeResponse_Event>["event"], { case: undefined }>;

/**
 * What a subscription brings: what happened in a chat, and when; a gap where messages are kept no
 * longer (when `toMessageId` is less than `fromMessageId` only other events are missing); or that
 * somebody is doing something.
 */
export type ChatEvent = {
  readonly chatId: string;
  /** Where another subscription goes on after this. */
  readonly cursor: string;
} & (
  | ({ readonly time?: Date | undefined } & Happening)
  | { readonly case: "gap"; readonly value: Plain<SubscribeResponse_Gap> }
  | { readonly case: "signal"; readonly value: Plain<SubscribeResponse_Doing> }
);

/** How to subscribe. */
export interface SubscribeOptions {
  /** Where to go on: the cursor of another subscription. */
  cursor?: string;
  /** Ends the subscription when it is aborted. */
  signal?: AbortSignal;
  /** Told that the stream stands: after a start or a break, and every few seconds from then on. */
  onAlive?: () => void;
  /** Told that the stream is broken; it is opened again. */
  onBroken?: (failure: QuoinError) => void;
}

/** The chats of a user being followed. */
export class ChatSubscription extends Subscription<ChatEvent> {
  private position: string;

  /** @internal */
  constructor(
    link: Link,
    private readonly user: string,
    private readonly options: SubscribeOptions,
  ) {
    super(link, options.signal);
    this.position = options.cursor ?? "";
  }

  /** Where another subscription would go on after the last event that was handed out. */
  get cursor(): string {
    return this.position;
  }

  protected async *events(signal: AbortSignal): AsyncGenerator<ChatEvent, void, undefined> {
    const { onAlive = () => {}, onBroken } = this.options;
    const request = () => ({ user: this.user, cursor: this.position });
    const stream = resumed(this.link, ChatService.method.subscribe, request, signal, onBroken);
    for await (const message of stream) {
      for (const event of told(message, this.position)) {
        this.position = event.cursor;
        yield event;
      }
      if (message.event.case === "heartbeat" || message.event.case === "reconnect") {
        this.position = message.event.value.cursor;
      }
      if (message.event.case === "heartbeat") {
        onAlive();
      }
    }
  }
}

function* told({ event }: SubscribeResponse, position: string): Generator<ChatEvent> {
  switch (event.case) {
    case "events":
      for (const one of event.value.events) {
        const { event: happening, time, cursor } = plain(one);
        if (happening.case !== undefined) {
          yield { chatId: event.value.chatId, cursor, time, ...happening };
        }
      }
      break;
    case "gap":
      yield {
        chatId: event.value.chatId,
        cursor: event.value.cursor,
        case: "gap",
        value: plain(event.value),
      };
      break;
    case "signal":
      yield {
        chatId: event.value.chatId,
        cursor: position,
        case: "signal",
        value: plain(event.value),
      };
      break;
  }
}
