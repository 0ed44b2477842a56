# SPDX-License-Identifier: Apache-2.0
"""A shop counts its page views: cheaply, and readable by the day."""

import sys
from datetime import timedelta

import quoin

with quoin.connect(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400") as q:
    q.counters.delete("views/home")

    with q.counters.recorder() as recorder:
        for _ in range(1_000):
            recorder.increment("views/home")
    q.counters.increment("views/home")

    for day in q.counters.get("views/home", timedelta(days=1), last=1):
        print(day.count, "views so far" if day.partial else "views")
