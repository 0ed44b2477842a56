// SPDX-License-Identifier: Apache-2.0
import { Quoin } from "@quoin/client";

/** A shop measures how long its pages take, and finds the one worth optimising. */
const KIND = "AccessTime";
await using quoin = Quoin.connect(process.argv[2]);
const { stats } = quoin;

{
  await using recorder = stats.recorder();
  {
    using _timer = recorder.time(KIND, "/home");
    console.log("the home page is made");
  }
  for (let i = 1; i <= 100; i++) {
    recorder.record(KIND, "/search", 60 + i);
  }
}

const search = await stats.get(KIND, "/search");
console.log(`searches so far: ${search.count}, mean ${search.mean} s`);
const [slowest] = await stats.slowest(KIND, { limit: 1 });
console.log(`slowest: ${slowest?.context}`);
