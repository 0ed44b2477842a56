// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startSharedServer } from "./server.js";

// Runs all tests against one server.
const here = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(here).filter((name) => name.endsWith(".test.js"));
const server = await startSharedServer();
const tests = spawn(
  process.execPath,
  [
    "--test",
    "--test-concurrency=2",
    "--test-timeout=300000",
    ...files.map((name) => join(here, name)),
  ],
  { stdio: "inherit", env: { ...process.env, QUOIN_ADDRESS: server.address } },
);
const [code] = await once(tests, "exit");
await server.close();
process.exitCode = code ?? 1;
