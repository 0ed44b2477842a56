# SPDX-License-Identifier: Apache-2.0
"""A user's chats being followed."""

from quoin._core.following import Following
from quoin._core.link import Link
from quoin._core.resume import Resuming
from quoin.chat.v1 import SubscribeRequest, SubscribeResponse
from quoin.values import ChatEvent, ChatGap, ChatSignal

ChatNews = ChatEvent | ChatGap | ChatSignal
"""What a subscription tells."""


class ChatSubscription(Following[ChatNews]):
    """Everything that happens in the chats of a user, until it is closed."""

    def __init__(self, link: Link, user: str, cursor: str) -> None:
        stream: Resuming[SubscribeRequest, SubscribeResponse] = Resuming(
            link,
            link.stubs.chat.Subscribe,
            lambda: SubscribeRequest(user=user, cursor=self.received()),
        )
        super().__init__(stream, cursor)

    def events(self, message: SubscribeResponse) -> list[tuple[ChatNews, str]]:
        kind = message.WhichOneof("event")
        if kind == "events":
            chat = message.events.chat_id
            return [(ChatEvent(chat, event), event.cursor) for event in message.events.events]
        if kind == "gap":
            gap = message.gap
            return [(ChatGap(gap.chat_id, gap.from_message_id, gap.to_message_id), gap.cursor)]
        if kind == "signal":
            signal = message.signal
            return [(ChatSignal(signal.chat_id, signal.user, signal.activity), self.received())]
        return []
