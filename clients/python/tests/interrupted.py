# SPDX-License-Identifier: Apache-2.0
"""Programs that end in unusual ways; tests run them."""

import os
import signal
import sys
import threading
import time

import quoin

what, address, namespace = sys.argv[1:]
q = quoin.connect(address, namespace=namespace)

if what == "interrupt":

    def interrupt() -> None:
        with quoin.connect(address, namespace=namespace) as other:
            while other.locks.get("report").waiters == 0:
                time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    try:
        q.locks.acquire("report", wait=3600)
    except KeyboardInterrupt:
        print("interrupted")
elif what == "forget":
    q.locks.acquire("report", lease=3600)
    print("held")
elif what == "fork":
    q.locks.get("report")
    child = os.fork()
    if child == 0:
        try:
            q.locks.get("report")
        except RuntimeError as e:
            print(e, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
