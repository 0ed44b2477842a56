// SPDX-License-Identifier: Apache-2.0
import { Quoin } from "@quoin/client";

/** Two workers want to write the nightly report; it must be written by one at a time. */
const REPORT = "nightly-report";
await using quoin = Quoin.connect(process.argv[2]);
const { locks } = quoin;

const first = await locks.acquire(REPORT, { lease: "30s", label: "worker-1" });
if (!first) {
  throw new Error("somebody else has it");
}
first.onLost((reason) => console.log(`worker-1 must stop: ${reason}`));
console.log(`worker-1 writes the report with fence ${first.fence}`);

if (!(await locks.acquire(REPORT, { lease: "30s" }))) {
  console.log(`worker-2 sees it held by ${(await locks.get({ name: REPORT })).label}`);
}
const next = locks.run(REPORT, { lease: "30s", wait: "1m", label: "worker-2" }, (lock) => {
  console.log(`worker-2 goes on with fence ${lock.fence}`);
});
await first.release();
await next;
