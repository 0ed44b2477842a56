# SPDX-License-Identifier: Apache-2.0
"""A shop logs; somebody watches its errors and asks what is wrong most often."""

import logging
import sys

import quoin

with quoin.connect(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400") as q:
    with q.logs.writer("shop") as writer:
        log = logging.getLogger("shop")
        log.setLevel(logging.INFO)
        log.addHandler(quoin.LogHandler(writer))
        log.info("open")
        for order in (17, 42):
            log.error("order %d cannot be paid", order, extra={"order": order})

    with q.logs.tail("shop", minimum_severity=quoin.Severity.ERROR, last=100) as tail:
        for _ in range(2):
            entry = tail.get(timeout=20)
            if isinstance(entry, quoin.LogEntry):
                print(entry.log, "reports:", entry.text)

    for message in q.logs.list_common(name="shop", severity="error").common_messages:
        print(message.count, "x", message.template)
