# SPDX-License-Identifier: Apache-2.0
"""An instance of a service that is known as long as it is announced."""

import asyncio

from quoin._core.link import Link
from quoin._core.resume import Resuming
from quoin._core.state import State
from quoin.config.v1 import AnnounceRequest, AnnounceResponse
from quoin.exceptions import QuoinError


class Announcement:
    """An instance that is known until this is closed, whichever server has the call. It is announced
    again when a server goes away; within its lease nobody sees a difference."""

    def __init__(self, link: Link, request: AnnounceRequest) -> None:
        self._link = link
        self._request = request
        self._stream: Resuming[AnnounceRequest, AnnounceResponse] | None = None
        self._known: asyncio.Future[None] = link.loop.create_future()
        self._is_replaced = False
        self._is_closed = False
        self._announce()

    @property
    def instance(self) -> str:
        """Name of the instance."""
        return self._request.instance

    @property
    def is_replaced(self) -> bool:
        """Whether somebody else announced an instance of the same name; this one is over then."""
        return self._is_replaced

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
            self._known = self._link.loop.create_future()
            self._announce()
        await self.ready()

    async def close(self) -> None:
        """Takes the instance away."""
        self._is_closed = True
        self._known.cancel()
        if self._stream is not None:
            await self._stream.close()

    async def __aenter__(self) -> "Announcement":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    def _announce(self) -> None:
        """The new call takes the instance over from the one before, which ends only then."""
        before, request, known = self._stream, self._request, self._known
        known.add_done_callback(lambda done: done.cancelled() or done.exception())
        stream: Resuming[AnnounceRequest, AnnounceResponse] = Resuming(
            self._link, self._link.stubs.config.Announce, lambda: request
        )
        self._stream = stream
        self._link.spawn(self._follow(stream, request, before, known))

    async def _follow(
        self,
        stream: Resuming[AnnounceRequest, AnnounceResponse],
        request: AnnounceRequest,
        before: Resuming[AnnounceRequest, AnnounceResponse] | None,
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
                    self._is_replaced = True
                    await self.close()
                    return
        except QuoinError as e:
            if not known.done():
                known.set_exception(e)
            if not self._is_closed and not self._link.is_closing:
                what = f"announcing {request.instance} of the service {request.service}"
                State(self._link, what).ends(e)
