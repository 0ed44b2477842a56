# SPDX-License-Identifier: Apache-2.0
"""A plugin of buf and protoc: the stubs of the Python client.

It writes what protoc and its gRPC plugin write, modules that gather the names of each package, the
stubs of all services, and the reasons with which calls are refused as a Python enum.
"""

import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

HEADER = "# Generated from the .proto files by scripts/generate-python. Do not edit.\n"
REASONS = "quoin/errors/v1/error_reason.proto"
PREFIX = "ERROR_REASON_"


def stubs(request: CodeGeneratorRequest) -> Iterator[tuple[str, str]]:
    """What protoc and its gRPC plugin generate."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        out.mkdir()
        contract = Path(folder, "contract.binpb")
        contract.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        arguments = [f"--descriptor_set_in={contract}", f"--python_out={out}"]
        arguments += [f"--grpc_python_out={out}", *request.file_to_generate]
        if protoc.main(["protoc", *arguments]) != 0:
            sys.exit("protoc failed")
        for path in sorted(out.rglob("*.py")):
            yield path.relative_to(out).as_posix(), path.read_text()


def packages(files: list[FileDescriptorProto]) -> Iterator[tuple[str, str]]:
    """Modules that gather the names of a package, so that nobody has to know its files."""
    lines: dict[str, list[str]] = defaultdict(list)
    for file in files:
        module = file.name.removesuffix(".proto").replace("/", ".")
        names = [m.name for m in file.message_type] + [e.name for e in file.enum_type]
        lines[file.package] += [f"from {module}_pb2 import {n} as {n}" for n in names]
        lines[file.package] += [
            f"from {module}_pb2_grpc import {s.name}Stub as {s.name}Stub" for s in file.service
        ]
    for package, imports in lines.items():
        folder = package.replace(".", "/")
        text = f'{HEADER}"""Messages and stubs of {package}."""\n\n' + "\n".join(sorted(imports))
        yield f"{folder}/__init__.py", text + "\n"
        parent = package.rpartition(".")[0]
        yield f"{Path(folder).parent}/__init__.py", f'{HEADER}"""Versions of {parent}."""\n'


def reasons(file: FileDescriptorProto) -> str:
    """The reasons as an enum of strings, with what their comments say."""
    comments = {tuple(at.path): at.leading_comments for at in file.source_code_info.location}
    lines = [HEADER + '"""Why calls are refused."""\n', "from enum import Enum\n\n"]
    lines += ["class Reason(str, Enum):", '    """Why a call was refused; equal to its name."""\n']
    for index, value in enumerate(file.enum_type[0].value):
        if value.number == 0:
            continue
        name = value.name.removeprefix(PREFIX)
        text = " ".join(comments[(5, 0, 2, index)].split())
        lines += [f'    {name} = "{name}"', f'    """{text}"""\n']
    return "\n".join(lines)


SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

STUBS = '''

class {kind}:
    """{blocking} stubs: ``{call}``. They fail with ``grpc.RpcError``, which
    ``QuoinError.from_rpc`` explains."""

    def __init__(self, channel: {channel}) -> None:
{made}
'''


def all_stubs(files: list[FileDescriptorProto]) -> str:
    """The stubs of all services, by their names."""
    services = sorted((s.name, f.package) for f in files for s in f.service)
    names = [SNAKE.sub("_", name).lower() for name, _ in services]
    if len(set(names)) < len(names):
        sys.exit("two services have the same name")
    text = HEADER + '"""The generated stubs of all services, by their names."""\n\n'
    text += "import grpc\nimport grpc.aio\n\n"
    text += "\n".join(f"from {package} import {name}Stub" for name, package in services) + "\n"
    made = "\n".join(
        f"        self.{name} = {service}Stub(channel)"
        for name, (service, _) in zip(names, services, strict=True)
    )
    call = "stubs.locks.Get(request)"
    for kind, blocking, how, channel in (
        ("Stubs", "Blocking", call, "grpc.Channel"),
        ("AioStubs", "Asyncio", f"await {call}", "grpc.aio.Channel"),
    ):
        text += STUBS.format(kind=kind, blocking=blocking, call=how, channel=channel, made=made)
    return text


def main() -> None:
    """Answers the request on standard input."""
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    wanted = [file for file in request.proto_file if file.name in request.file_to_generate]
    response = CodeGeneratorResponse()
    response.supported_features = CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    written = [*stubs(request), *packages(wanted)]
    written += [("quoin/_reasons.py", reasons(f)) for f in wanted if f.name == REASONS]
    written.append(("quoin/_stubs.py", all_stubs(wanted)))
    for name, content in written:
        response.file.add(name=name, content=content)
    sys.stdout.buffer.write(response.SerializeToString())


if __name__ == "__main__":
    main()
