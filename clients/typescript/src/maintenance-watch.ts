// SPDX-License-Identifier: Apache-2.0
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { now } from "./clock.js";
import { type Plain, plain } from "./convert.js";
import { Following } from "./following.js";
import {
  Config as ConfigService,
  type Maintenance as MaintenanceMessage,
  type WatchMaintenanceResponse,
} from "./gen/quoin/config/v1/config_pb.js";
import type { Link } from "./link.js";
import { resumed } from "./resume.js";

/** Whether something is under maintenance. */
export type Maintenance = Plain<MaintenanceMessage>;

/** Heartbeats come every 5 seconds. */
const SILENCE = 15_000;

/**
 * Whether something is under maintenance, kept up to date. While Quoin cannot be reached it goes on
 * with what it knew last; at first that is: no maintenance. One with an end ends then all the same,
 * whatever the clock of this process says.
 */
export class MaintenanceWatch extends Following<WatchMaintenanceResponse> {
  private maintenance: MaintenanceMessage | undefined;
  private endsAt = Number.POSITIVE_INFINITY;
  private heardAt = now();

  /** @internal */
  constructor(
    link: Link,
    private readonly name: string,
  ) {
    super(link, `maintenance of "${name}"`);
    this.begin();
  }

  /** The maintenance, if there is one now. Reading never waits. */
  current(): Maintenance | undefined {
    // Who hears the server hears of its end, too; who does not counts the time.
    const isUnheard = this.isStale || now() - this.heardAt > SILENCE;
    const isOver = isUnheard && now() >= this.endsAt;
    return this.maintenance?.on && !isOver ? plain(this.maintenance) : undefined;
  }

  protected messages(signal: AbortSignal, broken: () => void) {
    const request = () => ({ name: this.name });
    return resumed(
      this.link,
      ConfigService.method.watchMaintenance,
      request,
      signal,
      broken,
      false,
    );
  }

  protected take({ event }: WatchMaintenanceResponse): void {
    if (event.case === "state") {
      this.maintenance = event.value.maintenance;
      this.endsAt = Number.POSITIVE_INFINITY;
      this.hear(event.value.asOf);
      this.told(event.value.asOf);
      this.complete();
    } else if (event.case === "heartbeat") {
      this.hear(event.value.asOf);
      this.told(event.value.asOf, event.value.stale);
    }
  }

  /** Its end is a time of Redis, whose clock need not be ours: what counts is how far ahead it is. */
  private hear(asOf: Timestamp | undefined): void {
    this.heardAt = now();
    const until = this.maintenance?.until;
    if (until && asOf) {
      // A message that took its time, or tells an old one, makes the end seem later than it is.
      const end = now() + timestampMs(until) - timestampMs(asOf);
      this.endsAt = Math.min(this.endsAt, end);
    }
  }
}
