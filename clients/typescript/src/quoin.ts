// SPDX-License-Identifier: Apache-2.0
import type { DescService } from "@bufbuild/protobuf";
import type { Client, Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { addresses } from "./addresses.js";
import { guarded } from "./callbacks.js";
import { Chat } from "./chat.js";
import { Config } from "./config.js";
import { Connections } from "./connections.js";
import { Counters } from "./counters.js";
import { type Duration, milliseconds } from "./durations.js";
import { connectError } from "./failures.js";
import { serviceConfig } from "./gen/service-config.js";
import { services } from "./gen/services.js";
import { Link } from "./link.js";
import { Locks } from "./locks.js";
import { Logs } from "./logs.js";
import { Queues } from "./queues.js";
import { requestIds } from "./request-ids.js";
import { retries } from "./retries.js";
import { Semaphores } from "./semaphores.js";
import { Stats } from "./stats.js";
import type { TlsOptions } from "./tls-options.js";

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
  /** See every call, the first one outermost: for traces, or for headers of your own. */
  interceptors?: Interceptor[];
  /**
   * Told what no call can fail with: that a server or a stream is lost and when it is back, that a
   * callback fails, that something can never be sent and was dropped. One line for each change;
   * `console.warn` by default.
   */
  log?: (line: string) => void;
}

/** The generated stubs of all services, by name. */
export type Stubs = { readonly [K in keyof typeof services]: Client<(typeof services)[K]> };

/**
 * A client of Quoin. Make one per process and namespace, and close it at the end. It connects when
 * it is first needed, so a server that cannot be reached shows then.
 */
export class Quoin implements AsyncDisposable {
  /** The locks of this client's namespace. */
  readonly locks: Locks;
  /** The semaphores of this client's namespace. */
  readonly semaphores: Semaphores;
  /** The queues of this client's namespace. */
  readonly queues: Queues;
  /** The logs of this client's namespace. */
  readonly logs: Logs;
  /** Configuration, maintenance and discovery of this client's namespace. */
  readonly config: Config;
  /** The counters of this client's namespace. */
  readonly counters: Counters;
  /** The figures of this client's namespace. */
  readonly stats: Stats;
  /**
   * The generated stubs of all services, for what has no helper here. They carry the namespace,
   * the deadline, ids for safe repetition and typed errors as the helpers do. A stream ends when
   * its loop is left.
   */
  readonly stubs: Stubs;

  private readonly connections: Connections;
  private readonly link: Link;

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
      ],
    });
    const settings = { namespace, deadline: milliseconds(deadline), address, say };
    this.link = new Link(transport, settings);
    this.locks = new Locks(this.link);
    this.semaphores = new Semaphores(this.link);
    this.queues = new Queues(this.link);
    this.logs = new Logs(this.link);
    this.config = new Config(this.link);
    this.counters = new Counters(this.link);
    this.stats = new Stats(this.link);
    const stubs = Object.entries(services).map(([name, service]) => [name, this.client(service)]);
    this.stubs = Object.fromEntries(stubs) as Stubs;
  }

  /**
   * A client of the servers at an address.
   *
   * @param address `host:port`, or several such separated by commas: calls go round all of them
   *   that can be reached. The port is 7400 when left out
   * @throws TypeError when the address or a duration is none
   */
  static connect(address = "localhost:7400", options: QuoinOptions = {}): Quoin {
    return new Quoin(address, options);
  }

  /**
   * The chats of a user of this client's namespace.
   *
   * @param user who the user is; Quoin takes it at its word
   */
  chat(user: string): Chat {
    return new Chat(this.link, user);
  }

  /** The stub of a service by its generated description, see {@link stubs}. */
  client<S extends DescService>(service: S): Client<S> {
    return this.link.client(service);
  }

  /**
   * Gives back all that is held, writes what is collected, and ends the connections with every
   * call that is still open; takes no longer than the deadline of calls. Never fails: what cannot
   * be given back ends with its lease. Closing again does nothing. What is used of it afterwards
   * fails with `ClosedError`.
   */
  async close(): Promise<void> {
    await this.link.closeAll();
    this.link.end();
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
