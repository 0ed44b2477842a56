// SPDX-License-Identifier: Apache-2.0
import { Quoin } from "@quoin/client";

/** Money moves between two accounts while nobody reads them; readers do not disturb each other. */
const ACCOUNTS = ["account/7", "account/3"];
await using quoin = Quoin.connect(process.argv[2]);
const { locks } = quoin;

{
  await using one = await locks.acquire("account/3", { lease: "30s", shared: true });
  await using two = await locks.acquire("account/3", { lease: "30s", shared: true });
  const { readers } = await locks.get("account/3");
  console.log(`${readers} readers look at account 3: ${one?.isHeld && two?.isHeld}`);
  const refused = (await locks.acquireAll(ACCOUNTS, { lease: "30s" })) === undefined;
  console.log(`a transfer is refused: ${refused}`);
}

await using both = await locks.acquireAll(ACCOUNTS, { lease: "30s", holder: "transfer" });
console.log(`the transfer holds ${both?.size} locks`);
for await (const lock of locks.list("account/")) {
  console.log(`${lock.name}: ${lock.holder}`);
}
