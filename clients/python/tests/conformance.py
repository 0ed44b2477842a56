# SPDX-License-Identifier: Apache-2.0
"""Carries out the steps of a case of clients/conformance; its README says what they mean."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
from google.protobuf import descriptor_pool, json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from quoin import InvalidRequestError, QuoinError
from quoin.aio import AioStubs  # noqa: F401 - it loads all descriptors
from quoin.errors.v1 import ErrorReason, error_reason_pb2

LIMIT = 10.0
NOTHING: Any = object()


class OpenCall:
    """A call of any kind whose messages are taken one by one."""

    def __init__(
        self, channel: grpc.aio.Channel, method: MethodDescriptor, request: Any, more: bool
    ) -> None:
        """``more`` says whether other requests follow, if the call takes a stream of them."""
        kinds = [channel.unary_unary, channel.unary_stream]
        if method.client_streaming:
            kinds = [channel.stream_unary, channel.stream_stream]
        answer: Any = GetMessageClass(method.output_type)
        open: Any = kinds[method.server_streaming](
            f"/{method.containing_service.full_name}/{method.name}",
            request_serializer=GetMessageClass(method.input_type).SerializeToString,
            response_deserializer=answer.FromString,
        )
        self.is_unary = not method.server_streaming
        self.method = method
        self._requests: asyncio.Queue[Any] = asyncio.Queue()
        self.send(request)
        if not more:
            self.send(None)
        self.call = open(self._sent() if method.client_streaming else request, timeout=60)
        self._answer = asyncio.ensure_future(self.call) if self.is_unary else None

    def send(self, request: Any) -> None:
        self._requests.put_nowait(request)

    async def _sent(self) -> AsyncIterator[Any]:
        while (request := await self._requests.get()) is not None:
            yield request

    async def next(self) -> Any:
        reading = self._answer or asyncio.ensure_future(self.call.read())
        message = await asyncio.wait_for(asyncio.shield(reading), LIMIT)
        assert message is not grpc.aio.EOF, "a message was expected but the call ended with OK"
        return message

    async def failure(self) -> QuoinError | None:
        reading = self._answer or asyncio.ensure_future(self.call.read())
        try:
            message = await asyncio.wait_for(asyncio.shield(reading), LIMIT)
        except grpc.RpcError as e:
            return QuoinError.from_rpc(e)
        assert message is grpc.aio.EOF, f"the end was expected but a message came: {message}"
        return None


class Case:
    """The state of one case."""

    def __init__(self, channel: grpc.aio.Channel, service: str) -> None:
        self.channel = channel
        self.service = service
        self.variables: dict[str, Any] = {}
        self.named: dict[str, OpenCall] = {}
        self.opened: list[OpenCall] = []

    async def run(self, step: dict[str, Any]) -> None:
        if "times" not in step:
            await self._run(step)
        for turn in range(step.get("times", 0)):
            await self._run(json.loads(json.dumps(step).replace("#", str(turn + 1))))

    async def _run(self, step: dict[str, Any]) -> None:
        if "end" in step:
            self.named[step["end"]].call.cancel()
            return
        call = self.named[step["from"]] if "from" in step else self.open(step)
        if "from" in step and "with" in step:
            call.send(self.request(call.method, step))
        self.opened.append(call)
        if "as" in step:
            self.named[step["as"]] = call
        for expected in step.get("receives", []):
            self.match(expected, await self.received(call, "heartbeat" in expected), "receives")
        if "fails" in step:
            refused(step, await call.failure())
        elif "then" in step or (call.is_unary and "as" not in step):
            self.match(step.get("then", {}), as_json(await call.next()), "then")
        if step.get("ends"):
            assert await call.failure() is None

    async def close(self) -> None:
        for call in self.opened:
            call.call.cancel()
            if call._answer is not None:
                await asyncio.wait([call._answer])
                call._answer.cancelled() or call._answer.exception()

    def open(self, step: dict[str, Any]) -> OpenCall:
        name = step["call"] if "/" in step["call"] else f"{self.service}/{step['call']}"
        service, _, method = name.partition("/")
        descriptor = descriptor_pool.Default().FindServiceByName(service).methods_by_name[method]
        return OpenCall(self.channel, descriptor, self.request(descriptor, step), "as" in step)

    def request(self, method: MethodDescriptor, step: dict[str, Any]) -> Any:
        request = GetMessageClass(method.input_type)()
        return json_format.ParseDict(self.filled_in(step.get("with", {})), request)

    async def received(self, call: OpenCall, heartbeats: bool) -> Any:
        message = as_json(await call.next())
        while not heartbeats and "heartbeat" in message:
            message = as_json(await call.next())
        return message

    def filled_in(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.filled_in(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled_in(one) for one in value]
        is_variable = isinstance(value, str) and value.startswith("$")
        return self.variables[value] if is_variable else value

    def match(self, expected: Any, actual: Any, path: str) -> None:
        if isinstance(expected, dict):
            assert isinstance(actual, dict), f"{path} is not set"
            for key, value in expected.items():
                self.match(value, actual.get(key, NOTHING), f"{path}.{key}")
        elif isinstance(expected, list):
            assert len(actual) == len(expected), f"{path}: {actual}"
            for index, value in enumerate(expected):
                self.match(value, actual[index], f"{path}[{index}]")
        elif expected is None:
            assert actual is NOTHING, f"{path} is set: {actual}"
        elif expected == "$any":
            assert actual is not NOTHING and str(actual) not in ("", "0", "False"), path
        elif isinstance(expected, str) and expected.startswith("$"):
            assert actual == self.variables.setdefault(expected, actual), path
        elif isinstance(expected, str) and expected.startswith(">$"):
            assert float(actual) > float(self.variables[expected[1:]]), path
        else:
            assert actual == expected and type(actual) is not type(NOTHING), f"{path}: {actual}"


def refused(step: dict[str, Any], failure: QuoinError | None) -> None:
    assert failure is not None, "it was not refused"
    assert failure.reason == step["fails"], failure
    value = ErrorReason.DESCRIPTOR.values_by_name[f"ERROR_REASON_{step['fails']}"]
    code: tuple[Any, ...] = (failure.code.value[0],)
    assert code == (value.GetOptions().Extensions[error_reason_pb2.code],)
    if "fields" in step:
        assert isinstance(failure, InvalidRequestError)
        assert sorted(v.field for v in failure.violations) == sorted(step["fields"])


def as_json(message: Any) -> Any:
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
