# SPDX-License-Identifier: Apache-2.0
"""The RPCs of all services as classes, and what type checkers and editors are told of them."""

import keyword
import re
from collections.abc import Iterator, Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

HEADER = "# Generated from the .proto files by scripts/generate-python. Do not edit.\n"

SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

KNOWN = {
    ".google.protobuf.Duration": "Seconds | Duration",
    ".google.protobuf.Timestamp": "datetime | Timestamp",
    ".google.protobuf.Struct": "Mapping[str, Any] | Struct",
    ".google.protobuf.ListValue": "Sequence[Any] | ListValue",
    ".google.protobuf.Value": "Any",
}
SCALARS = {
    FieldDescriptorProto.TYPE_DOUBLE: "float",
    FieldDescriptorProto.TYPE_FLOAT: "float",
    FieldDescriptorProto.TYPE_BOOL: "bool",
    FieldDescriptorProto.TYPE_STRING: "str",
    FieldDescriptorProto.TYPE_BYTES: "bytes | str",
}

MODULE = '''"""The RPCs of all services, by their names."""

from quoin.aio.services import AllServices, Rpcs

{kinds}

class Services(AllServices):
    """All services."""

    kinds = {{
{names}
    }}
'''

STUB = '''"""The RPCs of all services, by their names."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import ListValue, Struct
from google.protobuf.timestamp_pb2 import Timestamp

from quoin._core.portable import Bound
from quoin._core.wire import Seconds
from quoin.aio.streams import Stream
{imports}

class Rpcs(Bound):
    """The RPCs of one service."""

    service: ClassVar[str]
    _sessions: Any
    def __init__(self, sessions: Any) -> None: ...

{kinds}
class Services(Bound):
    """All services."""

    kinds: ClassVar[dict[str, type[Rpcs]]]
    _sessions: Any
    def __init__(self, sessions: Any) -> None: ...
{names}
'''


def rpcs(files: Sequence[FileDescriptorProto]) -> Iterator[tuple[str, str]]:
    """The modules: one that runs, and its stub."""
    found = sorted((s.name, n, f) for f in files for n, s in enumerate(f.service))
    names = [snake(name) for name, _, _ in found]
    if len(set(names)) < len(names):
        raise ValueError("two services have the same name")
    kinds = [f'class {s}(Rpcs):\n    service = "{f.package}.{s}"\n\n' for s, _, f in found]
    text = MODULE.format(
        kinds="\n".join(kinds),
        names="\n".join(f'        "{snake(s)}": {s},' for s, _, _ in found),
    )
    yield "quoin/aio/rpcs.py", HEADER + text
    stub = _Stub(files)
    packages = sorted({f.package for f in files})
    text = STUB.format(
        imports="\n".join(f"import {package} as {_alias(package)}" for package in packages),
        kinds="\n".join(stub.service(f, n) for _, n, f in found),
        names="\n".join(
            f"    {snake(s)}: {s}\n{_doc(Comments(f).of(6, n), 4, '')}" for s, n, f in found
        ),
    )
    yield "quoin/aio/rpcs.pyi", HEADER + text


def snake(name: str) -> str:
    """A name of the contract as Python writes it; as ``quoin._core.rpcs`` does."""
    return _usable(SNAKE.sub("_", name).lower())


def _usable(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


class Comments:
    """The comments of a file."""

    def __init__(self, file: FileDescriptorProto) -> None:
        locations = file.source_code_info.location
        self._texts = {tuple(at.path): at.leading_comments for at in locations}

    def of(self, *path: int) -> str:
        """The comment of something, by its path in the descriptor."""
        return "\n".join(line[1:] for line in self._texts.get(path, "").rstrip().split("\n"))


class _Stub:
    def __init__(self, files: Sequence[FileDescriptorProto]) -> None:
        self._messages = {
            f".{f.package}.{m.name}": (f, n, m) for f in files for n, m in enumerate(f.message_type)
        }
        self._packages = sorted({f.package for f in files}, key=len, reverse=True)

    def service(self, file: FileDescriptorProto, index: int) -> str:
        """The class of a service."""
        service: ServiceDescriptorProto = file.service[index]
        comments = Comments(file)
        text = f"class {service.name}(Rpcs):\n{_doc(comments.of(6, index), 4, '')}\n"
        text += f"    @property\n    def rpc(self) -> {service.name}:\n"
        text += '        """The RPCs alone, without what a helper adds."""\n\n'
        for n, method in enumerate(service.method):
            text += self._method(method, comments.of(6, index, 2, n)) + "\n"
        return text

    def _method(self, method: MethodDescriptorProto, comment: str) -> str:
        file, index, message = self._messages[method.input_type]
        asked, given = self._type(method.input_type), self._type(method.output_type)
        one = f"{asked} | Mapping[str, Any]"
        parameters = [f"request: {one} | None = None", "/"]
        fields = list(enumerate(message.field))
        if method.client_streaming:
            parameters = [f"requests: Iterable[{one}] | AsyncIterable[{one}]", "/"]
            fields = []
        elif fields:
            parameters.append("*")
        comments = Comments(file)
        told = ""
        for n, field in fields:
            parameters.append(f"{_usable(field.name)}: {self._field(message, field)} | None = None")
            about = comments.of(4, index, 2, n).split("\n")
            told += f"\n{_usable(field.name)}:\n" + "\n".join(f"    {line}" for line in about)
        listed = "".join(f"        {parameter},\n" for parameter in parameters)
        kind, result = "async def", given
        if method.server_streaming:
            kind, result = "def", f"Stream[{given}]"
        text = f"    {kind} {snake(method.name)}(\n        self,\n{listed}    ) -> {result}:\n"
        return text + _doc(comment, 8, f"\n{told}" if told else "")

    def _field(self, message: DescriptorProto, field: FieldDescriptorProto) -> str:
        entry = next(
            (m for m in message.nested_type if field.type_name.endswith(f".{m.name}")), None
        )
        if entry is not None and entry.options.map_entry:
            key, value = (self._one(entry, part) for part in entry.field)
            return f"Mapping[{key}, {value}]"
        one = self._one(message, field)
        return f"Iterable[{one}]" if field.label == field.LABEL_REPEATED else one

    def _one(self, message: DescriptorProto, field: FieldDescriptorProto) -> str:
        if field.type == field.TYPE_MESSAGE:
            return (
                KNOWN.get(field.type_name) or f"{self._type(field.type_name)} | Mapping[str, Any]"
            )
        if field.type == field.TYPE_ENUM:
            return f"{self._type(field.type_name)}.ValueType | int | str"
        if field.type == field.TYPE_STRING and _has_bytes_beside(message, field):
            return "str | bytes"
        return SCALARS.get(field.type, "int")

    def _type(self, name: str) -> str:
        package = next(p for p in self._packages if name.startswith(f".{p}."))
        return f"{_alias(package)}.{name.removeprefix(f'.{package}.')}"


def _has_bytes_beside(message: DescriptorProto, field: FieldDescriptorProto) -> bool:
    return field.HasField("oneof_index") and any(
        other.type == other.TYPE_BYTES
        and other.HasField("oneof_index")
        and other.oneof_index == field.oneof_index
        for other in message.field
    )


def _alias(package: str) -> str:
    return package.removeprefix("quoin.").replace(".", "_")


def _doc(comment: str, indent: int, more: str) -> str:
    text = (comment or "Not described.") + more
    lines = text.replace("\\", "\\\\").replace('"""', "'''").split("\n")
    pad = " " * indent
    body = "\n".join(f"{pad}{line}".rstrip() for line in lines)
    return f'{pad}"""{body.lstrip()}\n{pad}"""\n'
