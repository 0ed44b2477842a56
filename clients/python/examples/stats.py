# SPDX-License-Identifier: Apache-2.0
"""A shop measures how long its pages take, and finds the one worth optimising."""

import sys

import quoin

KIND = "AccessTime"

with quoin.connect(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400") as q:
    with q.stats.recorder() as recorder:
        with recorder.time(KIND, "/home"):
            print("the home page is made")
        for second in range(1, 101):
            recorder.record(KIND, "/search", 60 + second)

    search = q.stats.get(KIND, "/search")
    print("searches so far:", search.count, "mean", search.mean, "s")
    print("slowest:", next(iter(q.stats.slowest(KIND))))
