// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import { CachedWatch, Listeners } from "./cached-watch.js";
import type { ClientCore } from "./client-core.js";
import {
  Config as ConfigService,
  type Configuration,
  type WatchRequestSchema,
  type WatchResponse,
} from "./gen/quoin/config/v1/config_pb.js";

/** The components of a type, kept up to date in memory. Reading never waits. */
export class ConfigWatch extends CachedWatch {
  private readonly listeners: Listeners<Configuration>;
  private components: ReadonlyMap<string, Configuration> = new Map();

  /** @internal */
  constructor(core: ClientCore, request: MessageInitShape<typeof WatchRequestSchema>) {
    super(core, `config type "${request.type}"`);
    this.listeners = new Listeners(core, `a listener of config type "${request.type}"`);
    void this.follow(ConfigService.method.watch, request, (event) => this.take(event));
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
   * Has a listener told every component that comes, changes or goes (a `deletion`), from now on;
   * not those that are known already.
   *
   * @returns what takes the listener away again
   */
  onChange(listener: (changed: Configuration) => void): () => void {
    return this.listeners.add(listener);
  }

  private take(event: WatchResponse["event"]): void {
    if (event.case === "snapshot") {
      this.tell(this.replace(event.value.configurations));
    } else if (event.case === "changes") {
      const now = new Map(this.components);
      for (const one of event.value.configurations) {
        if (one.deletion) {
          now.delete(one.component);
        } else {
          now.set(one.component, one);
        }
      }
      this.components = now;
      this.tell(event.value.configurations);
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
      ...gone.map(({ value, ...one }) => ({ ...one, deletion: true })),
    ];
  }

  private tell(changed: Configuration[]): void {
    for (const one of changed) {
      this.listeners.tell(one);
    }
  }
}
