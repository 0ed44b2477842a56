# SPDX-License-Identifier: Apache-2.0
"""A plugin of buf and protoc: the messages and RPCs of the Python client.

It writes what protoc writes, modules that gather the names of each package, the RPCs of all
services, and the reasons with which calls are refused as a Python enum.
"""

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc
from rpcs import HEADER, rpcs

REASONS = "quoin/errors/v1/error_reason.proto"
PREFIX = "ERROR_REASON_"


def messages(request: CodeGeneratorRequest) -> Iterator[tuple[str, str]]:
    """The messages, as protoc generates them."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        out.mkdir()
        contract = Path(folder, "contract.binpb")
        contract.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        arguments = [f"--descriptor_set_in={contract}", f"--python_out={out}"]
        if protoc.main(["protoc", *arguments, *request.file_to_generate]) != 0:
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
    for package, imports in lines.items():
        folder = package.replace(".", "/")
        text = f'{HEADER}"""Messages of {package}."""\n\n' + "\n".join(sorted(imports))
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


def main() -> None:
    """Answers the request on standard input."""
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    wanted = [file for file in request.proto_file if file.name in request.file_to_generate]
    response = CodeGeneratorResponse()
    response.supported_features = CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    written = [*messages(request), *packages(wanted)]
    written += [("quoin/_reasons.py", reasons(f)) for f in wanted if f.name == REASONS]
    written += rpcs(wanted)
    for name, content in written:
        response.file.add(name=name, content=content)
    sys.stdout.buffer.write(response.SerializeToString())


if __name__ == "__main__":
    main()
