// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Quoin, UnavailableError } from "@quoin/client";
import type { TestServer } from "@quoin/client/testing";
import { selfSigned } from "./certificate.js";
import { startServer } from "./server.js";

const { cert, key } = selfSigned();
let folder: string;
let server: TestServer;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "quoin-tls-"));
  const [certificate, privateKey] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await writeFile(certificate, cert);
  await writeFile(privateKey, key);
  const flags = ["--tls-certificate", certificate, "--tls-key", privateKey];
  server = await startServer({ flags: [...flags, "--tls-client-authorities", certificate] });
});

after(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

test("a client that shows the right certificate is served over TLS", async () => {
  const tls = { ca: cert, cert, key };
  await using quoin = Quoin.connect(server.address, { tls, deadline: "20s" });
  await using lock = await quoin.locks.hold("x");
  assert.ok(lock.isHeld);
});

test("a client that trusts others, shows nothing, or does not encrypt is not served", async () => {
  for (const tls of [true, { ca: cert }, { ca: cert, cert, key, serverName: "other" }, false]) {
    await using quoin = Quoin.connect(server.address, { tls });
    await assert.rejects(quoin.locks.get({ name: "x" }), UnavailableError, JSON.stringify(tls));
  }
});
