# SPDX-License-Identifier: Apache-2.0
"""Channels that give every call the defaults of their client.

They wrap the channels of gRPC instead of using its interceptors, which cost an asyncio task a call
and change how calls are cancelled.
"""

from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

from quoin._core import forks
from quoin._core.defaults import Defaults, identified
from quoin._core.settings import Settings, repeatable


def open_channel(settings: Settings) -> grpc.Channel:
    """A channel for blocking stubs."""
    to, options = settings.target(), settings.channel_options()
    if settings.tls is None:
        return grpc.insecure_channel(to, options)
    return grpc.secure_channel(to, settings.tls.credentials(), options)


def open_aio_channel(settings: Settings) -> grpc.aio.Channel:
    """A channel for asyncio stubs; made where their event loop runs."""
    to, options = settings.target(), settings.channel_options()
    if settings.tls is None:
        return grpc.aio.insecure_channel(to, options)
    return grpc.aio.secure_channel(to, settings.tls.credentials(), options)


class Calls:
    """Calls of one method, of whatever kind."""

    def __init__(self, method: str, inner: Any, defaults: Defaults, *, is_unary: bool) -> None:
        self.name = method.rpartition(".")[2].replace("/", ".")
        """Service and method, for people."""
        self._inner = inner
        self._defaults = defaults
        self._is_unary = is_unary
        self._is_repeatable = is_unary and method in repeatable()

    def let_go(self) -> None:
        self._inner = None

    def __call__(self, request: Any = None, **options: Any) -> Any:
        return self._make(self._inner, request, options, self._is_repeatable)

    def future(self, request: Any, **options: Any) -> Any:
        return self._make(self._part("future"), request, options, False)

    def with_call(self, request: Any, **options: Any) -> Any:
        return self._make(self._part("with_call"), request, options, self._is_repeatable)

    def _part(self, name: str) -> Any:
        self._defaults.check()
        return getattr(self._inner, name)

    def _make(
        self, call: Callable[..., Any], request: Any, options: dict[str, Any], is_repeatable: bool
    ) -> Any:
        if self._is_unary:
            options["timeout"] = self._defaults.timeout(options.get("timeout"))
            request = identified(request)
        options["metadata"] = self._defaults.headers(options.get("metadata"))

        def make(**more: Any) -> Any:
            self._defaults.check()
            return call(request, **{**options, **more})

        return self._defaults.repeat(make, options["timeout"]) if is_repeatable else make()


class _Wrapping:
    """What both kinds of channels have in common."""

    def __init__(self, inner: Any, defaults: Defaults) -> None:
        self._inner = inner
        self._defaults = defaults
        self._calls: list[Calls] = []
        forks.uses_grpc(self)

    def let_go(self) -> None:
        """Forgets all there is of gRPC; the channel is closed."""
        forks.uses_no_grpc(self)
        self._inner = None
        for calls in self._calls:
            calls.let_go()

    def _made(self, method: str, inner: Any, *, is_unary: bool) -> Calls:
        calls = Calls(method, inner, self._defaults, is_unary=is_unary)
        self._calls.append(calls)
        return calls

    def unary_unary(self, method: str, *more: Any, **codec: Any) -> Any:
        inner = self._inner.unary_unary(method, *more, **codec)
        return self._made(method, inner, is_unary=True)

    def unary_stream(self, method: str, *more: Any, **codec: Any) -> Any:
        inner = self._inner.unary_stream(method, *more, **codec)
        return self._made(method, inner, is_unary=False)

    def stream_unary(self, method: str, *more: Any, **codec: Any) -> Any:
        inner = self._inner.stream_unary(method, *more, **codec)
        return self._made(method, inner, is_unary=False)

    def stream_stream(self, method: str, *more: Any, **codec: Any) -> Any:
        inner = self._inner.stream_stream(method, *more, **codec)
        return self._made(method, inner, is_unary=False)


class Channel(_Wrapping, grpc.Channel):
    """A channel for blocking stubs, with defaults."""

    def subscribe(self, callback: Any, try_to_connect: bool = False) -> None:
        self._inner.subscribe(callback, try_to_connect)

    def unsubscribe(self, callback: Any) -> None:
        self._inner.unsubscribe(callback)

    def close(self) -> None:
        self._defaults.is_closed = True
        if self._inner is not None:
            self._inner.close()
        self.let_go()

    def __enter__(self) -> "Channel":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class AioChannel(_Wrapping, grpc.aio.Channel):
    """A channel for asyncio stubs, with defaults."""

    async def close(self, grace: float | None = None) -> None:
        self._defaults.is_closed = True
        if self._inner is not None:
            await self._inner.close(grace)
        self.let_go()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        state: grpc.ChannelConnectivity = self._inner.get_state(try_to_connect)
        return state

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self._inner.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self._inner.channel_ready()

    async def __aenter__(self) -> "AioChannel":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()
