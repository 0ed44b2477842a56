# SPDX-License-Identifier: Apache-2.0
"""Interceptors of gRPC that record how long calls take in Stats.

``ClientTimes`` and ``AioClientTimes`` are for channels: kind ``rpc.client``. ``ServerTimes`` and
``AioServerTimes`` are for servers: kind ``rpc.server``. The context is the method and the status
code, for example ``shop.v1.Shop/Buy OK``. Not for the channel of Quoin itself. They take a recorder
of either client. Unary calls end with their answer; streams, on the side of the client, when their
end was read, and of a server when its method returns.
"""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Protocol

import grpc
import grpc.aio

from quoin._core import callbacks

CLIENT = "rpc.client"
SERVER = "rpc.server"


class Recorder(Protocol):
    """What takes values: a stats recorder of either client."""

    def record(self, kind: str, context: str, value: float) -> None:
        """Records a value."""


class _Times:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._has_failed = False

    def _record(self, kind: str, method: Any, code: Any, begin: float) -> None:
        def record() -> None:
            name = method.decode() if isinstance(method, bytes) else str(method)
            status = code.name if isinstance(code, grpc.StatusCode) else str(code)
            context = f"{name.lstrip('/')} {status}"
            self._recorder.record(kind, context, time.perf_counter() - begin)

        # What cannot be recorded is no reason to fail the call.
        recorded = callbacks.call(record)
        if isinstance(recorded, callbacks.Raised) and not self._has_failed:
            self._has_failed = True
            callbacks.LOG.error(
                "a call cannot be recorded, this is said once: %s",
                callbacks.described(recorded.error),
            )


class ClientTimes(
    _Times,
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    """Records the calls of a channel: ``grpc.intercept_channel(channel, ClientTimes(recorder))``."""

    def _timed(self, continuation: Any, details: Any, request: Any) -> Any:
        begin = time.perf_counter()
        call = continuation(details, request)
        call.add_done_callback(
            lambda done: self._record(CLIENT, details.method, done.code(), begin)
        )
        return call

    # They do the same, but grpc types each.
    _any: Any = _timed
    intercept_unary_unary = _any
    intercept_unary_stream = _any
    intercept_stream_unary = _any
    intercept_stream_stream = _any


class AioClientTimes:
    """Records the calls of an asyncio channel:
    ``grpc.aio.insecure_channel(…, interceptors=AioClientTimes.all(recorder))``."""

    @staticmethod
    def all(recorder: Recorder) -> list[grpc.aio.ClientInterceptor]:
        """Interceptors for calls of all kinds; asyncio channels want one object for each."""
        return [
            _AioUnaryUnary(recorder),
            _AioUnaryStream(recorder),
            _AioStreamUnary(recorder),
            _AioStreamStream(recorder),
        ]


class _AioTimes(_Times):
    async def _timed(self, continuation: Any, details: Any, request: Any) -> Any:
        begin = time.perf_counter()
        call = await continuation(details, request)

        def done(_: Any) -> None:
            async def record() -> None:
                self._record(CLIENT, details.method, await call.code(), begin)

            recording = asyncio.ensure_future(record())
            recording.add_done_callback(lambda task: task.cancelled() or task.exception())

        call.add_done_callback(done)
        return call

    _any: Any = _timed


class _AioUnaryUnary(_AioTimes, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary = _AioTimes._any


class _AioUnaryStream(_AioTimes, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream = _AioTimes._any


class _AioStreamUnary(_AioTimes, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary = _AioTimes._any


class _AioStreamStream(_AioTimes, grpc.aio.StreamStreamClientInterceptor):
    intercept_stream_stream = _AioTimes._any


class ServerTimes(_Times, grpc.ServerInterceptor):
    """Records the calls of a server: ``grpc.server(…, interceptors=[ServerTimes(recorder)])``."""

    def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Wraps the method that is called."""
        handler = continuation(handler_call_details)
        method = handler_call_details.method

        def unary(behaviour: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
            def timed(request: Any, context: Any) -> Any:
                begin = time.perf_counter()
                failed = True
                try:
                    answer = behaviour(request, context)
                    failed = False
                    return answer
                finally:
                    self._record(SERVER, method, _code(context, failed), begin)

            return timed

        def stream(behaviour: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Iterator[Any]]:
            def timed(request: Any, context: Any) -> Iterator[Any]:
                begin = time.perf_counter()
                failed = True
                try:
                    yield from behaviour(request, context)
                    failed = False
                finally:
                    self._record(SERVER, method, _code(context, failed), begin)

            return timed

        return _wrapped(handler, unary, stream)


class AioServerTimes(_Times, grpc.aio.ServerInterceptor):
    """Records the calls of an asyncio server:
    ``grpc.aio.server(interceptors=[AioServerTimes(recorder)])``. Methods that read and write
    streams through their context are not recorded."""

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        """Wraps the method that is called."""
        handler = await continuation(handler_call_details)
        method = handler_call_details.method

        def unary(behaviour: Callable[[Any, Any], Awaitable[Any]]) -> Any:
            async def timed(request: Any, context: Any) -> Any:
                begin = time.perf_counter()
                failed = True
                try:
                    answer = await behaviour(request, context)
                    failed = False
                    return answer
                finally:
                    self._record(SERVER, method, _code(context, failed), begin)

            return timed

        def stream(behaviour: Callable[[Any, Any], Any]) -> Any:
            async def timed(request: Any, context: Any) -> AsyncIterator[Any]:
                begin = time.perf_counter()
                failed = True
                try:
                    async for answer in behaviour(request, context):
                        yield answer
                    failed = False
                finally:
                    self._record(SERVER, method, _code(context, failed), begin)

            return timed if inspect.isasyncgenfunction(behaviour) else behaviour

        return _wrapped(handler, unary, stream)


def _code(context: Any, failed: bool) -> Any:
    """The status of a call that ends."""
    code = context.code()
    if isinstance(code, int):
        code = next((c for c in grpc.StatusCode if c.value[0] == code), None)
    if code is None or (failed and code is grpc.StatusCode.OK):
        return grpc.StatusCode.UNKNOWN if failed else grpc.StatusCode.OK
    return code


def _wrapped(handler: Any, unary: Callable[[Any], Any], stream: Callable[[Any], Any]) -> Any:
    if handler is None:
        return None
    codec = (handler.request_deserializer, handler.response_serializer)
    if handler.unary_unary:
        return grpc.unary_unary_rpc_method_handler(unary(handler.unary_unary), *codec)
    if handler.stream_unary:
        return grpc.stream_unary_rpc_method_handler(unary(handler.stream_unary), *codec)
    if handler.unary_stream:
        return grpc.unary_stream_rpc_method_handler(stream(handler.unary_stream), *codec)
    return grpc.stream_stream_rpc_method_handler(stream(handler.stream_stream), *codec)
