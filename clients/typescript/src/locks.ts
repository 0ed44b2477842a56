// SPDX-License-Identifier: Apache-2.0
import { now } from "./clock.js";
import { type Plain, plain } from "./convert.js";
import { type Duration, durationMessage, milliseconds } from "./durations.js";
import {
  type AcquireAllResponse,
  type AcquireResponse,
  type GetResponse,
  type ListResponse_Lock,
  Locks as LocksService,
  Mode,
} from "./gen/quoin/locks/v1/locks_pb.js";
import { HoldCall } from "./hold-call.js";
import { grantOf } from "./hold-events.js";
import { keep } from "./lease-renewal.js";
import { LeaseSet } from "./lease-set.js";
import { acquiring } from "./leases.js";
import type { CallOptions, Link } from "./link.js";
import { LockCalls } from "./lock-calls.js";
import type { HoldOptions, LockOptions } from "./lock-options.js";
import { type LockChange, LockWatch } from "./lock-watch.js";
import { pages } from "./pages.js";
import type { Owned } from "./possession.js";
import type { Subscription } from "./subscription.js";

/** A lock that was granted to this process. */
export interface Lock extends Owned {}

/** Several locks that were granted together. */
export interface LockSet extends LeaseSet<Lock> {}

/** Who holds a lock and who waits for it, at one moment. */
export type LockState = Plain<GetResponse>;

/** A lock in a list. */
export type LockEntry = Plain<ListResponse_Lock>;

const { acquire, acquireAll, forceRelease, get, list } = LocksService.method;

/**
 * Locks: one caller at a time has the right to work on something, or many readers together.
 *
 * There are two ways to have a lock. {@link acquire} asks for it with single calls, and this
 * process renews it. {@link hold} keeps a call open: the server renews the lock for as long as the
 * call lives, gives it back at once when this process is gone, and tells the place in line. Both
 * get the same locks. A name is 1 to 512 bytes without control characters.
 */
export class Locks {
  /** @internal */
  constructor(private readonly link: Link) {}

  /** Takes the lock if it is free; like {@link acquire} without a wait. */
  tryAcquire(name: string, lease?: Duration): Promise<Lock | undefined> {
    return this.acquire(name, lease === undefined ? {} : { lease });
  }

  /**
   * Takes the lock, standing in line for it as long as the options say.
   *
   * Fails with `InvalidRequestError` when the name or an option is not allowed; `NotHeldError`
   * when it was granted but its lease had run out by the time the answer arrived (try again);
   * `UnavailableError`; `LOCK_LINE_FULL` when too many wait already.
   *
   * @returns the lock, or undefined when somebody else held it all the time
   */
  async acquire(name: string, options: LockOptions = {}): Promise<Lock | undefined> {
    const { wait, ...times } = this.request(options);
    const calls = this.calls(name, options);
    const request = { ...times, wait: durationMessage(wait), name };
    const timeout = this.link.patience(wait);
    const sent = now();
    return acquiring<AcquireResponse, Lock>(
      this.link,
      [calls],
      options.signal,
      (requestId, signal) =>
        this.link.call(acquire, { ...request, requestId }, { signal, timeout }),
      (answer, signal) =>
        answer.acquired ? keep(this.link, calls, grantOf(answer), sent, signal) : undefined,
    );
  }

  /**
   * Takes several locks or none, in an order that is the same for all callers, so that they never
   * wait for each other in a circle. Fails as {@link acquire}.
   *
   * @param names 1 to 16, none twice
   * @param options the wait is for all of them together
   * @returns the locks, or undefined when one of them could not be had
   */
  async acquireAll(names: string[], options: LockOptions = {}): Promise<LockSet | undefined> {
    const { wait, ...times } = this.request(options);
    const all = names.map((name) => this.calls(name, options));
    const request = { ...times, wait: durationMessage(wait), names };
    const timeout = this.link.patience(wait);
    const sent = now();
    return acquiring<AcquireAllResponse, LockSet>(
      this.link,
      all,
      options.signal,
      (requestId, signal) =>
        this.link.call(acquireAll, { ...request, requestId }, { signal, timeout }),
      ({ acquired, grants, expireTime }, signal) => {
        const kept = grants.map((grant) => {
          const calls = this.calls(grant.name, options);
          return keep(this.link, calls, grantOf({ ...grant, expireTime }), sent, signal);
        });
        return acquired ? LeaseSet.of<Lock>(kept) : undefined;
      },
    );
  }

  /**
   * Takes the lock, works while it is held, and releases it. Fails as {@link acquire}, as the work
   * does, and as releasing does.
   *
   * @param work is given the lock; the lock's `signal` tells it of a loss
   * @returns whether the lock was acquired and, if so, what the work returned
   */
  async run<T>(
    name: string,
    options: LockOptions,
    work: (lock: Lock) => T | PromiseLike<T>,
  ): Promise<{ acquired: true; value: T } | { acquired: false }> {
    await using lock = await this.acquire(name, options);
    return lock ? { acquired: true, value: await work(lock) } : { acquired: false };
  }

  /**
   * Takes the lock, standing in line for it as long as it takes, and holds it with a call that
   * stays open. A server that drains, dies or loses its connection is replaced by another one, or
   * by itself, without losing the lock as long as that takes less than the lease. Who was still
   * waiting then joins the end of the line. Servers that cannot be reached are waited for; end the
   * wait by the signal.
   */
  hold(name: string, options: HoldOptions = {}): Promise<Lock> {
    const { onWaiting = () => {}, signal } = options;
    return HoldCall.begin(this.link, this.calls(name, options), onWaiting, signal);
  }

  /** Tells who holds a lock and who waits for it. */
  async get(name: string, options?: CallOptions): Promise<LockState> {
    return plain(await this.link.call(get, { name }, options));
  }

  /**
   * Finds the locks that are held or waited for, by the beginning of their names, in no order.
   * There is no index: the server looks through all keys of Redis, some at a time. For people and
   * tools. A lock may come twice.
   */
  async *list(prefix = "", options?: CallOptions): AsyncGenerator<LockEntry, void, undefined> {
    for await (const page of pages(this.link, list, { prefix }, options)) {
      yield* page.locks.map((lock) => plain(lock));
    }
  }

  /**
   * Takes a lock from whoever holds it, from all readers if it is shared. Who held it is told at
   * its next renewal that it was revoked.
   *
   * @param explanation for the holder to read: at most 512 bytes, no control characters
   * @param fence the fence that {@link get} showed: nothing happens when there was another grant
   *   since; 0 for any
   * @returns whether anybody held it
   */
  async forceRelease(
    name: string,
    explanation = "",
    fence = 0n,
    options?: CallOptions,
  ): Promise<boolean> {
    const request = { name, explanation, fence };
    return (await this.link.call(forceRelease, request, options)).released ?? false;
  }

  /**
   * The present state of a lock, then every change. After trouble the present state comes again;
   * a slow reader gets the newest only.
   */
  watch(name: string, options: { signal?: AbortSignal } = {}): Subscription<LockChange> {
    return new LockWatch(this.link, name, options.signal);
  }

  private request(options: LockOptions) {
    return {
      lease: durationMessage(options.lease ?? DEFAULT_LEASE),
      wait: milliseconds(options.wait ?? 0),
      holder: options.holder ?? "",
      mode: modeOf(options),
    };
  }

  private calls(name: string, options: HoldOptions): LockCalls {
    const lease = milliseconds(options.lease ?? DEFAULT_LEASE);
    return new LockCalls(this.link, name, lease, options.holder ?? "", modeOf(options));
  }
}

const DEFAULT_LEASE = "10s";

function modeOf(options: HoldOptions): Mode {
  return options.shared ? Mode.SHARED : Mode.EXCLUSIVE;
}
