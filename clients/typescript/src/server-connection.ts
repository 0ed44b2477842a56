// SPDX-License-Identifier: Apache-2.0
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import { type Address, authority } from "./addresses.js";
import { textOf } from "./callbacks.js";
import { Backoff, now } from "./clock.js";
import { socket } from "./sockets.js";
import type { TlsOptions } from "./tls-options.js";

/** How connections are made and kept. */
export interface ConnectionOptions {
  readonly tls: TlsOptions | undefined;
  /** How often a connection is probed, in milliseconds. */
  readonly keepAlive: number;
  /** Told when a server cannot be reached any more, and when it can again. */
  readonly say: (line: string) => void;
}

const PROBE_MILLIS = 5_000;
const WINDOW_BYTES = 1 << 20;

/** The HTTP/2 connection to one server, made when needed and made again when it broke. */
export class ServerConnection {
  private readonly backoff = new Backoff();
  private session: ClientHttp2Session | undefined;
  private connecting: Promise<void> | undefined;
  private again = 0;
  private isAway = false;
  private closed = false;

  constructor(
    private readonly address: Address,
    private readonly options: ConnectionOptions,
  ) {}

  get isConnected(): boolean {
    return this.session !== undefined;
  }

  /** Whether the server lets this connection have no more calls: Node would hold them back. */
  get isFull(): boolean {
    const { session } = this;
    const most = session?.remoteSettings?.maxConcurrentStreams ?? Number.POSITIVE_INFINITY;
    return session !== undefined && (calls.get(session) ?? 0) >= most;
  }

  /** Connects if it is not; fails when it cannot. */
  async connect(): Promise<this> {
    if (!this.session) {
      this.connecting ??= this.open().finally(() => {
        this.connecting = undefined;
      });
      await this.connecting;
    }
    return this;
  }

  /** Connects in the background, but not again and again. */
  wake(): void {
    if (!this.session && !this.connecting && now() >= this.again) {
      this.connect().catch(() => {
        // It is tried again later; calls go to other servers meanwhile.
      });
    }
  }

  /**
   * Begins a call; throws when the connection is not there any more.
   *
   * @param keepsAlive whether the process does not end while the call is open
   */
  request(headers: OutgoingHttpHeaders, keepsAlive: boolean): ClientHttp2Stream {
    const session = this.session;
    if (!session) {
      throw broken(this.address, "the connection broke");
    }
    const stream = session.request(headers);
    calls.set(session, (calls.get(session) ?? 0) + 1);
    stream.once("close", () => calls.set(session, (calls.get(session) ?? 1) - 1));
    if (!keepsAlive) {
      return stream;
    }
    // An idle connection does not keep the process alive.
    session.ref();
    const open = (streams.get(session) ?? 0) + 1;
    streams.set(session, open);
    stream.once("close", () => {
      const left = (streams.get(session) ?? 1) - 1;
      streams.set(session, left);
      if (left === 0) {
        session.unref();
      }
    });
    return stream;
  }

  /** Breaks the connection and makes no other. */
  close(): void {
    this.closed = true;
    this.session?.destroy();
  }

  private async open(): Promise<void> {
    try {
      const session = await this.begin();
      if (this.closed) {
        session.destroy();
        throw broken(this.address, "the client is closed");
      }
      this.session = session;
      this.backoff.reset();
      this.back();
    } catch (e) {
      this.again = now() + this.backoff.next();
      this.away(`cannot be reached: ${textOf(e)}`);
      throw e;
    }
  }

  private away(what: string): void {
    if (!this.isAway && !this.closed) {
      this.isAway = true;
      this.options.say(`${authority(this.address)} ${what}`);
    }
  }

  private back(): void {
    if (this.isAway) {
      this.isAway = false;
      this.options.say(`${authority(this.address)} is reached again`);
    }
  }

  private begin(): Promise<ClientHttp2Session> {
    const { tls, keepAlive } = this.options;
    const session = connect(`${tls ? "https" : "http"}://${authority(this.address)}`, {
      createConnection: () => socket(this.address, tls),
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    });
    const probe = setInterval(() => ping(session, this.address), keepAlive).unref();
    const forget = () => {
      const isOurs = this.session === session;
      if (isOurs) {
        this.session = undefined;
      }
      return isOurs;
    };
    let failure: unknown;
    session.once("close", () => {
      clearInterval(probe);
      if (forget()) {
        this.away(failure === undefined ? "ended the connection" : `is lost: ${textOf(failure)}`);
      }
    });
    // Calls that are open go on to their end, new ones go to another connection.
    session.once("goaway", forget);
    return new Promise((resolve, reject) => {
      session.on("error", (e) => {
        failure = e;
        reject(e);
      });
      session.once("close", () => reject(broken(this.address, "the connection broke")));
      session.once("connect", () => {
        session.unref();
        resolve(session);
      });
    });
  }
}

/** How many calls are open. */
const calls = new WeakMap<ClientHttp2Session, number>();

/** How many of them keep the process alive. */
const streams = new WeakMap<ClientHttp2Session, number>();

/** A connection that does not answer in time is broken. */
function ping(session: ClientHttp2Session, address: Address): void {
  if (session.destroyed || session.connecting) {
    return;
  }
  const alarm = setTimeout(() => {
    session.destroy(broken(address, "the server does not answer any more"));
  }, PROBE_MILLIS).unref();
  session.ping(() => clearTimeout(alarm));
}

function broken(address: Address, text: string): Error {
  return Object.assign(new Error(`${authority(address)}: ${text}`), { code: "ETIMEDOUT" });
}
