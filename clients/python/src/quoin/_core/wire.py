# SPDX-License-Identifier: Apache-2.0
"""Durations and times, as Python and as protobuf have them."""

import math
import re
from datetime import datetime, timedelta, timezone

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

Seconds = float | timedelta | str
"""A duration: seconds as a number, a ``timedelta``, or a text such as "30s", "100ms" or "1h30m"."""

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def seconds(value: Seconds) -> float:
    """A duration in seconds."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        parts = _PART.findall(value)
        if not parts or "".join(number + unit for number, unit in parts) != value:
            raise ValueError(f'"{value}" is no duration; write "30s", "100ms" or "1h30m"')
        return sum(float(number) * _UNITS[unit] for number, unit in parts)
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{value} is no duration; give seconds, or a text such as 30s")
    return float(value)


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


def timestamp(value: datetime) -> Timestamp:
    """A time for the wire. One without a zone could mean several."""
    if value.utcoffset() is None:
        raise ValueError(f"the time {value} has no zone; make it with datetime.now(timezone.utc)")
    made = Timestamp()
    made.FromDatetime(value)
    return made


def moment(value: Timestamp) -> datetime:
    """A time from the wire, in UTC."""
    return value.ToDatetime(timezone.utc)


def seconds_between(earlier: Timestamp, later: Timestamp) -> float:
    """How long after one time another one is, in seconds."""
    return later.seconds - earlier.seconds + (later.nanos - earlier.nanos) / 1e9
