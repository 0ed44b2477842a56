// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { TestServer } from "@quoin/client/testing";
import { FOLDER, JAR, ROOT, startServer } from "./server.js";

const BLOCKS = join(FOLDER, "target", "test", "docs");
const GUIDE = join(ROOT, "docs", "clients", "typescript.md");
const FIRST = /^```ts\n(.*?)^```$/ms;

// The guide and the examples tell the same stories: they need servers of their own.
let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.close());

/** What some blocks print. */
const PRINTS: Record<string, RegExp> = {
  "block-01.js": /^written$/,
  "block-06.js": /^DONE cat-small.jpg$/,
  "block-07.js": /^ann hi Bob\nanother process goes on from \S+$/,
  "block-08.js": /^order 17 cannot be paid$/,
  "block-10.js": /field: 'name'/,
  "block-13.js": /^true$/,
};

for (const block of readdirSync(BLOCKS).filter((name) => name.endsWith(".js"))) {
  test(`${block} of the guide runs`, async () => {
    const env = { ...process.env, QUOIN_ADDRESS: server.address, QUOIN_JAR: JAR };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(BLOCKS, block)], {
      env,
      timeout: 90_000,
    });
    assert.equal(stderr, "");
    assert.match(stdout.trimEnd(), PRINTS[block] ?? /^/);
  });
}

test("the guide and the README begin with the same lines", () => {
  const [guide, readme] = [GUIDE, join(FOLDER, "README.md")].map(
    (page) => FIRST.exec(readFileSync(page, "utf8"))?.[1],
  );
  assert.ok(guide);
  assert.equal(readme, guide);
});
