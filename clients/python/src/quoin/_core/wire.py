# SPDX-License-Identifier: Apache-2.0
"""Durations and times, as Python and as protobuf have them."""

from datetime import datetime, timedelta, timezone

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

Seconds = float | timedelta
"""A duration: seconds as a number, or a ``timedelta``."""


def seconds(value: Seconds) -> float:
    """A duration in seconds."""
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def duration(value: Seconds) -> Duration:
    """A duration for the wire."""
    made = Duration()
    made.FromNanoseconds(round(seconds(value) * 1e9))
    return made


def whole_millis(value: Seconds) -> float:
    """A lease as servers take it: in whole milliseconds."""
    return round(seconds(value) * 1e9) // 1_000_000 / 1000


def seconds_of(value: Duration) -> float:
    """A duration from the wire in seconds."""
    return value.seconds + value.nanos / 1e9


def moment(value: Timestamp) -> datetime:
    """A time from the wire, in UTC."""
    return value.ToDatetime(timezone.utc)


def seconds_between(earlier: Timestamp, later: Timestamp) -> float:
    """How long after one time another one is, in seconds."""
    return later.seconds - earlier.seconds + (later.nanos - earlier.nanos) / 1e9
