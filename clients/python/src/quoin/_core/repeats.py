# SPDX-License-Identifier: Apache-2.0
"""Unary calls that are made again until their deadline, while no server or no Redis can be reached.

gRPC itself repeats a call a few times within a second or two, by the service config. This is what
follows. Repetitions wait for a connection, so that they begin the moment a server is back.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from quoin._core import failure

PAUSE = 0.5
SHORTEST = 0.02


async def repeated(make: Callable[..., Awaitable[Any]], timeout: float) -> Any:
    """The answer of a call that is safe to repeat. Fails with what the first attempt met, if a later
    one had only too little time."""
    end = time.monotonic() + timeout
    first: grpc.RpcError | None = None
    options: dict[str, Any] = {}
    while True:
        try:
            return await make(timeout=end - time.monotonic(), **options)
        except grpc.RpcError as e:
            failed = failure.read(e)
            if first is not None and failed.code is grpc.StatusCode.DEADLINE_EXCEEDED:
                raise first from None
            pause = max(failed.retry_after or 0, random.uniform(PAUSE / 2, PAUSE))
            too_late = end - time.monotonic() - pause < SHORTEST
            if failed.code is not grpc.StatusCode.UNAVAILABLE or too_late:
                raise
            first, options = first or e, {"wait_for_ready": True}
        await asyncio.sleep(pause)
