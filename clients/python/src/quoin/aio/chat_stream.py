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
        self._seen: dict[str, int] = {}
        stream: Resuming[SubscribeRequest, SubscribeResponse] = Resuming(
            link,
            link.stubs.chat.Subscribe,
            lambda: SubscribeRequest(user=user, cursor=self.received()),
        )
        super().__init__(stream, cursor)

    def events(self, message: SubscribeResponse) -> list[ChatNews]:
        kind = message.WhichOneof("event")
        if kind == "events":
            chat = message.events.chat_id
            return [
                ChatEvent(chat, event) for event in message.events.events if self._new(chat, event)
            ]
        if kind == "gap":
            gap = message.gap
            if gap.to_message_id == 0:
                # Redis was set back: its numbers may come again.
                self._seen.pop(gap.chat_id, None)
            return [ChatGap(gap.chat_id, gap.from_message_id, gap.to_message_id)]
        if kind == "signal":
            return [
                ChatSignal(message.signal.chat_id, message.signal.user, message.signal.activity)
            ]
        return []

    def _new(self, chat: str, event: SubscribeResponse.Event) -> bool:
        """Whether it was not told before: where a user has many chats, cursors come seldom, and a
        new stream begins with what the one before has told."""
        if not event.HasField("message"):
            return True
        number = event.message.message_id
        known = self._seen.get(chat, 0)
        self._seen[chat] = max(known, number)
        return number > known
