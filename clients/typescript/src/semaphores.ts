// SPDX-License-Identifier: Apache-2.0
import type { ClientCore } from "./client-core.js";
import { Semaphores as SemaphoresService } from "./gen/quoin/semaphores/v1/semaphores_pb.js";
import type { LeaseHandle } from "./lease-handle.js";
import { LeaseHelper, type LeaseOptions } from "./lease-helper.js";

/** How to hold permits. */
export interface PermitOptions extends LeaseOptions {
  /** How many permits: 1, the default, to 1,000,000. */
  permits?: number;
  /** Limit of the semaphore in case nobody has configured it: 1 to 1,000,000. */
  limit?: number;
}

/** Permits of a semaphore; all of them are renewed, lost and given back together. */
export type Permits = LeaseHandle;

/** What the client adds to the calls of Semaphores. */
export class SemaphoresHelper extends LeaseHelper<PermitOptions> {
  /** @internal */
  constructor(core: ClientCore) {
    super(core, SemaphoresService.method, "permits of");
  }

  /** @internal */
  protected override fields({ permits = 1, limit }: PermitOptions) {
    return { permits, limit };
  }
}
