# SPDX-License-Identifier: Apache-2.0
# Generated from quoin.aio by tools/blocking.py. Do not edit.
"""Chat: rooms in which messages wait for every member."""

from quoin._core import events
from quoin._core.events import ChatNews
from quoin._core.resumable import LogStream as Following
from quoin._core.rpcs import rpcs_of
from quoin._modes.blocking import Session
from quoin._sync import rpcs
from quoin._sync.streams import LogStream


class Chat(rpcs.Chat):
    """The chats of a client's namespace: their RPCs, and a subscription that goes on.

    Quoin does not authenticate users; your program must.
    """

    def subscribe(self, user: str, *, cursor: str = "") -> LogStream[ChatNews]:
        """Everything that happens in the chats of a user, beginning with what is not acknowledged,
        or after a cursor. It comes again until it is acknowledged. Who reads slowly is sent no more
        than it takes."""
        session: Session = self._sessions.now()
        rpc = rpcs_of(self.service)["subscribe"]
        request = rpc.build(user=user, cursor=cursor)
        return session.open(
            lambda: Following(session.core, rpc, request, events.of_chats), LogStream
        )
