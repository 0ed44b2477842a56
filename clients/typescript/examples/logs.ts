// SPDX-License-Identifier: Apache-2.0
import { Quoin, Severity } from "@quoin/client";

/** A shop logs; somebody watches its errors and asks what is wrong most often. */
await using quoin = Quoin.connect(process.argv[2]);
const { logs } = quoin;

{
  await using writer = logs.writer("shop");
  writer.log(Severity.INFO, "open");
  for (const order of ["17", "42"]) {
    writer.write({
      severity: Severity.ERROR,
      text: `order ${order} cannot be paid`,
      template: "order {} cannot be paid",
      fields: { order },
    });
  }
}

let seen = 0;
for await (const event of logs.tail("shop", { minimumSeverity: Severity.ERROR, last: 100 })) {
  if (event.case === "entry") {
    console.log(`${event.log} reports: ${event.entry.text}`);
    if (++seen === 2) {
      break;
    }
  }
}
for (const { count, text } of (await logs.common("shop", Severity.ERROR)).messages) {
  console.log(`${count} x ${text}`);
}
