# SPDX-License-Identifier: Apache-2.0
"""Chat: rooms in which messages wait for every member."""

from collections.abc import Mapping

from quoin._core import wire
from quoin._core.defaults import new_id
from quoin._core.link import Link
from quoin._core.wire import Seconds
from quoin.aio.chat_stream import ChatSubscription
from quoin.chat.v1 import (
    AckRequest,
    Activity,
    CreateRequest,
    DeleteRequest,
    EditRequest,
    FetchPendingRequest,
    FetchPendingResponse,
    HistoryRequest,
    HistoryResponse,
    JoinRequest,
    KickRequest,
    LeaveRequest,
    ListChatsRequest,
    ListChatsResponse,
    MembersRequest,
    MembersResponse,
    Role,
    SendRequest,
    SetRoleRequest,
    SignalRequest,
)


class Chat:
    """The chats of one user, who is who the program says.

    What ``subscribe`` or ``pending`` bring is not acknowledged until ``ack`` says so; until then it
    comes again. All fail with ``UnavailableError`` when no server, or no Redis, could be reached,
    and with a reason, such as CHAT_NOT_MEMBER, when a chat is not there or does not let the user do
    it.
    """

    def __init__(self, link: Link, user: str) -> None:
        self._link = link
        self._stub = link.stubs.chat
        self.user = user
        """Who the user is."""

    async def create(
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
        request = CreateRequest(
            chat_id=chat_id,
            creator=self.user,
            members=members,
            first_message=first_message,
            max_messages=max_messages,
            request_id=new_id(),
        )
        if max_age is not None:
            request.max_age.CopyFrom(wire.duration(max_age))
        if keep_acknowledged is not None:
            request.keep_acknowledged.CopyFrom(wire.duration(keep_acknowledged))
        return (await self._link.call(self._stub.Create(request))).chat_id

    async def join(self, chat: str) -> bool:
        """Becomes a member; tells whether this user was none."""
        request = JoinRequest(chat_id=chat, user=self.user)
        return (await self._link.call(self._stub.Join(request))).joined

    async def leave(self, chat: str) -> bool:
        """Ends the membership; tells whether there was one, as far as no answer was lost."""
        request = LeaveRequest(chat_id=chat, user=self.user)
        return (await self._link.call(self._stub.Leave(request))).left

    async def kick(self, chat: str, user: str) -> bool:
        """Ends the membership of somebody else; tells whether there was one."""
        request = KickRequest(chat_id=chat, actor=self.user, user=user)
        return (await self._link.call(self._stub.Kick(request))).kicked

    async def set_role(self, chat: str, user: str, role: Role.ValueType) -> bool:
        """Gives a member a role; tells whether it had another one."""
        request = SetRoleRequest(chat_id=chat, actor=self.user, user=user, role=role)
        return (await self._link.call(self._stub.SetRole(request))).changed

    async def send(
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
        request = SendRequest(
            chat_id=chat,
            sender=self.user,
            body=body,
            attributes=attributes,
            acknowledge=acknowledge,
            client_message_id=client_message_id or new_id(),
        )
        return (await self._link.call(self._stub.Send(request))).message_id

    async def edit(
        self, chat: str, message: int, body: str, *, attributes: Mapping[str, str] | None = None
    ) -> None:
        """Changes what a message of this user says."""
        request = EditRequest(
            chat_id=chat, sender=self.user, message_id=message, body=body, attributes=attributes
        )
        await self._link.call(self._stub.Edit(request))

    async def delete(self, chat: str, message: int) -> None:
        """Deletes a message of this user, or anybody's in a chat in which it holds an office."""
        request = DeleteRequest(chat_id=chat, user=self.user, message_id=message)
        await self._link.call(self._stub.Delete(request))

    async def ack(self, chat: str, message: int) -> None:
        """Says that all messages up to one have been processed."""
        position = AckRequest.Position(chat_id=chat, message_id=message)
        await self._link.call(self._stub.Ack(AckRequest(user=self.user, positions=[position])))

    async def pending(self, limit_per_chat: int = 0) -> list[FetchPendingResponse.Pending]:
        """What is not acknowledged, of all chats; at most so many messages of each, 20 by
        default."""
        request = FetchPendingRequest(user=self.user, limit_per_chat=limit_per_chat)
        chats: list[FetchPendingResponse.Pending] = []
        while True:
            page = await self._link.call(self._stub.FetchPending(request))
            chats += page.chats
            if not page.next_page_token:
                return chats
            request.page_token = page.next_page_token

    async def chats(self) -> list[ListChatsResponse.Overview]:
        """All chats of this user, with how much is unread."""
        request = ListChatsRequest(user=self.user, page_size=100)
        chats: list[ListChatsResponse.Overview] = []
        while True:
            page = await self._link.call(self._stub.ListChats(request))
            chats += page.chats
            if not page.next_page_token:
                return chats
            request.page_token = page.next_page_token

    async def members(self, chat: str) -> list[MembersResponse.Member]:
        """All members of a chat by name, with what they have acknowledged."""
        request = MembersRequest(chat_id=chat, user=self.user, page_size=1_000)
        members: list[MembersResponse.Member] = []
        while True:
            page = await self._link.call(self._stub.Members(request))
            members += page.members
            if not page.next_page_token:
                return members
            request.page_token = page.next_page_token

    async def history(
        self, chat: str, limit: int = 0, *, before: int | None = None, after: int | None = None
    ) -> HistoryResponse:
        """Messages of a chat that are kept, by rising numbers: the newest ones, or the newest before
        a number, or the oldest after one; 50 by default, 500 at most."""
        request = HistoryRequest(chat_id=chat, user=self.user, limit=limit)
        if before is not None:
            request.before_message_id = before
        if after is not None:
            request.after_message_id = after
        return await self._link.call(self._stub.History(request))

    async def signal(self, chat: str, activity: Activity.ValueType) -> None:
        """Tells the others what this user is doing; nothing is kept of it."""
        request = SignalRequest(chat_id=chat, user=self.user, activity=activity)
        await self._link.call(self._stub.Signal(request))

    def subscribe(self, cursor: str = "") -> ChatSubscription:
        """Everything that happens in the chats of this user, beginning with what is not
        acknowledged, or after a cursor. Who reads slowly is sent no more than it takes."""
        return ChatSubscription(self._link, self.user, cursor)
