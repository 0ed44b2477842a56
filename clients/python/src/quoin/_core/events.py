# SPDX-License-Identifier: Apache-2.0
"""What the messages of log streams bring, each event with the cursor after it."""

from quoin._core import wire
from quoin.chat.v1 import SubscribeResponse
from quoin.logs.v1 import TailResponse
from quoin.values import ChatEvent, ChatGap, ChatSignal, LogEntry, LogGap, Severity

LogNews = LogEntry | LogGap
ChatNews = ChatEvent | ChatGap | ChatSignal


def of_logs(message: TailResponse) -> list[tuple[LogNews, str]]:
    """What a tail brings."""
    if message.HasField("gap"):
        return [(LogGap(message.gap.name, message.gap.missed), message.gap.cursor)]
    return [
        (
            LogEntry(
                message.new_entries.name,
                Severity(one.severity),
                one.text,
                one.template,
                dict(one.fields),
                wire.moment(one.time),
            ),
            one.cursor,
        )
        for one in message.new_entries.entries
    ]


def of_chats(message: SubscribeResponse) -> list[tuple[ChatNews, str]]:
    """What a subscription brings."""
    kind = message.WhichOneof("event")
    if kind == "events":
        chat = message.events.chat_id
        return [(ChatEvent(chat, event), event.cursor) for event in message.events.events]
    if kind == "gap":
        gap = message.gap
        return [(ChatGap(gap.name, gap.first_missed, gap.last_missed), gap.cursor)]
    if kind == "signal":
        signal = message.signal
        return [(ChatSignal(signal.chat_id, signal.user, signal.activity), "")]
    return []
