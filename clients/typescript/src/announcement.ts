// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { type Input, init } from "./convert.js";
import { ClosedError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import {
  type AnnounceRequest,
  AnnounceRequestSchema,
  Config as ConfigService,
} from "./gen/quoin/config/v1/config_pb.js";
import type { Link } from "./link.js";
import { resumed } from "./resume.js";

/** What can be said about an instance besides its address. */
export type AnnounceOptions = Pick<
  Input<AnnounceRequest>,
  "instance" | "metadata" | "draining" | "lease"
>;

/**
 * An instance of a service that is known as long as this object is open, whichever server has the
 * call. It is announced again when a server goes away; within its lease nobody sees a difference.
 */
export class Announcement implements AsyncDisposable {
  /** Name of the instance. */
  readonly instance: string;

  private call: AnnounceCall;
  private draining: boolean;
  private replaced = false;

  /** @internal */
  constructor(
    private readonly link: Link,
    private readonly service: string,
    private readonly address: string,
    private readonly options: AnnounceOptions,
  ) {
    this.instance = options.instance || randomUUID();
    this.draining = options.draining ?? false;
    link.opened(this, () => this.close());
    this.call = this.announce();
  }

  /**
   * Fulfilled as soon as the instance is known as it was last announced; fails with
   * `InvalidRequestError` when it cannot be, and with `ClosedError` when it is closed before.
   */
  get ready(): Promise<void> {
    return this.call.known;
  }

  /** Whether somebody else announced an instance of the same name; this one is over then. */
  get isReplaced(): boolean {
    return this.replaced;
  }

  /** Says that the instance is about to go; it stays known until it is closed. */
  drain(): Promise<void> {
    if (!this.draining) {
      this.draining = true;
      // The new call takes the instance over from the one before, which ends only then.
      this.call = this.announce(this.call);
    }
    return this.ready;
  }

  /** Takes the instance away. */
  async close(): Promise<void> {
    this.link.closed(this);
    this.call.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private announce(before?: AnnounceCall): AnnounceCall {
    const { service, address, instance, draining } = this;
    const said = { ...this.options, service, address, instance, draining };
    const call = new AnnounceCall(this.link, init(AnnounceRequestSchema, said), before);
    void call.run().then((isReplaced) => {
      if (isReplaced && call === this.call) {
        this.replaced = true;
        this.link.closed(this);
      }
    });
    return call;
  }
}

/** The calls for an instance as it was announced once. */
class AnnounceCall {
  readonly known: Promise<void>;
  private readonly cancelled = new AbortController();
  private resolve: () => void = () => {};
  private reject: (failure: QuoinError) => void = () => {};

  constructor(
    private readonly link: Link,
    private readonly request: ReturnType<typeof init<typeof AnnounceRequestSchema>>,
    private readonly before: AnnounceCall | undefined,
  ) {
    this.known = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.known.catch(() => {
      // Who wants to know waits for it.
    });
  }

  /** Announces until it is ended; tells whether somebody else took the instance over. */
  async run(): Promise<boolean> {
    const { announce } = ConfigService.method;
    const { signal } = this.cancelled;
    try {
      for await (const { event } of resumed(this.link, announce, () => this.request, signal)) {
        if (event.case === "announced") {
          this.before?.end();
          this.resolve();
        } else if (event.case === "replaced") {
          return true;
        }
      }
    } catch (e) {
      const failure = quoinError(e);
      const { service, instance } = this.request;
      this.link.say(`"${instance}" of "${service}" is not announced: ${failure.message}`);
      this.reject(failure);
    }
    return false;
  }

  end(): void {
    this.before?.end();
    this.cancelled.abort();
    this.reject(new ClosedError("it was closed"));
  }
}
