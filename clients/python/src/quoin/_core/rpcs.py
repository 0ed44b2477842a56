# SPDX-License-Identifier: Apache-2.0
"""The RPCs of services, as their descriptors tell."""

import functools
import importlib
import keyword
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from quoin._core.messages import build
from quoin._core.settings import repeatable

_SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_IDS = ("request_id", "client_message_id")


def snake(name: str) -> str:
    """A name of the contract as Python writes it: ``ListNames`` is ``list_names``."""
    made = _SNAKE.sub("_", name).lower()
    return f"{made}_" if keyword.iskeyword(made) else made


def new_id() -> str:
    """An id for a request."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Rpc:
    """One RPC."""

    name: str
    """Service and method, for people."""
    path: str
    request: type[Message]
    response: type[Message]
    takes_stream: bool
    gives_stream: bool
    is_repeatable: bool
    """Whether a call that met UNAVAILABLE may be made again."""
    id_field: str | None
    """The field with which servers know a request again."""
    undone_by: str | None
    """The field of Release, of the same service, for the id of a request whose grant is given back."""

    @staticmethod
    def of(method: MethodDescriptor) -> "Rpc":
        """What a descriptor tells."""
        path = f"/{method.containing_service.full_name}/{method.name}"
        return Rpc(
            f"{method.containing_service.name}.{method.name}",
            path,
            GetMessageClass(method.input_type),
            GetMessageClass(method.output_type),
            method.client_streaming,
            method.server_streaming,
            path in repeatable(),
            _id_field(method.input_type),
            _undone_by(method),
        )

    @property
    def service(self) -> str:
        """The full name of its service."""
        return self.path.split("/")[1]

    def build(self, given: Any = None, /, **fields: Any) -> Any:
        """A request, with an id if it has none, so that repeating it is safe."""
        return self.build_named(given, fields)[0]

    def build_named(self, given: Any, fields: Mapping[str, Any]) -> tuple[Any, bool]:
        """A request, and whether it was given its id here."""
        request = build(self.request, given, fields)
        if self.id_field is None or getattr(request, self.id_field):
            return request, False
        setattr(request, self.id_field, new_id())
        return request, True


@functools.cache
def rpcs_of(service: str) -> Mapping[str, Rpc]:
    """The RPCs of a service by their names in Python; its package is that of its messages."""
    importlib.import_module(service.rpartition(".")[0])
    found = descriptor_pool.Default().FindServiceByName(service)
    return {snake(method.name): Rpc.of(method) for method in found.methods}


def _undone_by(method: MethodDescriptor) -> str | None:
    release = method.containing_service.methods_by_name.get("Release")
    field = f"{snake(method.name)}_request_id"
    return field if release is not None and field in release.input_type.fields_by_name else None


def _id_field(kind: Descriptor) -> str | None:
    for name in _IDS:
        field = kind.fields_by_name.get(name)
        if field is not None and field.type == FieldDescriptor.TYPE_STRING:
            return name
    return None
