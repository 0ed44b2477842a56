// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import { textOf } from "./callbacks.js";
import { durationMessage } from "./durations.js";
import {
  Queues as QueuesService,
  type WorkRequestSchema,
  type WorkResponseSchema,
} from "./gen/quoin/queues/v1/queues_pb.js";
import { type Done, Preference } from "./gen/quoin/queues/v1/task_pb.js";
import { Task, TaskError } from "./task.js";
import { cut } from "./texts.js";
import type { WorkProtocol } from "./work-protocol.js";

/** What the contract allows, in bytes. */
const LONGEST_ERROR = 2_048;
const LONGEST_PROGRESS = 256;
const LONGEST_RESULT = 65_536;

type Answer = Done["answer"];
type Report = NonNullable<MessageInitShape<typeof WorkRequestSchema>["message"]>;

/**
 * The messages of the RPC Work of Queues.
 *
 * @param lease in milliseconds
 */
export function queueWork(
  queues: string[],
  kinds: string[],
  lease: number,
  weights: number[],
): WorkProtocol<Task, typeof WorkRequestSchema, typeof WorkResponseSchema> {
  const report = (message: Report): MessageInitShape<typeof WorkRequestSchema> => ({ message });
  const ref = ({ leased: { queue, taskId, token } }: Task) => ({ queue, taskId, token });
  return {
    method: QueuesService.method.work,
    open: (credits, held) =>
      report({
        case: "open",
        value: {
          queues,
          weights,
          kinds,
          credits,
          lease: durationMessage(lease),
          preference: weights.length > 0 ? Preference.WEIGHTED : Preference.STRICT,
          reportsStart: true,
          heldTasks: held.map(ref),
        },
      }),
    credits: (value) => report({ case: "credits", value }),
    started: (task) => report({ case: "started", value: { taskIds: [task.id] } }),
    done: (task, result) => {
      return report({ case: "ack", value: { ...ref(task), answer: answerOf(result) } });
    },
    failed: (task, thrown) => report({ case: "nack", value: { ...ref(task), ...failed(thrown) } }),
    *read({ event }, send) {
      switch (event.case) {
        case "delivery":
          for (const leased of event.value.tasks) {
            const task: Task = new Task(leased, (text) => {
              const progressText = cut(text, LONGEST_PROGRESS);
              send(report({ case: "progress", value: { ...ref(task), progressText } }));
            });
            yield { case: "item", item: task };
          }
          break;
        case "settled":
          for (const { taskId, expireTime } of event.value.outcomes) {
            if (!expireTime) {
              yield { case: "settled", id: taskId }; // others are about progress
            }
          }
          break;
        case "taskLost":
          yield { case: "lost", id: event.value.taskId, token: event.value.token };
          break;
        case "taskCancelled":
          yield { case: "cancelled", id: event.value.taskId, token: event.value.token };
          break;
      }
    },
  };
}

/** The result of a task as it is sent. Doing the task again would not make it fit. */
function answerOf(value: unknown): Answer {
  if (value === undefined || value === null) {
    return { case: undefined };
  }
  const isText = typeof value === "string";
  if (!isText && !ArrayBuffer.isView(value)) {
    throw TaskError.dead(`the handler returned a value of type ${typeof value}, not text or bytes`);
  }
  if ((isText ? Buffer.byteLength(value) : value.byteLength) > LONGEST_RESULT) {
    throw TaskError.dead(`the result has more than ${LONGEST_RESULT} bytes`);
  }
  if (isText && !value.isWellFormed()) {
    throw TaskError.dead("the result has half a surrogate pair, which is no character");
  }
  return isText
    ? { case: "resultText", value }
    : {
        case: "result",
        value: new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength),
      };
}

/** How a task goes on whose handler threw something. */
function failed(thrown: unknown) {
  try {
    if (thrown instanceof TaskError) {
      const { message, dead, retryAfter } = thrown;
      const error = cut(`${message}`, LONGEST_ERROR);
      const pause = retryAfter === undefined ? undefined : durationMessage(retryAfter);
      return pause ? { error, dead, retryAfter: pause } : { error, dead };
    }
  } catch {
    // It is told as any other failure.
  }
  return { error: cut(textOf(thrown), LONGEST_ERROR) };
}
