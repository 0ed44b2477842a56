// SPDX-License-Identifier: Apache-2.0
// A server of its own for the tests, which can be killed and started again on the same ports.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const JAR = process.env.QUOIN_JAR ?? '../server/target/quoin.jar';
/** Settings of the server are flags only. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('QUOIN_')));
const START_MILLIS = 120_000;

/** A port nobody listens on. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

export class Server {
  folder = mkdtempSync(join(tmpdir(), 'quoin-console-'));
  /** @type {import('node:child_process').ChildProcess | undefined} */
  process = undefined;
  output = '';
  address = '';
  /** @type {string[]} */
  flags = [];

  /** @param {string[]} flags */
  async start(...flags) {
    const [port, http] = [await freePort(), await freePort()];
    this.flags = ['--port', `${port}`, '--http-port', `${http}`, '--metrics-port', '0', '--data', join(this.folder, 'data'), '--redis-program', 'carried', ...flags];
    this.address = `http://127.0.0.1:${http}/`;
    await this.again();
  }

  /** Starts it where it was. */
  async again() {
    const child = spawn('java', ['-jar', JAR, 'serve', ...this.flags], { stdio: ['ignore', 'pipe', 'pipe'], env: ENVIRONMENT });
    this.process = child;
    child.stdout.on('data', (/** @type {Buffer} */ text) => { this.output += text; });
    child.stderr.on('data', (/** @type {Buffer} */ text) => { this.output += text; });
    const end = Date.now() + START_MILLIS;
    while (Date.now() < end && child.exitCode === null) {
      const answer = await fetch(`${this.address}readyz`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((done) => setTimeout(done, 200));
    }
    throw new Error(`the server does not start:\n${this.output}`);
  }

  /** @param {'SIGKILL' | 'SIGTERM'} signal */
  async stop(signal) {
    const child = this.process;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
  }

  async close() {
    await this.stop('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Writes a file of its own. @param {string} name @param {string} content */
  file(name, content) {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /**
   * Calls an RPC as any other client does.
   * @param {string} method @param {object} [request] @param {string} [namespace]
   * @returns {Promise<any>}
   */
  async call(method, request = {}, namespace = 'default') {
    const response = await fetch(`${this.address}quoin.${method}`, {
      method: 'POST', headers: { 'content-type': 'application/json', 'quoin-namespace': namespace }, body: JSON.stringify(request),
    });
    const reply = await response.json();
    if (!response.ok) throw new Error(`${method}: ${JSON.stringify(reply)}`);
    return reply;
  }

  /** Begins a stream and leaves it open. @param {string} method @param {object} request @returns {() => void} ends it */
  open(method, request) {
    const ends = new AbortController();
    const message = Buffer.from(JSON.stringify(request));
    const body = Buffer.alloc(5 + message.length);
    body.writeUInt32BE(message.length, 1);
    message.copy(body, 5);
    fetch(`${this.address}quoin.${method}`, { method: 'POST', headers: { 'content-type': 'application/grpc-web+json' }, body, signal: ends.signal })
      .then(async (response) => { for await (const _ of /** @type {any} */ (response.body)); })
      .catch(() => {});
    return () => ends.abort();
  }
}
