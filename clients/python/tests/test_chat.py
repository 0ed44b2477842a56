# SPDX-License-Identifier: Apache-2.0
"""Chat, against a server."""

import pytest
from waiting import LIMIT, in_loop, soon

import quoin
from quoin.chat.v1 import Activity
from quoin.values import ChatEvent, ChatGap, ChatSignal


async def bodies(stream: quoin.aio.LogStream[quoin.aio.ChatNews], count: int) -> list[str]:
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
        created = await q.chat.create(actor="ann", users=["bob"], first_message="hi")
        room = created.chat_id
        from_ann = {"chat_id": room, "sender": "ann"}
        sent = await q.chat.send(from_ann, body="there", attributes={"mood": "good"})
        assert sent.message_id == 2
        assert [p.unread for p in (await q.chat.fetch_pending(user="bob")).pending_chats] == [2]
        async with q.chat.subscribe("bob") as stream:
            assert await bodies(stream, 2) == ["hi", "there"]
            await q.chat.send(from_ann, body="you")
            assert await bodies(stream, 1) == ["you"]
            await q.chat.ack(user="bob", positions=[{"chat_id": room, "message_id": 3}])
            assert [chat.unread for chat in (await q.chat.list_chats(user="bob")).memberships] == [
                0
            ]
            await q.chat.signal(chat_id=room, user="ann", activity="typing")
            news = await soon(stream.__anext__())
            assert news == ChatSignal(room, "ann", Activity.ACTIVITY_TYPING)
            cursor = stream.cursor
        await q.chat.send(from_ann, body="later")
        async with q.chat.subscribe("bob", cursor=cursor) as stream:
            assert await bodies(stream, 1) == ["later"]


@in_loop
async def test_a_message_is_sent_once(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        room = (await q.chat.create(actor="ann", max_age="1h", keep_acknowledged=60)).chat_id
        message = {"chat_id": room, "sender": "ann", "body": "helo", "client_message_id": "m1"}
        number = (await q.chat.send(message)).message_id
        assert (await q.chat.send(message)).message_id == number
        with pytest.raises(quoin.QuoinError) as refused:
            await q.chat.send(chat_id=room, sender="bob", body="hi")
        assert refused.value.reason == quoin.Reason.CHAT_NOT_MEMBER


@in_loop
async def test_what_is_kept_no_longer_is_a_gap(address: str, namespace: str) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        created = await q.chat.create(actor="ann", max_messages=2, first_message="one")
        for body in ("two", "three"):
            await q.chat.send(chat_id=created.chat_id, sender="ann", body=body)
        async with q.chat.subscribe("ann") as stream:
            assert await soon(stream.__anext__()) == ChatGap(created.chat_id, 1, 1)


def test_for_over_a_subscription(address: str, namespace: str) -> None:
    with quoin.connect(address, namespace=namespace) as q:
        room = q.chat.create(actor="ann", users=["bob"], first_message="hi").chat_id

        def send(body: str) -> int:
            return q.chat.send(chat_id=room, sender="ann", body=body).message_id

        with q.chat.subscribe("bob") as stream:
            said = [send(str(number)) for number in range(3)]
            for news in stream:
                if isinstance(news, ChatEvent) and news.event.message.message_id == said[-1]:
                    break
            cursor = stream.cursor
            assert cursor
        with q.chat.subscribe("bob", cursor=cursor) as stream:
            send("more")
            news = stream.get(LIMIT)
            assert isinstance(news, ChatEvent) and news.event.message.body == "more"


@in_loop
async def test_who_takes_one_message_a_subscription_gets_every_message_once(
    address: str, namespace: str
) -> None:
    async with quoin.aio.connect(address, namespace=namespace) as q:
        room = (await q.chat.create(actor="ann", users=["bob"])).chat_id
        for number in range(5):
            await q.chat.send(chat_id=room, sender="ann", body=str(number))
        taken: list[str] = []
        cursor = ""
        for _ in range(5):
            async with q.chat.subscribe("bob", cursor=cursor) as stream:
                taken += await bodies(stream, 1)
                cursor = stream.cursor
        assert taken == ["0", "1", "2", "3", "4"]
