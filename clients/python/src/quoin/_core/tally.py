# SPDX-License-Identifier: Apache-2.0
"""Counting in any thread."""

import threading


class Tally:
    """A count that any thread adds to, and a signal handler or finalizer in the middle of that."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.count = 0

    def add(self, more: int = 1) -> None:
        """Counts."""
        with self._lock:
            self.count += more
