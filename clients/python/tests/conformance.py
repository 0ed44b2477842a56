# SPDX-License-Identifier: Apache-2.0
"""Carries out the steps of a case of clients/conformance; its README says what they mean."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf import json_format

import quoin
from quoin import InvalidRequestError, QuoinError
from quoin._core.rpcs import Rpc, snake
from quoin.errors.v1 import ErrorReason, error_reason_pb2

LIMIT = 10.0
NOTHING: Any = object()


class OpenCall:
    """A call of any kind whose messages are taken one by one."""

    def __init__(self, method: Any, request: Any, more: bool) -> None:
        """``more`` says whether other requests follow, if the call takes a stream of them."""
        self.rpc: Rpc = method._rpc
        self._requests: asyncio.Queue[Any] = asyncio.Queue()
        self.send(request)
        if not more:
            self.send(None)
        call = method(self._sent() if self.rpc.takes_stream else request)
        self.is_unary = not self.rpc.gives_stream
        self._stream = None if self.is_unary else call
        self._answer = asyncio.ensure_future(call) if self.is_unary else None

    def send(self, request: Any) -> None:
        self._requests.put_nowait(request)

    async def _sent(self) -> AsyncIterator[Any]:
        while (request := await self._requests.get()) is not None:
            yield request

    async def next(self) -> Any:
        if self._answer is not None:
            return await asyncio.wait_for(asyncio.shield(self._answer), LIMIT)
        assert self._stream is not None
        try:
            return await self._stream.get(LIMIT)
        except StopAsyncIteration:
            raise AssertionError("a message was expected but the call ended with OK") from None

    async def failure(self) -> QuoinError | None:
        try:
            if self._answer is not None:
                message = await asyncio.wait_for(asyncio.shield(self._answer), LIMIT)
            else:
                assert self._stream is not None
                message = await self._stream.get(LIMIT)
        except StopAsyncIteration:
            return None
        except QuoinError as e:
            return e
        raise AssertionError(f"the end was expected but a message came: {message}")

    async def end(self) -> None:
        if self._answer is not None:
            self._answer.cancel()
            await asyncio.wait([self._answer])
            self._answer.cancelled() or self._answer.exception()
        if self._stream is not None:
            await self._stream.close()


class Case:
    """The state of one case."""

    def __init__(self, q: quoin.aio.Quoin, service: str) -> None:
        self.q = q
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
            await self.named[step["end"]].end()
            return
        call = self.named[step["from"]] if "from" in step else self.open(step)
        if "from" in step and "with" in step:
            call.send(self.request(call.rpc, step))
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
            await call.end()

    def open(self, step: dict[str, Any]) -> OpenCall:
        name = step["call"] if "/" in step["call"] else f"{self.service}/{step['call']}"
        service, _, rpc = name.partition("/")
        # The RPCs alone: helpers are not what the cases are about.
        rpcs = getattr(self.q, snake(service.rpartition(".")[2])).rpc
        assert rpcs.service == service
        method = getattr(rpcs, snake(rpc))
        return OpenCall(method, self.request(method._rpc, step), "as" in step)

    def request(self, rpc: Rpc, step: dict[str, Any]) -> Any:
        return json_format.ParseDict(self.filled_in(step.get("with", {})), rpc.request())

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
