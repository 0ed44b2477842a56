// SPDX-License-Identifier: Apache-2.0
import { ChatSubscription, type SubscribeOptions } from "./chat-subscription.js";
import { type Input, init, type Plain, plain } from "./convert.js";
import {
  type Activity,
  Chat as ChatService,
  type CreateRequest,
  CreateRequestSchema,
  type FetchPendingResponse_Pending,
  type HistoryRequest,
  HistoryRequestSchema,
  type HistoryResponse,
  type ListChatsResponse_Overview,
  type MembersResponse_Member,
  type Message,
  type Role,
  type SendRequest,
  SendRequestSchema,
} from "./gen/quoin/chat/v1/chat_pb.js";
import type { CallOptions, Link } from "./link.js";
import { pages } from "./pages.js";

/** A message of a chat. */
export type ChatMessage = Plain<Message>;
/** The messages of a chat that are not acknowledged. */
export type PendingMessages = Plain<FetchPendingResponse_Pending>;
/** A chat as one of its members sees it. */
export type ChatOverview = Plain<ListChatsResponse_Overview>;
/** A member of a chat. */
export type ChatMember = Plain<MembersResponse_Member>;
/** Messages of a chat, and whether there are more. */
export type ChatHistory = Plain<HistoryResponse>;
/** Limits and beginnings of a new chat; its creator is the user. */
export type NewChat = Omit<Input<CreateRequest>, "creator">;
/** What to send besides the text. */
export type SendOptions = Pick<
  Input<SendRequest>,
  "attributes" | "clientMessageId" | "acknowledge"
>;
/** Which messages of a chat to read. */
export type HistoryOptions = Pick<Input<HistoryRequest>, "range" | "limit">;

const { method } = ChatService;

/**
 * The chats of one user: rooms in which messages wait for every member.
 *
 * What {@link subscribe} or {@link pending} bring is not acknowledged until {@link ack} says so;
 * until then it comes again. Methods fail with a reason that begins with `CHAT_` when a chat is not
 * there or does not let the user do it.
 */
export class Chat {
  /** @internal */
  constructor(
    private readonly link: Link,
    /** Who the user is. */
    readonly user: string,
  ) {}

  /** Makes a chat of this user, who owns it, and others; tells its id. */
  async create(plan: NewChat = {}, options?: CallOptions): Promise<string> {
    const request = { ...init(CreateRequestSchema, plan), creator: this.user };
    return (await this.link.call(method.create, request, options)).chatId;
  }

  /** Becomes a member; tells whether this user was none. */
  async join(chatId: string, options?: CallOptions): Promise<boolean> {
    return (
      (await this.link.call(method.join, { chatId, user: this.user }, options)).joined ?? false
    );
  }

  /** Ends the membership; tells whether there was one, as far as no answer was lost. */
  async leave(chatId: string, options?: CallOptions): Promise<boolean> {
    return (await this.link.call(method.leave, { chatId, user: this.user }, options)).left ?? false;
  }

  /** Ends the membership of somebody else; tells whether there was one. */
  async kick(chatId: string, user: string, options?: CallOptions): Promise<boolean> {
    const request = { chatId, actor: this.user, user };
    return (await this.link.call(method.kick, request, options)).kicked ?? false;
  }

  /** Gives a member a role; tells whether it had another one. */
  async setRole(chatId: string, user: string, role: Role, options?: CallOptions): Promise<boolean> {
    const request = { chatId, actor: this.user, user, role };
    return (await this.link.call(method.setRole, request, options)).changed ?? false;
  }

  /** Sends a message, once, and tells its number. */
  async send(
    chatId: string,
    body: string,
    more: SendOptions = {},
    options?: CallOptions,
  ): Promise<bigint> {
    const request = { ...init(SendRequestSchema, more), chatId, sender: this.user, body };
    return (await this.link.call(method.send, request, options)).messageId ?? 0n;
  }

  /** Changes what a message of this user says. */
  async edit(
    chatId: string,
    messageId: bigint,
    body: string,
    options?: CallOptions,
  ): Promise<void> {
    await this.link.call(method.edit, { chatId, sender: this.user, messageId, body }, options);
  }

  /** Deletes a message of this user, or anybody's in a chat in which it holds an office. */
  async delete(chatId: string, messageId: bigint, options?: CallOptions): Promise<void> {
    await this.link.call(method.delete, { chatId, user: this.user, messageId }, options);
  }

  /** Says that all messages up to one have been processed. */
  async ack(chatId: string, messageId: bigint, options?: CallOptions): Promise<void> {
    const positions = [{ chatId, messageId }];
    await this.link.call(method.ack, { user: this.user, positions }, options);
  }

  /** What is not acknowledged, of all chats; at most so many messages of each, 1 to 100. */
  async *pending(
    limitPerChat = 20,
    options?: CallOptions,
  ): AsyncGenerator<PendingMessages, void, undefined> {
    for await (const page of pages(
      this.link,
      method.fetchPending,
      { user: this.user, limitPerChat },
      options,
    )) {
      yield* page.chats.map((chat) => plain(chat));
    }
  }

  /** All chats of this user, with how much is unread, in the order in which it joined them. */
  async *chats(options?: CallOptions): AsyncGenerator<ChatOverview, void, undefined> {
    for await (const page of pages(
      this.link,
      method.listChats,
      { user: this.user, pageSize: 100 },
      options,
    )) {
      yield* page.chats.map((chat) => plain(chat));
    }
  }

  /** All members of a chat by name, with what they have acknowledged. */
  async *members(
    chatId: string,
    options?: CallOptions,
  ): AsyncGenerator<ChatMember, void, undefined> {
    for await (const page of pages(
      this.link,
      method.members,
      { chatId, user: this.user, pageSize: 1_000 },
      options,
    )) {
      yield* page.members.map((member) => plain(member));
    }
  }

  /** Messages of a chat that are kept, oldest first; the newest 50 if nothing else is asked for. */
  async history(
    chatId: string,
    which: HistoryOptions = {},
    options?: CallOptions,
  ): Promise<ChatHistory> {
    const request = { ...init(HistoryRequestSchema, which), chatId, user: this.user };
    return plain(await this.link.call(method.history, request, options));
  }

  /** Tells the others what this user is doing; nothing is kept of it. */
  async signal(chatId: string, activity: Activity, options?: CallOptions): Promise<void> {
    await this.link.call(method.signal, { chatId, user: this.user, activity }, options);
  }

  /**
   * Everything that happens in the chats of this user, beginning with what is not acknowledged. A
   * broken stream is opened again, at whatever server, and goes on where it was.
   */
  subscribe(options: SubscribeOptions = {}): ChatSubscription {
    const { onAlive, onBroken, ...rest } = options;
    return new ChatSubscription(this.link, this.user, {
      ...rest,
      ...(onAlive && { onAlive: this.link.guarded("onAlive of a subscription", onAlive) }),
      ...(onBroken && { onBroken: this.link.guarded("onBroken of a subscription", onBroken) }),
    });
  }
}
