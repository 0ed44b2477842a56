// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { TestServer } from "@quoin/client/testing";
import { FOLDER, JAR, ROOT, startServer } from "./server.js";

const BLOCKS = join(FOLDER, "target", "test", "docs");
const GUIDE = join(ROOT, "docs", "clients", "typescript.md");
const TSC = join(FOLDER, "node_modules", "typescript", "bin", "tsc");
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
  "block-07.js": /^DONE cat-small.jpg$/,
  "block-08.js": /^ann hi Bob\nanother process goes on from \S+$/,
  "block-09.js": /^order 17 cannot be paid$/,
  "block-11.js": /field: 'name'/,
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

test("the guide, the README and that of all languages begin with the same lines", () => {
  const [guide, readme, all] = [
    GUIDE,
    join(FOLDER, "README.md"),
    join(FOLDER, "..", "..", "README.md"),
  ].map((page) => FIRST.exec(readFileSync(page, "utf8"))?.[1]);
  assert.ok(guide);
  assert.equal(readme, guide);
  assert.equal(all, guide);
});

/** Uses all of the package's modules. */
const STRICT = `
import { duration, type Lock, pages, Quoin, type Services } from "@quoin/client";
import { type GetResponse, TaskState } from "@quoin/client/proto/queues";
import { TestServer } from "@quoin/client/testing";
export async function lock(server: TestServer): Promise<Lock | undefined> {
  await using quoin = Quoin.connect(server.address, { tls: { ca: "PEM" } });
  quoin.queues.work({ queues: [TaskState[TaskState.READY]], handlers: { x: (task) => task.text } });
  return first(quoin.locks);
}
async function first(locks: Services["locks"]): Promise<Lock | undefined> {
  for await (const { locks: page, nextPageToken } of pages(locks.list, { prefix: "a" })) {
    const names: string[] = page.map(({ name }) => \`\${name} \${nextPageToken}\`);
    const { held }: { held?: boolean | undefined } = await locks.get({ name: names[0] ?? "" });
    return held ? undefined : locks.acquire("x", { lease: "30s" });
  }
  // @ts-expect-error the helper stands in place of the RPC
  return locks.acquire({ name: "x" });
}
export async function task(quoin: Quoin): Promise<GetResponse> {
  // @ts-expect-error there is no such field
  await quoin.counters.get({ name: "x", accuracy: duration("1d") });
  const { acquired }: { acquired?: boolean | undefined } = await quoin.stubs.locks.acquire({ name: "x" });
  return quoin.queues.get({ queue: "x", taskId: String(acquired) }, { timeoutMs: 5 });
}
`;

/** Runs a program; gives what it prints. */
async function run(folder: string, program: string, ...options: string[]): Promise<string> {
  const env = {
    ...process.env,
    QUOIN: ROOT,
    QUOIN_ADDRESS: server.address,
    QUOIN_JAR: JAR,
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_prefer_offline: "true",
  };
  const { stdout } = await promisify(execFile)(program, options, { cwd: folder, env });
  return stdout.trim();
}

test("the package installs in an empty project and works there", async () => {
  const project = await mkdtemp(join(tmpdir(), "quoin-package-"));
  try {
    await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }');
    const guide = await readFile(GUIDE, "utf8");
    const install = /^```sh\n(npm pack .*?)^```$/ms.exec(guide)?.[1];
    assert.ok(install);
    await run(project, "sh", "-e", "-c", install);
    const installed = join(project, "node_modules", "@quoin", "client");
    assert.deepEqual(readdirSync(installed).sort(), [
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
    ]);
    assert.ok(readdirSync(join(installed, "dist")).includes("index.d.ts"));
    await copyFile(join(FOLDER, "target", "docs", "block-01.ts"), join(project, "first.ts"));
    await writeFile(join(project, "strict.ts"), STRICT);
    const strict = ["--strict", "--exactOptionalPropertyTypes", "--module", "NodeNext"];
    const node = ["--types", "node", "--typeRoots", join(FOLDER, "node_modules", "@types")];
    for (const lib of [["ES2020"], ["ES2022"], ["ES2022,DOM"], ["ES2022", ...node]]) {
      const options = ["--target", "ES2022", "--lib", ...lib];
      await run(project, process.execPath, TSC, ...strict, ...options, "strict.ts");
    }
    const lib = ["--target", "ES2022", "--lib", "ES2022", ...node];
    await run(project, process.execPath, TSC, ...strict, ...lib, "first.ts");
    assert.equal(await run(project, process.execPath, "first.js"), "written");
  } finally {
    await rm(project, { recursive: true, force: true });
  }
});
