// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { FOLDER, JAR, ROOT } from "./server.js";
import { sharedAddress } from "./support.js";

const GUIDE = join(ROOT, "docs", "clients", "typescript.md");
const TSC = join(FOLDER, "node_modules", "typescript", "bin", "tsc");

/** Runs a program; gives what it prints. */
async function run(folder: string, program: string, ...options: string[]): Promise<string> {
  const env = { ...process.env, QUOIN_ADDRESS: await sharedAddress(), QUOIN_JAR: JAR };
  const { stdout } = await promisify(execFile)(program, options, { cwd: folder, env });
  return stdout.trim();
}

test("the package installs in an empty project and works there", async () => {
  const project = await mkdtemp(join(tmpdir(), "quoin-package-"));
  try {
    const packed = await run(FOLDER, "npm", "pack", "--json", "--pack-destination", project);
    const [{ filename, files }] = JSON.parse(packed);
    const paths: string[] = files.map((file: { path: string }) => file.path);
    for (const path of ["dist/index.js", "dist/index.d.ts", "README.md", "LICENSE"]) {
      assert.ok(paths.includes(path), path);
    }
    assert.ok(!paths.some((path) => /^(src|test|target)\//.test(path)));
    await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }');
    const guide = await readFile(GUIDE, "utf8");
    const install = /^```sh\n(npm install \S+)\n```$/m.exec(guide)?.[1];
    assert.equal(install, `npm install ./${filename}`);
    const [npm = "", ...options] = install.split(" ");
    await run(project, npm, ...options, "--no-audit", "--no-fund", "--prefer-offline");

    const first = join(FOLDER, "target", "docs", "block-01.ts");
    await copyFile(first, join(project, "first.ts"));
    const strict = ["--strict", "--module", "NodeNext", "--target", "ES2022"];
    const lib = ["--lib", "ES2022,DOM,ESNext.Disposable", "--skipLibCheck", "--types", "node"];
    const types = ["--typeRoots", join(FOLDER, "node_modules", "@types")];
    await run(project, process.execPath, TSC, ...strict, ...lib, ...types, "first.ts");
    assert.equal(await run(project, process.execPath, "first.js"), "written");
  } finally {
    await rm(project, { recursive: true, force: true });
  }
});
