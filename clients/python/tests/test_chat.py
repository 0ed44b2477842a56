# SPDX-License-Identifier: Apache-2.0
"""Chat, against a server."""

import pytest
from waiting import LIMIT, in_loop, soon

import quoin
from quoin.aio import ChatSubscription
from quoin.chat.v1 import Activity, Role
from quoin.values import ChatEvent, ChatGap, ChatSignal


async def bodies(stream: ChatSubscription, count: int) -> list[str]:
    """What the next messages say."""
    found: list[str] = []
    while len(found) < count:
        news = await soon(stream.__anext__())
        if isinstance(news, ChatEvent) and news.event.HasField("message"):
            found.append(news.event.message.body)
    return found


@in_loop
async def test_messages_wait_and_then_come(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        ann, bob = q.chat("ann"), q.chat("bob")
        room = await ann.create("bob", first_message="hi")
        assert await ann.send(room, "there", attributes={"mood": "good"}) == 2
        assert [p.unread for p in await bob.pending()] == [2]
        async with bob.subscribe() as stream:
            assert await bodies(stream, 2) == ["hi", "there"]
            await ann.send(room, "you")
            assert await bodies(stream, 1) == ["you"]
            await bob.ack(room, 3)
            assert [chat.unread for chat in await bob.chats()] == [0]
            await ann.signal(room, Activity.ACTIVITY_TYPING)
            news = await soon(stream.__anext__())
            assert news == ChatSignal(room, "ann", Activity.ACTIVITY_TYPING)
            cursor = stream.cursor
        await ann.send(room, "later")
        async with bob.subscribe(cursor) as stream:
            assert await bodies(stream, 1) == ["later"]


@in_loop
async def test_what_members_do(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        ann, bob = q.chat("ann"), q.chat("bob")
        room = await ann.create(chat_id="room", max_age=3600, keep_acknowledged=60)
        assert await bob.join(room) and not await bob.join(room)
        assert await ann.set_role(room, "bob", Role.ROLE_MODERATOR)
        number = await bob.send(room, "helo", client_message_id="m1")
        assert await bob.send(room, "helo", client_message_id="m1") == number
        await bob.edit(room, number, "hello")
        assert [m.body for m in (await ann.history(room, 10, after=0)).messages] == ["hello"]
        await bob.delete(room, number)
        assert [m.body for m in (await ann.history(room, before=2)).messages] == [""]
        assert [m.user for m in await ann.members(room)] == ["ann", "bob"]
        assert await ann.kick(room, "bob") and not await bob.leave(room)
        with pytest.raises(quoin.QuoinError) as refused:
            await bob.send(room, "hi")
        assert refused.value.reason == quoin.Reason.CHAT_NOT_MEMBER


@in_loop
async def test_what_is_kept_no_longer_is_a_gap(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        ann = q.chat("ann")
        room = await ann.create(max_messages=2, first_message="one")
        await ann.send(room, "two")
        await ann.send(room, "three")
        async with ann.subscribe() as stream:
            assert await soon(stream.__anext__()) == ChatGap(room, 1, 1)


def test_for_over_a_subscription(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        ann = q.chat("ann")
        room = ann.create("bob", first_message="hi")
        with q.chat("bob").subscribe() as stream:
            said = [ann.send(room, str(number)) for number in range(3)]
            for news in stream:
                if isinstance(news, ChatEvent) and news.event.message.message_id == said[-1]:
                    break
            cursor = stream.cursor
            assert cursor
        with q.chat("bob").subscribe(cursor) as stream:
            ann.send(room, "more")
            news = stream.get(LIMIT)
            assert isinstance(news, ChatEvent) and news.event.message.body == "more"


@in_loop
async def test_who_takes_one_message_a_subscription_gets_every_message_once(
    address: str, namespace: str
) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        ann, bob = q.chat("ann"), q.chat("bob")
        room = await ann.create("bob")
        for number in range(5):
            await ann.send(room, str(number))
        taken: list[str] = []
        cursor = ""
        for _ in range(5):
            async with bob.subscribe(cursor) as stream:
                taken += await bodies(stream, 1)
                cursor = stream.cursor
        assert taken == ["0", "1", "2", "3", "4"]
