# SPDX-License-Identifier: Apache-2.0
"""The two ways of calling: in an event loop, and blocking. Not for callers.

``asynchronous`` and ``blocking`` have the same names. The helpers are written for the first, in
``quoin.aio``; those of ``quoin._sync`` are generated from them by ``tools/blocking.py``. Written by
hand for callers that block is only what is here: ``portal``, the event loop in a thread of its own,
and ``sessions``, which ends it before a fork and makes it anew.
"""
