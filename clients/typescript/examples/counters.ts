// SPDX-License-Identifier: Apache-2.0
import { Quoin } from "@quoin/client";

/** A shop counts its page views: cheaply, and readable by the day. */
await using quoin = Quoin.connect(process.argv[2]);
const { counters } = quoin;
await counters.delete("views/home");

{
  await using recorder = counters.recorder();
  for (let view = 0; view < 1_000; view++) {
    recorder.increment("views/home");
  }
}
await counters.increment("views/home");

for (const { count, partial } of await counters.get("views/home", "1d", 2)) {
  console.log(`${count} views${partial ? " so far" : ""}`);
}
