// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { parse } from "yaml";
import { Conformance, type Step } from "./conformance.js";
import { ROOT } from "./server.js";
import { connect, connectGuarded, sharedAddress } from "./support.js";

interface Feature {
  feature: string;
  service: string;
  cases: { name: string; server?: "guarded"; token?: string; steps: Step[] }[];
}

const CASES = join(ROOT, "clients", "conformance");

before(async () => {
  await sharedAddress();
});

for (const file of readdirSync(CASES)
  .filter((name) => name.endsWith(".yaml"))
  .sort()) {
  const { feature, service, cases } = parse(readFileSync(join(CASES, file), "utf8")) as Feature;
  for (const { name, server, token, steps } of cases) {
    test(`${feature}: ${name}`, async () => {
      await using quoin = await (server ? connectGuarded(token) : connect());
      const run = new Conformance(quoin, service);
      try {
        for (const step of steps) {
          await run.run(step);
        }
      } catch (cause) {
        throw new Error(`typescript, ${file}, ${name}: ${cause}`, { cause });
      } finally {
        run.close();
      }
    });
  }
}
