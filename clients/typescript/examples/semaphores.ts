// SPDX-License-Identifier: Apache-2.0
import { Quoin } from "@quoin/client";

/** An account may make three calls at a time to the API of a marketplace, whoever works for it. */
const API = "account/7/marketplace-api";
await using quoin = Quoin.connect(process.argv[2]);
const { semaphores } = quoin;
await semaphores.configure({ name: API, limit: 3 });

const stream = await semaphores.hold(API, { label: "stream" });
stream.onLost((reason) => console.log(`the stream must stop: ${reason}`));
console.log(`in use: ${(await semaphores.get({ name: API })).inUse} of 3`);

await semaphores.run(API, { lease: "30s" }, () => console.log("one call more is fine"));

const all = { permits: 3, lease: "30s", wait: "1m", label: "bulk" };
const bulk = semaphores.run(API, all, ({ permits }) => {
  console.log(`bulk upload with ${permits} permits`);
});
await stream.release();
await bulk;
