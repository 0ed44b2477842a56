# SPDX-License-Identifier: Apache-2.0
"""What is checked before it is collected, because nobody waits for the answer of the server."""

LONGEST = 512


def check(field: str, name: str) -> None:
    """Refuses what the contract does not allow."""
    if not isinstance(name, str):
        raise TypeError(f"{field}: must be a str, not {type(name).__name__}")
    try:
        size = len(name.encode())
    except UnicodeEncodeError as e:
        raise ValueError(f"{field}: {e.reason} at position {e.start}") from None
    if not 0 < size <= LONGEST or any(c < " " or c == "\x7f" for c in name):
        raise ValueError(f"{field}: must be 1 to {LONGEST} bytes without control characters")
