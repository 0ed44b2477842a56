# SPDX-License-Identifier: Apache-2.0
"""What every call of a client gets, whichever kind of stub makes it."""

import functools
import uuid
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from quoin import exceptions
from quoin._core import forks

M = TypeVar("M")

_IDS = ("request_id", "client_message_id")


class Defaults:
    """The namespace and the deadline of a client, and how its calls are repeated."""

    def __init__(
        self, namespace: str, deadline: float, repeat: Callable[[Callable[..., Any], float], Any]
    ) -> None:
        self.deadline = deadline
        self.repeat = repeat
        self.is_closed = False
        self._generation = forks.generation
        self._headers = (("quoin-namespace", namespace),)

    def check(self) -> None:
        """Fails when the channel is closed, or belongs to a process that forked."""
        if self._generation != forks.generation:
            raise RuntimeError(forks.SPOILT)
        if self.is_closed:
            raise exceptions.closed()

    def headers(self, more: Iterable[tuple[str, str | bytes]] | None) -> tuple[Any, ...]:
        """The metadata of a call."""
        return (*self._headers, *(more or ()))

    def timeout(self, given: float | None) -> float:
        """The deadline of a unary call, in seconds."""
        return self.deadline if given is None else given


def identified(request: M) -> M:
    """The request with an id, so that repeating it is safe; the caller's own is left as it is."""
    if not isinstance(request, Message):
        return request
    kind: Any = type(request)
    field = _id_field(kind)
    if field is None or getattr(request, field):
        return request
    copy: M = kind()
    kind.CopyFrom(copy, request)
    setattr(copy, field, new_id())
    return copy


def new_id() -> str:
    """An id for a request."""
    return str(uuid.uuid4())


@functools.cache
def _id_field(kind: type[Message]) -> str | None:
    for name in _IDS:
        field = kind.DESCRIPTOR.fields_by_name.get(name)
        if field is not None and field.type == FieldDescriptor.TYPE_STRING:
            return name
    return None
