// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TestServer, type TestServerOptions } from "@quoin/client/testing";

/** The folder clients/typescript. */
export const FOLDER = folder(dirname(fileURLToPath(import.meta.url)));
/** The root of the repository. */
export const ROOT = join(FOLDER, "..", "..");
/** The server's jar. */
export const JAR = process.env.QUOIN_JAR ?? join(ROOT, "server", "target", "quoin.jar");

function folder(within: string): string {
  return existsSync(join(within, "package.json")) ? within : folder(dirname(within));
}

/** A server for one test, or for all of a file. */
export function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  return TestServer.start({ jar: JAR, ...options });
}

/** A server for all tests. Lines are short, so that tests can fill them. */
export function startSharedServer(): Promise<TestServer> {
  return startServer({
    flags: [
      "--max-waiters",
      "30",
      "--max-calls-per-connection",
      "2000",
      "--social-max-following",
      "5",
    ],
  });
}

/** A server that wants to know who calls. */
export function startGuardedServer(): Promise<TestServer> {
  const flags = ["tokens", "policy", "quotas"].flatMap((setting) => [
    `--${setting}`,
    join(ROOT, "clients", "conformance", "guarded", `${setting}.yaml`),
  ]);
  return startServer({ flags });
}
