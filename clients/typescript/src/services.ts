// SPDX-License-Identifier: Apache-2.0
import type { Client } from "@connectrpc/connect";
import { ChatHelper } from "./chat.js";
import type { ClientCore } from "./client-core.js";
import { ConfigHelper } from "./config.js";
import { CountersHelper } from "./counters.js";
import { services } from "./gen/services.js";
import { LocksHelper } from "./locks.js";
import { LogsHelper } from "./logs.js";
import { QueuesHelper } from "./queues.js";
import { SemaphoresHelper } from "./semaphores.js";
import { StatsHelper } from "./stats.js";

/** The services for which the client adds something to the calls: what keeps state over time. */
const helpers = {
  chat: ChatHelper,
  config: ConfigHelper,
  counters: CountersHelper,
  locks: LocksHelper,
  logs: LogsHelper,
  queues: QueuesHelper,
  semaphores: SemaphoresHelper,
  stats: StatsHelper,
};

type All = typeof services;
type Helpers = { readonly [K in keyof typeof helpers]: InstanceType<(typeof helpers)[K]> };

/** The generated stubs of all services, by name. */
export type Stubs = { readonly [K in keyof All]: Client<All[K]> };

/**
 * Every service by name: its stub and, where the client adds something, the helper. A method of the
 * helper stands in place of the RPC of that name.
 */
export type Services = {
  readonly [K in keyof All]: K extends keyof Helpers
    ? Helpers[K] & Omit<Stubs[K], keyof Helpers[K]>
    : Stubs[K];
};

/** The stubs of all services. */
export function stubsOf(core: ClientCore): Stubs {
  const stubs = Object.entries(services).map(([name, service]) => [name, core.client(service)]);
  return Object.fromEntries(stubs);
}

/** The stubs with the helpers in them. */
export function servicesOf(core: ClientCore, stubs: Stubs): Services {
  const all: Record<string, object> = { ...stubs };
  for (const [name, Helper] of Object.entries(helpers)) {
    const helper = new Helper(core);
    const calls = Object.entries(all[name] ?? {}).filter(([rpc]) => !(rpc in helper));
    all[name] = Object.assign(helper, Object.fromEntries(calls));
  }
  return all as Services;
}
