// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Announcement } from "./announcement.js";
import type { ClientCore } from "./client-core.js";
import { ConfigWatch } from "./config-watch.js";
import type {
  AnnounceRequestSchema,
  WatchMaintenanceRequestSchema,
  WatchRequestSchema,
  WatchServiceRequestSchema,
} from "./gen/quoin/config/v1/config_pb.js";
import { MaintenanceWatch } from "./maintenance-watch.js";
import { ServiceWatch } from "./service-watch.js";

/**
 * What the client adds to the calls of Config. What changes seldom and is read often is best
 * watched: watches keep it in memory, up to date, and have what they knew last while Quoin cannot
 * be reached.
 */
export class ConfigHelper {
  /** @internal */
  constructor(private readonly core: ClientCore) {}

  /** Keeps the components of a type in memory. */
  watch(request: MessageInitShape<typeof WatchRequestSchema>): ConfigWatch {
    return new ConfigWatch(this.core, request);
  }

  /** Keeps in memory whether something is under maintenance. */
  watchMaintenance(
    request: MessageInitShape<typeof WatchMaintenanceRequestSchema>,
  ): MaintenanceWatch {
    return new MaintenanceWatch(this.core, request);
  }

  /** Keeps the instances of a service in memory. */
  watchService(request: MessageInitShape<typeof WatchServiceRequestSchema>): ServiceWatch {
    return new ServiceWatch(this.core, request);
  }

  /** Makes an instance of a service known until the announcement is closed. */
  announce(request: MessageInitShape<typeof AnnounceRequestSchema>): Announcement {
    return new Announcement(this.core, request);
  }
}
