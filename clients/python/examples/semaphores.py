# SPDX-License-Identifier: Apache-2.0
"""An account may make three calls at a time to the API of a marketplace, whoever works for it."""

import sys
import threading

import quoin

API = "account/7/marketplace-api"

with quoin.connect(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400") as q:
    q.semaphores.configure(name=API, limit=3)

    def bulk() -> None:
        with q.semaphores.acquire(API, permits=3, wait=60, label="bulk") as permits:
            print("bulk upload with", permits.permits, "permits")

    uploading = threading.Thread(target=bulk)
    with q.semaphores.hold(API, label="stream") as stream:
        stream.on_lost(lambda reason: print("the stream must stop:", reason.value))
        print("in use:", q.semaphores.get(name=API).in_use, "of 3")
        with q.semaphores.acquire(API):
            print("one call more is fine")
        uploading.start()
    uploading.join()
