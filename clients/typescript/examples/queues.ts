// SPDX-License-Identifier: Apache-2.0
import { Quoin, Severity, type Task, TaskError, TaskState } from "@quoin/client";

// A marketplace tells sellers by mail that their items were sold or have expired. A mail server
// that is down for a moment is tried again; an address that does not exist is not.
await using quoin = Quoin.connect(process.argv[2]);
await using log = quoin.logs.writer("mail");
const sent = new Set<string>();

/** Delivery is at least once: a mail with the id of one that was sent is not sent again. */
function send(task: Task, what: string): string {
  const [seller, item] = task.text.split(": ");
  if (seller === "nobody") {
    log.log(Severity.ERROR, "no such seller: nobody");
    throw TaskError.dead("no such seller");
  }
  if (seller === "bob" && task.attempt === 1) {
    log.log(Severity.WARNING, "the mail server is busy, trying again");
    throw TaskError.retryAfter("100ms", "the mail server is busy");
  }
  if (!sent.has(task.id)) {
    sent.add(task.id);
    log.log(Severity.INFO, `to ${seller}: your ${item} ${what}`);
  }
  return `told ${seller}`;
}

const mail = (kind: string, value: string) => ({
  kind,
  content: { case: "payloadText" as const, value },
});
const newTasks = [
  mail("sold", "ann: lamp"),
  mail("expired", "bob: chair"),
  mail("sold", "nobody: table"),
];
const { results } = await quoin.queues.enqueueBatch({ queue: "mail", newTasks });
await using _worker = quoin.queues.work({
  queues: ["mail"],
  concurrency: 4,
  handlers: {
    sold: (task) => send(task, "was sold"),
    expired: (task) => send(task, "has expired"),
  },
});
for (const { taskId } of results) {
  const { state, attempts, answer } = await quoin.queues.ended({ queue: "mail", taskId });
  console.log(`${TaskState[state]} after ${attempts}: ${answer.value ?? ""}`);
}
