// SPDX-License-Identifier: Apache-2.0
import { now } from "./clock.js";
import { type Plain, plain } from "./convert.js";
import { type Duration, durationMessage, milliseconds } from "./durations.js";
import {
  type AcquireResponse,
  type GetResponse,
  type ListResponse_Semaphore,
  Semaphores as SemaphoresService,
} from "./gen/quoin/semaphores/v1/semaphores_pb.js";
import { HoldCall } from "./hold-call.js";
import { grantOf } from "./hold-events.js";
import { keep } from "./lease-renewal.js";
import { acquiring } from "./leases.js";
import type { CallOptions, Link } from "./link.js";
import { pages } from "./pages.js";
import { PermitCalls } from "./permit-calls.js";
import type { Owned } from "./possession.js";

/** Permits of a semaphore; all of them are renewed, lost and given back together. */
export interface Permits extends Owned {
  /** How many. */
  readonly permits: number;
}

/** A semaphore and the first 100 of its holders, at one moment. */
export type SemaphoreState = Omit<Plain<GetResponse>, "nextPageToken">;

/** A semaphore in a list. */
export type SemaphoreEntry = Plain<ListResponse_Semaphore>;

/** How to hold permits. */
export interface PermitHoldOptions {
  /** How many permits: 1, the default, to 1,000,000. */
  permits?: number;
  /**
   * How long they stay held when nothing renews them any more: 100 ms to 24 h, 10 s by default.
   */
  lease?: Duration;
  /** Label that others see while they are held: at most 256 bytes; not a credential. */
  holder?: string;
  /** Limit of the semaphore in case nobody has configured it: 1 to 1,000,000. */
  limit?: number;
  /** Ends the waiting when it is aborted; what was won at that moment is given back. */
  signal?: AbortSignal;
  /** Told the place in line by `hold`, 1 being the next to be served, whenever it changes. */
  onWaiting?: (position: number) => void;
}

/** How to acquire permits. */
export interface PermitOptions extends Omit<PermitHoldOptions, "onWaiting"> {
  /** How long to stand in line while there are not enough: 0 (the default) to 24 h. */
  wait?: Duration;
}

const DEFAULT_LEASE = "10s";
const { acquire, configure, delete: remove, get, list, revoke } = SemaphoresService.method;

/**
 * Semaphores: at most so many callers use something at the same time.
 *
 * As with locks there are two ways to have permits: {@link acquire} asks for them with single
 * calls, and this process renews them; {@link hold} keeps a call open, and the server renews them
 * and gives them back at once when this process is gone. Who waits is served in the order of
 * arrival; one who wants many is not overtaken by those behind it. A name is 1 to 512 bytes without
 * control characters.
 */
export class Semaphores {
  /** @internal */
  constructor(private readonly link: Link) {}

  /**
   * Sets the limit. Lowering it takes nothing from who holds permits.
   *
   * @param limit how many permits may be in use at the same time: 1 to 1,000,000
   * @param defaultLease the lease of who asks for none
   */
  async configure(
    name: string,
    limit: number,
    defaultLease: Duration = DEFAULT_LEASE,
    options?: CallOptions,
  ): Promise<void> {
    const request = { name, limit, defaultLease: durationMessage(defaultLease) };
    await this.link.call(configure, request, options);
  }

  /** Takes one permit if one is free; like {@link acquire} without a wait. */
  tryAcquire(name: string, lease?: Duration): Promise<Permits | undefined> {
    return this.acquire(name, lease === undefined ? {} : { lease });
  }

  /**
   * Takes permits, standing in line for them as long as the options say.
   *
   * Fails as `Locks.acquire`, and with `SEMAPHORE_NOT_FOUND` when nobody configured the semaphore
   * and the options say no limit, `SEMAPHORE_LIMIT_EXCEEDED` when there can never be enough,
   * `SEMAPHORE_LINE_FULL` when too many wait already.
   *
   * @returns the permits, or undefined when there were not enough all the time
   */
  async acquire(name: string, options: PermitOptions = {}): Promise<Permits | undefined> {
    const { permits = 1, lease = DEFAULT_LEASE, wait = 0, holder, limit, signal } = options;
    const calls = this.calls(name, options);
    const request = { name, permits, holder, limit };
    const times = { lease: durationMessage(lease), wait: durationMessage(wait) };
    const timeout = this.link.patience(milliseconds(wait));
    const sent = now();
    return acquiring<AcquireResponse, Permits>(
      this.link,
      [calls],
      signal,
      (requestId, ended) =>
        this.link.call(acquire, { ...request, ...times, requestId }, { signal: ended, timeout }),
      (answer, ended) =>
        answer.acquired ? keep(this.link, calls, grantOf(answer), sent, ended) : undefined,
    );
  }

  /**
   * Takes permits, works while they are held, and releases them. Fails as {@link acquire}, as the
   * work does, and as releasing does.
   *
   * @returns whether they were acquired and, if so, what the work returned
   */
  async run<T>(
    name: string,
    options: PermitOptions,
    work: (permits: Permits) => T | PromiseLike<T>,
  ): Promise<{ acquired: true; value: T } | { acquired: false }> {
    await using permits = await this.acquire(name, options);
    return permits ? { acquired: true, value: await work(permits) } : { acquired: false };
  }

  /**
   * Takes permits, standing in line for them as long as it takes, and holds them with a call that
   * stays open; see `Locks.hold`.
   */
  hold(name: string, options: PermitHoldOptions = {}): Promise<Permits> {
    const { onWaiting = () => {}, signal } = options;
    return HoldCall.begin(this.link, this.calls(name, options), onWaiting, signal);
  }

  /** Tells about a semaphore; `SEMAPHORE_NOT_FOUND` when there is none. */
  async get(name: string, options?: CallOptions): Promise<SemaphoreState> {
    const { nextPageToken, ...state } = plain(await this.link.call(get, { name }, options));
    return state;
  }

  /**
   * Finds the semaphores whose names begin with a prefix, in no order. There is no index: the
   * server looks through all keys of Redis, some at a time. For people and tools. A semaphore may
   * come twice.
   */
  async *list(prefix = "", options?: CallOptions): AsyncGenerator<SemaphoreEntry, void, undefined> {
    for await (const page of pages(this.link, list, { prefix }, options)) {
      yield* page.semaphores.map((semaphore) => plain(semaphore));
    }
  }

  /**
   * Takes the permits of a holder away; it is told. Fails with `NotHeldError` when there is no
   * such holder.
   *
   * @param id of the holder, as {@link get} tells it
   * @param reason what it is told: at most 256 bytes, no control characters
   * @returns how many permits there were
   */
  async revoke(name: string, id: string, reason = "", options?: CallOptions): Promise<number> {
    return (await this.link.call(revoke, { name, id, reason }, options)).permits ?? 0;
  }

  /** Forgets a semaphore that nobody holds or waits for; else fails with `SEMAPHORE_IN_USE`. */
  async delete(name: string, options?: CallOptions): Promise<void> {
    await this.link.call(remove, { name }, options);
  }

  private calls(name: string, options: PermitHoldOptions): PermitCalls {
    const { permits = 1, lease = DEFAULT_LEASE, holder = "", limit = 0 } = options;
    return new PermitCalls(this.link, name, milliseconds(lease), permits, holder, limit);
  }
}
