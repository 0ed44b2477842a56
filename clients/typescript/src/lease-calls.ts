// SPDX-License-Identifier: Apache-2.0
import type { DescMethodStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { CallOptions } from "@connectrpc/connect";
import type { ClientCore } from "./client-core.js";
import { durationMessage } from "./durations.js";
import type { HoldResponse } from "./gen/quoin/locks/v1/locks_pb.js";
import type { Granted } from "./gen/quoin/streams/v1/streams_pb.js";

/** The RPCs of a service that grants leases; they have the same fields in all of them. */
export interface LeaseMethods {
  readonly acquire: DescMethodUnary;
  readonly renew: DescMethodUnary;
  readonly release: DescMethodUnary;
  readonly hold: DescMethodStreaming;
}

/** What was granted. */
export interface Grant {
  readonly token: string;
  readonly fence: bigint;
  readonly expireTime: Date;
}

/** What a stream that holds something says; responses to Hold of all services are alike. */
export type HoldEvent = HoldResponse["event"];

/** What is asked for under one name, and the calls that get, keep and give it back. */
export class LeaseCalls {
  /**
   * @param what it is, for people
   * @param lease in milliseconds
   * @param fields what requests have beside name and lease
   */
  constructor(
    private readonly core: ClientCore,
    private readonly methods: LeaseMethods,
    readonly what: string,
    readonly name: string,
    readonly lease: number,
    private readonly fields: object,
  ) {}

  /** How many permits; 1 of what there is one of. */
  get permits(): number {
    return (this.fields as { permits?: number }).permits ?? 1;
  }

  /** Asks for a grant, waiting for it; undefined when there is none in that time. */
  async acquire(requestId: string, wait: number, options: CallOptions): Promise<Grant | undefined> {
    const request = { ...this.request(), wait: durationMessage(wait), requestId };
    const answer = await this.core.call(this.methods.acquire, request as never, options);
    return (answer as { acquired?: boolean }).acquired ? grantOf(answer) : undefined;
  }

  /** Renews the lease and gives its new end. */
  async renew(token: string, options: CallOptions = {}): Promise<Date> {
    const request = { name: this.name, token, lease: durationMessage(this.lease) };
    return endOf(await this.core.call(this.methods.renew, request as never, options));
  }

  release(token: string, options: CallOptions): Promise<unknown> {
    return this.core.call(this.methods.release, { name: this.name, token } as never, options);
  }

  /** Gives back what was, or will be, granted for the id of a request. */
  giveUp(acquireRequestId: string, options: CallOptions): Promise<unknown> {
    const request = { name: this.name, acquireRequestId };
    return this.core.call(this.methods.release, request as never, options);
  }

  /** Opens a stream that holds it; the token is empty to ask for a new grant. */
  hold(token: string, signal: AbortSignal): AsyncIterable<HoldEvent> {
    const request = { ...this.request(), token };
    return events(this.core.stream(this.methods.hold, request as never, signal));
  }

  private request() {
    return { ...this.fields, name: this.name, lease: durationMessage(this.lease) };
  }
}

async function* events(responses: AsyncIterable<unknown>): AsyncGenerator<HoldEvent> {
  for await (const response of responses) {
    yield (response as HoldResponse).event;
  }
}

/** When a lease ends, as a message says. */
export function endOf(message: object): Date {
  const { expireTime } = message as Partial<Granted>;
  return expireTime ? timestampDate(expireTime) : new Date(0);
}

/** What was granted, as a message says. */
export function grantOf(message: object): Grant {
  const { token = "", fence = 0n } = message as Partial<Granted>;
  return { token, fence, expireTime: endOf(message) };
}
