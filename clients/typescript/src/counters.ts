// SPDX-License-Identifier: Apache-2.0
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClientCore } from "./client-core.js";
import { CounterRecorder } from "./counter-recorder.js";
import type { Duration } from "./durations.js";
import {
  Counters as CountersService,
  type WatchRequestSchema,
  type WatchResponse,
} from "./gen/quoin/counters/v1/counters_pb.js";
import { messagesOf, ResumableStream, type StreamOptions } from "./resumable-stream.js";

/** What the client adds to the calls of Counters. */
export class CountersHelper {
  /** @internal */
  constructor(private readonly core: ClientCore) {}

  /** Counts in this process and sends the sums once in a period. */
  recorder(period: Duration = "1s"): CounterRecorder {
    return new CounterRecorder(this.core, period);
  }

  /**
   * Follows a counter: its slices of time at once and after every change, whatever happens to
   * connections and servers; a slow reader gets the newest.
   */
  watch(
    request: MessageInitShape<typeof WatchRequestSchema>,
    options?: StreamOptions,
  ): ResumableStream<WatchResponse> {
    const events = messagesOf(CountersService.method.watch);
    return ResumableStream.open(this.core, events, request, options);
  }
}
