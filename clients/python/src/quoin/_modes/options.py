# SPDX-License-Identifier: Apache-2.0
"""A client seen with other options of its calls."""

from typing import Any


class OtherOptions:
    """The sessions of a client, for calls in another namespace or with another deadline."""

    def __init__(self, sessions: Any, namespace: str | None, deadline: float | None) -> None:
        self._sessions = sessions
        self._options = (namespace, deadline)
        self._made: tuple[Any, Any] = (None, None)

    @property
    def is_closed(self) -> bool:
        """Whether the client is closed for good."""
        return bool(self._sessions.is_closed)

    def present(self) -> Any:
        """The session there is, if there is one."""
        return self._with_options(self._sessions.present())

    def now(self) -> Any:
        """The session, made when there is none."""
        return self._with_options(self._sessions.now())

    def close(self) -> Any:
        """Ends the client."""
        return self._sessions.close()

    def _with_options(self, session: Any) -> Any:
        of, made = self._made
        if session is None or of is session:
            return made if session is not None else None
        made = session.with_options(*self._options)
        self._made = (session, made)
        return made
