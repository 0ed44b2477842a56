// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from "@bufbuild/protobuf";
import { Announcement, type AnnounceOptions } from "./announcement.js";
import { type Configuration, ConfigWatch } from "./config-watch.js";
import { type Input, init, plain } from "./convert.js";
import {
  Config as ConfigService,
  type SetMaintenanceRequest,
  SetMaintenanceRequestSchema,
} from "./gen/quoin/config/v1/config_pb.js";
import type { CallOptions, Link } from "./link.js";
import { MaintenanceWatch } from "./maintenance-watch.js";
import { type Instance, ServiceWatch } from "./service-watch.js";

/** What can be said about a change. */
export interface ChangeOptions extends CallOptions {
  /** The version the component must have; 0 when it must not exist. Any when left out. */
  expectedVersion?: bigint;
  /** Label of who makes the change, for the history: at most 256 bytes; not a credential. */
  author?: string;
}

/** How a maintenance is. */
export type NewMaintenance = Omit<Input<SetMaintenanceRequest>, "name" | "on">;

const { delete: remove, get, resolve, set, setMaintenance } = ConfigService.method;

/**
 * Configuration, maintenance and discovery.
 *
 * What changes seldom and is read often is best watched: {@link watch}, {@link watchMaintenance}
 * and {@link watchService} keep it in memory, up to date, and go on with what they knew last while
 * Quoin cannot be reached. History, Rollback and lists are on the stub `config`.
 */
export class Config {
  /** @internal */
  constructor(private readonly link: Link) {}

  /** A component of a type; undefined when it does not exist. */
  async get(
    type: string,
    component: string,
    options?: CallOptions,
  ): Promise<Configuration | undefined> {
    const { configuration } = await this.link.call(get, { type, component }, options);
    return configuration && plain(configuration);
  }

  /**
   * Gives a component a value, if it has the version that is expected. Fails with
   * `CONFIG_TYPE_FULL` when the type has no room.
   *
   * @param value JSON; numbers are doubles, so write whole ones beyond 2^53 as texts
   * @returns the version of the component; undefined when it has not the version expected
   */
  async set(
    type: string,
    component: string,
    value: JsonObject,
    { expectedVersion, author, ...options }: ChangeOptions = {},
  ): Promise<bigint | undefined> {
    const request = { type, component, value, expectedVersion, author };
    const answer = await this.link.call(set, request, options);
    return answer.stored ? answer.version : undefined;
  }

  /** Takes a component away, if it has the version that is expected. Tells whether it did. */
  async delete(
    type: string,
    component: string,
    { expectedVersion, author, ...options }: ChangeOptions = {},
  ): Promise<boolean> {
    const request = { type, component, expectedVersion, author };
    return (await this.link.call(remove, request, options)).deleted ?? false;
  }

  /** Keeps the components of a type in memory. */
  watch(type: string): ConfigWatch {
    return new ConfigWatch(this.link, type);
  }

  /** Begins or changes the maintenance of something. */
  async beginMaintenance(
    name: string,
    how: NewMaintenance = {},
    options?: CallOptions,
  ): Promise<void> {
    const request = { ...init(SetMaintenanceRequestSchema, how), name, on: true };
    await this.link.call(setMaintenance, request, options);
  }

  /** Ends the maintenance of something. */
  async endMaintenance(name: string, options?: CallOptions): Promise<void> {
    await this.link.call(setMaintenance, { name, on: false }, options);
  }

  /** Keeps in memory whether something is under maintenance. */
  watchMaintenance(name: string): MaintenanceWatch {
    return new MaintenanceWatch(this.link, name);
  }

  /**
   * Makes an instance of a service known.
   *
   * @param address where it serves, for example `host:port`
   */
  announce(service: string, address: string, options: AnnounceOptions = {}): Announcement {
    return new Announcement(this.link, service, address, options);
  }

  /** The instances of a service, draining ones included, in order of their names. */
  async resolve(service: string, options?: CallOptions): Promise<Instance[]> {
    return plain((await this.link.call(resolve, { service }, options)).instances);
  }

  /** Keeps the instances of a service in memory. */
  watchService(service: string): ServiceWatch {
    return new ServiceWatch(this.link, service);
  }
}
