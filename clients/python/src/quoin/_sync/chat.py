# SPDX-License-Identifier: Apache-2.0
"""Chat, for callers that block."""

from collections.abc import Mapping
from typing import TypeVar

from quoin import aio
from quoin._core import following
from quoin._core.wire import Seconds
from quoin._sync.session import Sessions, View
from quoin._sync.stream import Stream
from quoin.aio import ChatNews
from quoin.chat.v1 import (
    Activity,
    FetchPendingResponse,
    HistoryResponse,
    ListChatsResponse,
    MembersResponse,
    Role,
)

T = TypeVar("T")


class Following(Stream[T]):
    """What happens, in order, until it is closed.

    A broken stream is opened again, at whatever server, and goes on after what arrived last: nothing
    is lost or comes twice, unless something in the stream says so.
    """

    _stream: following.Following[T]

    @property
    def cursor(self) -> str:
        """Where another stream would go on after what this one has handed over."""
        return self._stream.cursor


class Chat(View[aio.Chat]):
    """The chats of one user, who is who the program says.

    What ``subscribe`` or ``pending`` bring is not acknowledged until ``ack`` says so; until then it
    comes again. All fail with ``UnavailableError`` when no server, or no Redis, could be reached,
    and with a reason, such as CHAT_NOT_MEMBER, when a chat is not there or does not let the user do
    it.
    """

    def __init__(self, sessions: Sessions, user: str) -> None:
        super().__init__(sessions, lambda q: q.chat(user))
        self.user = user
        """Who the user is."""

    def create(
        self,
        *members: str,
        chat_id: str = "",
        first_message: str = "",
        max_messages: int = 0,
        max_age: Seconds | None = None,
        keep_acknowledged: Seconds | None = None,
    ) -> str:
        """Makes a chat of this user, who owns it, and others, and gives its id.

        ``max_messages`` and ``max_age`` limit what is kept, 10,000 and 30 days by default;
        ``keep_acknowledged`` is how long messages stay that all have acknowledged, 10 minutes.
        """
        return self._portal.call(
            self._aio.create(
                *members,
                chat_id=chat_id,
                first_message=first_message,
                max_messages=max_messages,
                max_age=max_age,
                keep_acknowledged=keep_acknowledged,
            )
        )

    def join(self, chat: str) -> bool:
        """Becomes a member; tells whether this user was none."""
        return self._portal.call(self._aio.join(chat))

    def leave(self, chat: str) -> bool:
        """Ends the membership; tells whether there was one, as far as no answer was lost."""
        return self._portal.call(self._aio.leave(chat))

    def kick(self, chat: str, user: str) -> bool:
        """Ends the membership of somebody else; tells whether there was one."""
        return self._portal.call(self._aio.kick(chat, user))

    def set_role(self, chat: str, user: str, role: Role.ValueType) -> bool:
        """Gives a member a role; tells whether it had another one."""
        return self._portal.call(self._aio.set_role(chat, user, role))

    def send(
        self,
        chat: str,
        body: str,
        *,
        attributes: Mapping[str, str] | None = None,
        acknowledge: bool = False,
        client_message_id: str = "",
    ) -> int:
        """Sends a message, once, and gives its number. ``acknowledge`` says that this user has read
        everything before it. Sending with a ``client_message_id`` again sends nothing."""
        return self._portal.call(
            self._aio.send(
                chat,
                body,
                attributes=attributes,
                acknowledge=acknowledge,
                client_message_id=client_message_id,
            )
        )

    def edit(
        self, chat: str, message: int, body: str, *, attributes: Mapping[str, str] | None = None
    ) -> None:
        """Changes what a message of this user says."""
        self._portal.call(self._aio.edit(chat, message, body, attributes=attributes))

    def delete(self, chat: str, message: int) -> None:
        """Deletes a message of this user, or anybody's in a chat in which it holds an office."""
        self._portal.call(self._aio.delete(chat, message))

    def ack(self, chat: str, message: int) -> None:
        """Says that all messages up to one have been processed."""
        self._portal.call(self._aio.ack(chat, message))

    def pending(self, limit_per_chat: int = 0) -> list[FetchPendingResponse.Pending]:
        """What is not acknowledged, of all chats; at most so many messages of each, 20 by
        default."""
        return self._portal.call(self._aio.pending(limit_per_chat))

    def chats(self) -> list[ListChatsResponse.Overview]:
        """All chats of this user, with how much is unread."""
        return self._portal.call(self._aio.chats())

    def members(self, chat: str) -> list[MembersResponse.Member]:
        """All members of a chat by name, with what they have acknowledged."""
        return self._portal.call(self._aio.members(chat))

    def history(
        self, chat: str, limit: int = 0, *, before: int | None = None, after: int | None = None
    ) -> HistoryResponse:
        """Messages of a chat that are kept, by rising numbers: the newest ones, or the newest before
        a number, or the oldest after one; 50 by default, 500 at most."""
        return self._portal.call(self._aio.history(chat, limit, before=before, after=after))

    def signal(self, chat: str, activity: Activity.ValueType) -> None:
        """Tells the others what this user is doing; nothing is kept of it."""
        self._portal.call(self._aio.signal(chat, activity))

    def subscribe(self, cursor: str = "") -> Following[ChatNews]:
        """Everything that happens in the chats of this user, beginning with what is not
        acknowledged, or after a cursor. Who reads slowly is sent no more than it takes."""
        return Following(self._portal, lambda: self._aio.subscribe(cursor))
