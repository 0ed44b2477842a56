# SPDX-License-Identifier: Apache-2.0
"""An instance of a service that is known as long as it is announced."""

import asyncio

from quoin._core.client_core import ClientCore
from quoin._core.resumable import ResumableStream
from quoin._core.rpcs import rpcs_of
from quoin._core.state import State
from quoin.config.v1 import AnnounceRequest
from quoin.exceptions import QuoinError

_ANNOUNCE = rpcs_of("quoin.config.v1.Config")["announce"]


class Announced:
    """An instance that is known until this is closed, whichever server has the call. It is announced
    again when a server goes away; within its lease nobody sees a difference."""

    def __init__(self, core: ClientCore, request: AnnounceRequest) -> None:
        self._core = core
        self._request = request
        self.instance = request.instance
        self._stream: ResumableStream | None = None
        self._known: asyncio.Future[None] = core.loop.create_future()
        self.is_replaced = False
        self._is_closed = False
        self._announce()

    async def ready(self) -> None:
        """Waits until the instance is known as it was last announced. Fails with
        ``InvalidRequestError`` when it cannot be."""
        await asyncio.shield(self._known)

    async def drain(self) -> None:
        """Says that the instance is about to go, and waits until that is known; it stays known until
        it is closed."""
        if not self._request.draining and not self._is_closed:
            request = AnnounceRequest()
            request.CopyFrom(self._request)
            request.draining = True
            self._request = request
            self._known = self._core.loop.create_future()
            self._announce()
        await self.ready()

    async def close(self) -> None:
        """Takes the instance away."""
        self._is_closed = True
        self._known.cancel()
        if self._stream is not None:
            await self._stream.close()

    def _announce(self) -> None:
        """The new call takes the instance over from the one before, which ends only then."""
        before, request, known = self._stream, self._request, self._known
        known.add_done_callback(lambda done: done.cancelled() or done.exception())
        stream = ResumableStream(self._core, _ANNOUNCE, lambda: request)
        self._stream = stream
        self._core.spawn(self._follow(stream, request, before, known))

    async def _follow(
        self,
        stream: ResumableStream,
        request: AnnounceRequest,
        before: ResumableStream | None,
        known: "asyncio.Future[None]",
    ) -> None:
        try:
            while True:
                message = await stream.read()
                if message.HasField("announced"):
                    if before is not None:
                        await before.close()
                    if not known.done():
                        known.set_result(None)
                elif message.HasField("replaced") and request is self._request:
                    # Else by our own newer call.
                    self.is_replaced = True
                    await self.close()
                    return
        except QuoinError as e:
            if not known.done():
                known.set_exception(e)
            if not self._is_closed and not self._core.is_closing:
                what = f"announcing {request.instance} of the service {request.service}"
                State(self._core, what).ends(e)
