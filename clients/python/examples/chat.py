# SPDX-License-Identifier: Apache-2.0
"""Ann writes while Bob is away; what she wrote waits for him, and then they talk."""

import sys

import quoin

with quoin.connect(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400") as q:
    ann, bob = q.chat("ann"), q.chat("bob")
    room = ann.create("bob", first_message="hi Bob")
    ann.send(room, "are you there?")
    print("unread for Bob:", bob.chats()[0].unread)

    with bob.subscribe() as stream:
        ann.send(room, "see you")
        for news in stream:
            if isinstance(news, quoin.ChatEvent) and news.event.HasField("message"):
                message = news.event.message
                print("Bob hears:", message.body)
                bob.ack(room, message.message_id)
                if message.body == "see you":
                    break
    print("unread for Bob:", bob.chats()[0].unread)
