# SPDX-License-Identifier: Apache-2.0
"""What can be copied and pickled, and what cannot."""

from typing import Any, NoReturn


class Portable(BaseException):
    """An error that can be copied and pickled, whatever its constructor and those of the classes
    derived from it want."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, dict(self.__dict__))


def _restored(kind: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class Bound:
    """What lives in its process: neither it nor what belongs to it can be pickled."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Quoin client, and what belongs to it, cannot be pickled: connect again")
