// SPDX-License-Identifier: Apache-2.0
// Makes a program of every code block of the guide, in target/docs, to be compiled and run.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = readFileSync(join(folder, "..", "..", "docs", "clients", "typescript.md"), "utf8");
const target = join(folder, "target", "docs");

/** What a reader of the page has in mind. */
const HELPERS = `
async function writeReport(fence: bigint): Promise<void> {
  if (fence <= 0n) throw new Error("no fence");
}
async function lead(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
}
`;
const CONNECTED = `import { Quoin } from "@quoin/client";
await using quoin = Quoin.connect("localhost:7400");
`;

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]);
for (const [i, block] of blocks.entries()) {
  const begin = block.includes("Quoin.connect(") ? "" : CONNECTED;
  const program = `${begin}${block}${HELPERS}export {};\n`;
  writeFileSync(
    join(target, `block-${String(i + 1).padStart(2, "0")}.ts`),
    program.replaceAll('"localhost:7400"', "process.env.QUOIN_ADDRESS"),
  );
}
