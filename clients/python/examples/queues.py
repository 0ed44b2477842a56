# SPDX-License-Identifier: Apache-2.0
"""A marketplace tells sellers by mail that their items were sold or have expired. A mail server
that is down for a moment is tried again; an address that does not exist is not. Failures are
logged."""

import sys

import quoin
from quoin.queues.v1 import TaskState

with quoin.connect(sys.argv[1] if len(sys.argv) > 1 else "localhost:7400") as q:
    log = q.logs.writer("mail")
    worker = q.queues.worker("mail", concurrency=4)
    sent: set[str] = set()

    def send(task: quoin.Task, what: str) -> str:
        """Delivery is at least once: a mail with the id of one that was sent is not sent again."""
        seller, item = task.text.split(": ")
        if seller == "nobody":
            log.write(f"no such seller: {seller}", quoin.Severity.ERROR)
            raise quoin.Reject("no such seller")
        if seller == "bob" and task.attempt == 1:
            log.write("the mail server is busy, trying again", quoin.Severity.WARNING)
            raise quoin.Retry(0.1, "the mail server is busy")
        if task.id not in sent:
            sent.add(task.id)
            log.write(f"to {seller}: your {item} {what}")
        return f"told {seller}"

    @worker.task("sold")
    def sold(task: quoin.Task) -> str:
        return send(task, "was sold")

    @worker.task("expired")
    def expired(task: quoin.Task) -> str:
        return send(task, "has expired")

    todo = [("sold", "ann: lamp"), ("expired", "bob: chair"), ("sold", "nobody: table")]
    tasks = [quoin.task(kind, text) for kind, text in todo]
    added = q.queues.enqueue_batch(queue="mail", new_tasks=tasks)
    with worker:
        for one in added.results:
            end = q.queues.wait("mail", one.task_id)
            print(TaskState.Name(end.state), "after", end.attempts, end.result.decode())
