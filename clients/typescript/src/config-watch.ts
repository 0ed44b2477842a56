// SPDX-License-Identifier: Apache-2.0
import { type Plain, plain } from "./convert.js";
import { Following, Listeners } from "./following.js";
import {
  Config as ConfigService,
  type Configuration as ConfigurationMessage,
  type WatchResponse,
} from "./gen/quoin/config/v1/config_pb.js";
import type { Link } from "./link.js";
import { resumed } from "./resume.js";

/** The value of a component at one version. */
export type Configuration = Plain<ConfigurationMessage>;

/** The components of a type, kept up to date in memory. Reading never waits. */
export class ConfigWatch extends Following<WatchResponse> {
  private readonly listeners: Listeners<Configuration>;
  private components: ReadonlyMap<string, Configuration> = new Map();
  private revision: bigint | undefined;

  /** @internal */
  constructor(
    link: Link,
    private readonly type: string,
  ) {
    super(link, `config type "${type}"`);
    this.listeners = new Listeners(link, `a listener of config type "${type}"`);
    this.begin();
  }

  /** A component as it is known; undefined when there is none or nothing is known yet. */
  get(component: string): Configuration | undefined {
    return this.components.get(component);
  }

  /** All components as they are known, by name. Does not change any more. */
  all(): ReadonlyMap<string, Configuration> {
    return this.components;
  }

  /**
   * Has a listener told every component that comes, changes or goes (`deleted`), from now on; not
   * those that are known already.
   *
   * @returns what takes the listener away again
   */
  onChange(listener: (changed: Configuration) => void): () => void {
    return this.listeners.add(listener);
  }

  protected messages(signal: AbortSignal, broken: () => void) {
    const request = () => ({ type: this.type, revision: this.revision });
    return resumed(this.link, ConfigService.method.watch, request, signal, broken, false);
  }

  protected take({ event }: WatchResponse): void {
    switch (event.case) {
      case "snapshot": {
        const now = event.value.configurations.map((one) => plain(one));
        const changed = this.replace(now);
        this.at(event.value);
        this.tell(changed);
        this.complete();
        break;
      }
      case "changes": {
        const changed = event.value.configurations.map((one) => plain(one));
        const now = new Map(this.components);
        for (const one of changed) {
          if (one.deleted) {
            now.delete(one.component);
          } else {
            now.set(one.component, one);
          }
        }
        this.components = now;
        this.at(event.value);
        this.tell(changed);
        break;
      }
      case "heartbeat":
        this.at(event.value);
        break;
    }
  }

  /** Forgets what was known; gives what is not as it was. */
  private replace(all: Configuration[]): Configuration[] {
    const before = this.components;
    const now = new Map(all.map((one) => [one.component, one]));
    this.components = now;
    const gone = [...before.values()].filter((one) => !now.has(one.component));
    return [
      ...all.filter((one) => before.get(one.component)?.version !== one.version),
      ...gone.map((one) => ({ ...one, value: undefined, deleted: true })),
    ];
  }

  private at({ revision, asOf, ...rest }: At): void {
    this.revision = revision;
    this.told(asOf, "stale" in rest && rest.stale);
  }

  private tell(changed: Configuration[]): void {
    for (const one of changed) {
      this.listeners.tell(one);
    }
  }
}

type At = Extract<WatchResponse["event"], { case: "snapshot" | "changes" | "heartbeat" }>["value"];
