// SPDX-License-Identifier: Apache-2.0
// Adds tasks, 100 at a time, while a worker does 100 at a time; see ../README.md.
import { Queue, Worker } from 'bullmq';

const AT_ONCE = 100;
const [port, count] = process.argv.slice(2).map(Number);
const connection = { host: '127.0.0.1', port };
const queue = new Queue('race', { connection });
await queue.waitUntilReady();

async function race(tasks) {
  let left = tasks;
  let allDone;
  const done = new Promise((resolve) => {
    allDone = resolve;
  });
  const worker = new Worker('race', async () => {}, { connection, concurrency: AT_ONCE });
  worker.on('completed', () => {
    left -= 1;
    if (left === 0) {
      allDone();
    }
  });
  await worker.waitUntilReady();
  const payload = { text: 'x'.repeat(88) };
  let unsent = tasks;
  const begin = process.hrtime.bigint();
  const producers = Array.from({ length: AT_ONCE }, async () => {
    while (unsent > 0) {
      unsent -= 1;
      await queue.add('mail', payload);
    }
  });
  await Promise.all(producers);
  await done;
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  await worker.close();
  return tasks / seconds;
}

await race(Math.min(count, 5000)); // until the program is compiled
console.log(`tasks_per_second=${await race(count)}`);
await queue.close();
