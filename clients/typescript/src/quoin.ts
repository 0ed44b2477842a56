// SPDX-License-Identifier: Apache-2.0
import type { DescService } from "@bufbuild/protobuf";
import type { Client, Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { addresses } from "./addresses.js";
import { guarded } from "./callbacks.js";
import { ClientCore } from "./client-core.js";
import { Connections } from "./connections.js";
import { type Duration, milliseconds } from "./durations.js";
import { connectError } from "./failures.js";
import { serviceConfig } from "./gen/service-config.js";
import { requestIds } from "./request-ids.js";
import { retries } from "./retries.js";
import { type Services, type Stubs, servicesOf, stubsOf } from "./services.js";
import type { TlsOptions } from "./tls-options.js";
import { type Token, tokens } from "./tokens.js";

/** Settings of a {@link Quoin}. */
export interface QuoinOptions {
  /**
   * Whose data all calls are about: 1 to 63 lower-case letters, digits and inner hyphens;
   * `default` by default. Two namespaces never see each other.
   */
  namespace?: string;
  /**
   * How long a unary call may take, repetitions included; 5 s by default. The wait for a lock
   * comes on top.
   */
  deadline?: Duration;
  /**
   * How often a silent connection is probed; 10 s, which is also the least, by default. A
   * connection that does not answer within 5 s counts as broken.
   */
  keepAlive?: Duration;
  /** Encrypts the connection: `true` to trust the authorities this machine trusts. */
  tls?: boolean | TlsOptions;
  /**
   * Says who calls, to servers that want to know. It is sent as it is: encrypt the connection. One
   * that changes, such as a JWT, is given as a function, which may be asynchronous and is called
   * before every call and every stream, repeated ones included: keep the token while it is good.
   * When it fails, or gives what cannot be a token, the call fails with UNAUTHENTICATED and nothing
   * else happens; a stream that is opened again asks again.
   */
  token?: Token;
  /** See every call, the first one outermost: for traces, or for headers of your own. */
  interceptors?: Interceptor[];
  /**
   * Told what no call can fail with: that a server or a stream is lost and when it is back, that a
   * callback fails, that something can never be sent and was dropped. One line for each change;
   * `console.warn` by default.
   */
  log?: (line: string) => void;
}

/**
 * A client of Quoin. Make one per process and namespace, and close it at the end. It connects when
 * it is first needed, so a server that cannot be reached shows then.
 *
 * It has every service of the contract by its name: `quoin.locks`, `quoin.queues` … Each is the
 * generated stub, and what this package adds: `quoin.locks.get({ name })` is the RPC Get,
 * `quoin.locks.run(…)` is added. Where both have a method of one name, `quoin.locks.acquire(…)`, it
 * is the added one; the RPC is at `quoin.stubs.locks.acquire({ … })`.
 */
export interface Quoin extends Services {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor assigns all services
export class Quoin implements AsyncDisposable {
  /**
   * The generated stubs of all services and nothing else, for an RPC in whose place a helper stands.
   * As all calls, they carry the namespace, the deadline, ids for safe repetition and typed errors.
   * A stream ends when its loop is left; it is not opened again.
   */
  readonly stubs: Stubs;

  private readonly connections: Connections;
  private readonly core: ClientCore;

  private constructor(address: string, options: QuoinOptions) {
    const { namespace = "default", deadline = "5s", keepAlive = "10s", tls } = options;
    const { log = (line: string) => console.warn(line) } = options;
    const write = guarded(() => {}, "the log", log);
    const say = (line: string) => write(`quoin: ${line}`);
    this.connections = new Connections(addresses(address), {
      tls: tls === true ? {} : tls || undefined,
      say,
      keepAlive: Math.max(10_000, milliseconds(keepAlive)),
    });
    const transport = createGrpcTransport({
      baseUrl: this.connections.authority,
      sessionManager: this.connections,
      acceptCompression: [],
      interceptors: [
        ...(options.interceptors ?? []).map(survived),
        requestIds,
        retries(serviceConfig),
        ...(options.token === undefined ? [] : [tokens(options.token)]),
      ],
    });
    const settings = { namespace, deadline: milliseconds(deadline), address, say };
    this.core = new ClientCore(transport, settings);
    this.stubs = stubsOf(this.core);
    Object.assign(this, servicesOf(this.core, this.stubs));
  }

  /**
   * A client of the servers at an address.
   *
   * @param address `host:port`, or several such separated by commas: calls go round all of them
   *   that can be reached. The port is 7400 when left out
   * @throws TypeError when the address, a duration or the token is none
   */
  static connect(address = "localhost:7400", options: QuoinOptions = {}): Quoin {
    return new Quoin(address, options);
  }

  /** The stub of a service by its generated description, see {@link stubs}. */
  client<S extends DescService>(service: S): Client<S> {
    return this.core.client(service);
  }

  /**
   * Gives back all that is held, writes what is collected, and ends the connections with every
   * call that is still open; takes no longer than the deadline of calls. Never fails: what cannot
   * be given back ends with its lease. Closing again does nothing. What is used of it afterwards
   * fails with `ClosedError`.
   */
  async close(): Promise<void> {
    await this.core.closeAll();
    this.core.end();
    this.connections.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** An interceptor whose failures are errors that connect can take, whatever they are. */
function survived(interceptor: Interceptor): Interceptor {
  return (next) => {
    const call = interceptor(next);
    return async (request) => {
      try {
        return await call(request);
      } catch (e) {
        throw connectError(e);
      }
    };
  };
}
