// SPDX-License-Identifier: Apache-2.0
import { pages, Quoin } from "@quoin/client";

/** Money moves between two accounts while nobody reads them; readers do not disturb each other. */
const ACCOUNTS = ["account/7", "account/3"];
await using quoin = Quoin.connect(process.argv[2]);
const { locks } = quoin;

{
  await using one = await locks.acquire("account/3", { lease: "30s", shared: true });
  await using two = await locks.acquire("account/3", { lease: "30s", shared: true });
  const { readerCount } = await locks.get({ name: "account/3" });
  console.log(`${readerCount} readers look at account 3: ${one?.isHeld && two?.isHeld}`);
  const refused = (await locks.acquireAll(ACCOUNTS, { lease: "30s" })) === undefined;
  console.log(`a transfer is refused: ${refused}`);
}

await using both = await locks.acquireAll(ACCOUNTS, { lease: "30s", label: "transfer" });
console.log(`the transfer holds ${both?.size} locks`);
for await (const page of pages(locks.list, { prefix: "account/" })) {
  for (const { name, label } of page.locks) {
    console.log(`${name}: ${label}`);
  }
}
