// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ClientCore } from "./client-core.js";
import { ClosedError, type QuoinError } from "./errors.js";
import { quoinError } from "./failures.js";
import {
  type AnnounceRequestSchema,
  Config as ConfigService,
} from "./gen/quoin/config/v1/config_pb.js";
import { reopened } from "./resumable-stream.js";

type Announced = MessageInitShape<typeof AnnounceRequestSchema>;

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
    private readonly core: ClientCore,
    private readonly request: Announced,
  ) {
    this.instance = request.instance || randomUUID();
    this.draining = request.draining ?? false;
    core.opened(this, () => this.close());
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
    this.core.closed(this);
    this.call.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private announce(before?: AnnounceCall): AnnounceCall {
    const { instance, draining } = this;
    const request = { ...this.request, instance, draining };
    const call = new AnnounceCall(this.core, request, before);
    void call.run().then((isReplaced) => {
      if (isReplaced && call === this.call) {
        this.replaced = true;
        this.core.closed(this);
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
    private readonly core: ClientCore,
    private readonly request: Announced,
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
      for await (const { event } of reopened(this.core, announce, () => this.request, signal)) {
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
      this.core.say(`"${instance}" of "${service}" is not announced: ${failure.message}`);
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
