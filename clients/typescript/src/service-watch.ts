// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import { CachedWatch, Listeners } from "./cached-watch.js";
import type { ClientCore } from "./client-core.js";
import {
  Config as ConfigService,
  type Instance,
  type WatchServiceRequestSchema,
  type WatchServiceResponse,
} from "./gen/quoin/config/v1/config_pb.js";

/** The instances of a service, kept up to date in memory. Reading never waits. */
export class ServiceWatch extends CachedWatch {
  private readonly listeners: Listeners<readonly Instance[]>;
  private byName: ReadonlyMap<string, Instance> = new Map();

  /** @internal */
  constructor(core: ClientCore, request: MessageInitShape<typeof WatchServiceRequestSchema>) {
    super(core, `service "${request.service}"`);
    this.listeners = new Listeners(core, `a listener of service "${request.service}"`);
    void this.follow(ConfigService.method.watchService, request, (event) => this.take(event));
  }

  /** All instances as they are known, in order of their names. */
  get instances(): readonly Instance[] {
    return [...this.byName.values()].sort((a, b) => (a.instance < b.instance ? -1 : 1));
  }

  /** The instances that take new work: those that do not drain. */
  get serving(): readonly Instance[] {
    return this.instances.filter((one) => !one.draining);
  }

  /**
   * Has a listener told all instances after every change from now on.
   *
   * @returns what takes the listener away again
   */
  onChange(listener: (instances: readonly Instance[]) => void): () => void {
    return this.listeners.add(listener);
  }

  private take(event: WatchServiceResponse["event"]): void {
    if (event.case === "snapshot" || event.case === "changes") {
      const now = new Map(event.case === "snapshot" ? [] : this.byName);
      for (const name of event.case === "changes" ? event.value.gone : []) {
        now.delete(name);
      }
      for (const one of event.value.instances) {
        now.set(one.instance, one);
      }
      this.byName = now;
      this.listeners.tell(this.instances);
    }
  }
}
