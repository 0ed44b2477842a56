# SPDX-License-Identifier: Apache-2.0
"""Reads what the status of a failed call says: the only place that knows its details."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from quoin._core import wire

DOMAIN = "quoin.dev"
DETAILS = "grpc-status-details-bin"
REQUEST_ID = "quoin-request-id"

M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class Failure:
    """What a status says."""

    code: grpc.StatusCode
    text: str
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    request_id: str | None = None
    violations: Sequence[tuple[str, str]] = ()


def read(error: grpc.RpcError) -> Failure:
    """Reads the status of a call, whether it was made by blocking or by asyncio stubs."""
    known: Any = error
    if not hasattr(known, "code"):
        return Failure(grpc.StatusCode.UNKNOWN, str(error))
    code = known.code() or grpc.StatusCode.UNKNOWN
    # As a tuple, because the metadata of asyncio calls pretends to be a mapping.
    trailers = dict(tuple(known.trailing_metadata() or ()))
    details = _details(trailers.get(DETAILS))
    info = _detail(details, error_details_pb2.ErrorInfo)
    ours = info is not None and info.domain == DOMAIN
    retry = _detail(details, error_details_pb2.RetryInfo)
    request = _detail(details, error_details_pb2.RequestInfo)
    bad = _detail(details, error_details_pb2.BadRequest)
    return Failure(
        code,
        known.details() or code.name,
        reason=info.reason if info is not None and ours else "",
        metadata=dict(info.metadata) if info is not None and ours else {},
        retry_after=wire.seconds_of(retry.retry_delay) if retry else None,
        request_id=request.request_id if request else trailers.get(REQUEST_ID),
        violations=[(v.field, v.description) for v in bad.field_violations] if bad else (),
    )


def _details(encoded: bytes | None) -> Sequence[Any]:
    try:
        return status_pb2.Status.FromString(encoded).details if encoded else ()
    except DecodeError:
        return ()


def _detail(details: Sequence[Any], kind: type[M]) -> M | None:
    for detail in details:
        if detail.Is(kind.DESCRIPTOR):
            found = kind()
            try:
                detail.Unpack(found)
            except DecodeError:
                return None
            return found
    return None
