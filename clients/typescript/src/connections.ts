// SPDX-License-Identifier: Apache-2.0
import { Code, ConnectError } from "@connectrpc/connect";
import type { GrpcTransportOptions } from "@connectrpc/connect-node";
import type { Address } from "./addresses.js";
import { textOf } from "./callbacks.js";
import { BACKGROUND } from "./client-core.js";
import { UnsentError } from "./retries.js";
import { type ConnectionOptions, ServerConnection } from "./server-connection.js";

const MOST_CONNECTIONS = 64;

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/**
 * An HTTP/2 connection for each address. Calls go round the servers that are connected; the
 * others are tried again in the background. A call that cannot be begun at one server is begun at
 * another one. When all connections have as many calls as the servers allow, there are more.
 */
export class Connections implements SessionManager {
  /** What the URLs of all calls begin with; it is not told to servers. */
  readonly authority: string;
  /** Those beyond one for each address are for calls the others have no room for. */
  private readonly all: ServerConnection[];
  private turn = 0;
  private closed = false;

  constructor(
    private readonly addresses: readonly Address[],
    private readonly options: ConnectionOptions,
  ) {
    this.authority = options.tls ? "https://quoin" : "http://quoin";
    this.all = addresses.map((address) => new ServerConnection(address, options));
  }

  /** Begins a call. */
  async request(...[method, path, given]: Parameters<SessionManager["request"]>) {
    const { [BACKGROUND]: background, ...headers } = given;
    const keepsAlive = background === undefined;
    let failure: unknown;
    for (let attempt = 0; attempt <= this.all.length; attempt++) {
      const connection = await this.pick();
      try {
        return connection.request({ ...headers, ":method": method, ":path": path }, keepsAlive);
      } catch (e) {
        failure = e;
      }
    }
    throw new UnsentError(textOf(failure), failure);
  }

  /** That a call brings something needs not be known: connections are probed anyway. */
  notifyResponseByteRead(): void {}

  /** Breaks all connections, and with them all calls; there are no new ones. */
  close(): void {
    this.closed = true;
    for (const connection of this.all) {
      connection.close();
    }
  }

  private async pick(): Promise<ServerConnection> {
    if (this.closed) {
      throw new ConnectError("the client is closed", Code.Unavailable);
    }
    const ready = this.all.filter((connection) => connection.isConnected && !connection.isFull);
    for (const connection of this.all.slice(0, this.addresses.length)) {
      connection.wake();
    }
    return ready[this.turn++ % ready.length] ?? (await this.first());
  }

  private async first(): Promise<ServerConnection> {
    if (this.all.every((connection) => connection.isFull) && this.all.length < MOST_CONNECTIONS) {
      const quiet = { ...this.options, say: () => {} };
      this.all.push(...this.addresses.map((address) => new ServerConnection(address, quiet)));
    }
    const free = this.all.filter((connection) => !connection.isFull);
    const open = free.length > 0 ? free : this.all;
    try {
      return await Promise.any(open.map((connection) => connection.connect()));
    } catch (e) {
      const failures: unknown[] = e instanceof AggregateError ? e.errors : [e];
      throw new UnsentError(failures.map(textOf).join("; "), failures[0]);
    }
  }
}
