# SPDX-License-Identifier: Apache-2.0
"""Two workers want to write the nightly report; it must be written by one at a time."""

import sys
import threading

import quoin

REPORT = "nightly-report"

with quoin.connect(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400") as q:

    def second_worker() -> None:
        with q.locks.acquire(REPORT, lease=30, wait=60, label="worker-2") as lock:
            print("worker-2 goes on with fence", lock.fence)

    next = threading.Thread(target=second_worker)
    with q.locks.acquire(REPORT, lease=30, label="worker-1") as lock:
        lock.on_lost(lambda reason: print("worker-1 must stop:", reason.value))
        print("worker-1 writes the report with fence", lock.fence)
        if q.locks.try_acquire(REPORT) is None:
            print("worker-2 sees it held by", q.locks.get(name=REPORT).label)
        next.start()
    next.join()
