// SPDX-License-Identifier: Apache-2.0
import { type Plain, plain } from "./convert.js";
import { Following, Listeners } from "./following.js";
import {
  Config as ConfigService,
  type Instance as InstanceMessage,
  type WatchServiceResponse,
} from "./gen/quoin/config/v1/config_pb.js";
import type { Link } from "./link.js";
import { resumed } from "./resume.js";

/** A process that serves. */
export type Instance = Plain<InstanceMessage>;

/** The instances of a service, kept up to date in memory. Reading never waits. */
export class ServiceWatch extends Following<WatchServiceResponse> {
  private readonly listeners: Listeners<readonly Instance[]>;
  private byName: ReadonlyMap<string, Instance> = new Map();
  private revision: bigint | undefined;

  /** @internal */
  constructor(
    link: Link,
    private readonly service: string,
  ) {
    super(link, `service "${service}"`);
    this.listeners = new Listeners(link, `a listener of service "${service}"`);
    this.begin();
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

  protected messages(signal: AbortSignal, broken: () => void) {
    const request = () => ({ service: this.service, revision: this.revision });
    return resumed(this.link, ConfigService.method.watchService, request, signal, broken, false);
  }

  protected take({ event }: WatchServiceResponse): void {
    if (event.case === "heartbeat") {
      this.revision = event.value.revision;
      this.told(event.value.asOf, event.value.stale);
    } else if (event.case === "snapshot" || event.case === "changes") {
      const now = new Map(event.case === "snapshot" ? [] : this.byName);
      for (const name of event.case === "changes" ? event.value.gone : []) {
        now.delete(name);
      }
      for (const one of event.value.instances) {
        now.set(one.instance, plain(one));
      }
      this.byName = now;
      this.revision = event.value.revision;
      this.told(event.value.asOf);
      this.listeners.tell(this.instances);
      if (event.case === "snapshot") {
        this.complete();
      }
    }
  }
}
