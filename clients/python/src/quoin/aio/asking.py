# SPDX-License-Identifier: Apache-2.0
"""Asks for grants. What was granted without the program having learned of it is given back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc

from quoin._core.link import Link
from quoin.aio.leases import LeaseCalls, give_back
from quoin.exceptions import NotAcquiredError, QuoinError

# With these a server says that nothing was granted.
_REFUSED = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
}


@contextmanager
def asking(link: Link, leases: Sequence[LeaseCalls], request_id: str) -> Iterator[None]:
    """What is asked for inside, under this id, is given back in the background when the block ends
    in a way that leaves open what came of it: it was cancelled or interrupted, it took too long, or
    no server could be reached any more."""
    try:
        yield
    except NotAcquiredError:
        raise
    except BaseException as e:
        if not (isinstance(e, QuoinError) and e.code in _REFUSED):
            for lease in leases:
                give_back(link, lease, acquire_request_id=request_id)
        raise


async def answered(link: Link, call: Any) -> Any:
    """The answer of a call that may wait in line; closing the client ends it."""

    async def end() -> None:
        call.cancel()

    link.opened(call, end)
    try:
        return await link.call(call)
    finally:
        link.closed(call)
