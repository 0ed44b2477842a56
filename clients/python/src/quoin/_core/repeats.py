# SPDX-License-Identifier: Apache-2.0
"""Unary calls that are made again until their deadline, while no server or no Redis can be reached.

This is the only place where that happens: gRPC would give up after five attempts, which is less
time than a server needs to restart, and would forget what they met. Repetitions wait for a
connection, so that they begin the moment a server is back.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from quoin._core import failure

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 1.0
LAST_CHANCE = 0.02
"""A pause is cut to fit before the deadline, unless less than this would be left."""


async def repeated(make: Callable[..., Awaitable[Any]], timeout: float) -> Any:
    """The answer of a call that is safe to repeat. An attempt that the deadline ends, after others
    that met UNAVAILABLE, fails as those did: that is why there was no answer in time."""
    end = time.monotonic() + timeout
    away: grpc.RpcError | None = None
    options: dict[str, Any] = {}
    longest = FIRST_PAUSE
    while True:
        try:
            return await make(timeout=end - time.monotonic(), **options)
        except grpc.RpcError as e:
            failed = failure.read(e)
            if away is not None and failed.code is grpc.StatusCode.DEADLINE_EXCEEDED:
                raise away from None
            left = end - time.monotonic()
            if failed.code is not grpc.StatusCode.UNAVAILABLE or left < LAST_CHANCE:
                raise
            away, options = e, {"wait_for_ready": True}
        pause = max(failed.retry_after or 0, random.uniform(longest / 2, longest))
        longest = min(2 * longest, LONGEST_PAUSE)
        await asyncio.sleep(pause if pause < left else left / 2)
