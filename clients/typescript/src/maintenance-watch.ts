// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { CachedWatch } from "./cached-watch.js";
import type { ClientCore } from "./client-core.js";
import { now } from "./clock.js";
import {
  Config as ConfigService,
  type Maintenance,
  type WatchMaintenanceRequestSchema,
  type WatchMaintenanceResponse,
} from "./gen/quoin/config/v1/config_pb.js";

/** Heartbeats come every 5 seconds. */
const SILENCE = 15_000;

/**
 * Whether something is under maintenance, kept up to date. While Quoin cannot be reached it is what
 * was known last; at first that is: no maintenance. One with an end ends then all the same, whatever
 * the clock of this process says.
 */
export class MaintenanceWatch extends CachedWatch {
  private maintenance: Maintenance | undefined;
  private endsAt = Number.POSITIVE_INFINITY;
  private heardAt = now();

  /** @internal */
  constructor(core: ClientCore, request: MessageInitShape<typeof WatchMaintenanceRequestSchema>) {
    super(core, `maintenance of "${request.name}"`);
    void this.follow(ConfigService.method.watchMaintenance, request, (event) => this.take(event));
  }

  /** The maintenance, if there is one now. Reading never waits. */
  current(): Maintenance | undefined {
    // Who hears the server hears of its end, too; who does not counts the time.
    const isUnheard = this.isStale || now() - this.heardAt > SILENCE;
    const isOver = isUnheard && now() >= this.endsAt;
    return this.maintenance?.on && !isOver ? this.maintenance : undefined;
  }

  private take(event: WatchMaintenanceResponse["event"]): void {
    if (event.case === "snapshot") {
      this.maintenance = event.value.maintenance;
      this.endsAt = Number.POSITIVE_INFINITY;
    }
    this.heardAt = now();
    // The end is a time of Redis, whose clock need not be ours: what counts is how far ahead it is.
    const until = this.maintenance?.until;
    if (until && this.asOf) {
      // A message that took its time, or tells an old one, makes the end seem later than it is.
      const end = now() + timestampMs(until) - this.asOf.getTime();
      this.endsAt = Math.min(this.endsAt, end);
    }
  }
}
