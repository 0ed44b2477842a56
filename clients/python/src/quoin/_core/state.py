# SPDX-License-Identifier: Apache-2.0
"""Says whether something works: one line when that changes."""

from typing import Protocol

from quoin._core.callbacks import LOG, described


class _Addressed(Protocol):
    @property
    def address(self) -> str: ...
    @property
    def is_closing(self) -> bool: ...


class State:
    """Whether something works that goes on by itself, such as a stream that is opened again."""

    def __init__(self, core: _Addressed, what: str) -> None:
        self._core = core
        self._what = what
        self._is_failing = False
        self._has_dropped = False

    def fails(self, error: BaseException | str) -> None:
        """It does not work now, and is tried again."""
        if not self._is_failing and not self._core.is_closing:
            self._is_failing = True
            why = error if isinstance(error, str) else described(error)
            LOG.warning("%s at %s is interrupted: %s", self._what, self._core.address, why)

    def works(self) -> None:
        """It works, perhaps again."""
        if self._is_failing:
            self._is_failing = False
            LOG.info("%s at %s goes on", self._what, self._core.address)

    def ends(self, error: BaseException) -> None:
        """It does not work and is not tried again."""
        LOG.error("%s at %s has ended: %s", self._what, self._core.address, described(error))

    def drops(self, error: BaseException) -> None:
        """Something can never be accepted and is dropped; the rest goes on. Said the first time."""
        if not self._has_dropped:
            self._has_dropped = True
            LOG.error(
                "%s at %s drops what is refused, this is said once: %s",
                self._what,
                self._core.address,
                described(error),
            )
