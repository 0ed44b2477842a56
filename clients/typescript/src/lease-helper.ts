// SPDX-License-Identifier: Apache-2.0
import type { ClientCore } from "./client-core.js";
import { now } from "./clock.js";
import { type Duration, milliseconds } from "./durations.js";
import { HoldCall } from "./hold-call.js";
import { LeaseCalls, type LeaseMethods } from "./lease-calls.js";
import type { LeaseHandle } from "./lease-handle.js";
import { keep } from "./lease-renewal.js";
import { acquiring } from "./leases.js";

/** What lease to ask for. */
export interface LeaseOptions {
  /**
   * How long it stays held when nothing renews it any more: 100 ms to 24 h, 10 s by default.
   */
  lease?: Duration;
  /**
   * Label that others see while it is held, for example a host name: at most 256 bytes, no control
   * characters; not a credential.
   */
  label?: string;
  /** Ends the waiting when it is aborted; what was granted at that moment is given back. */
  signal?: AbortSignal;
}

/** How to wait for `acquire`. */
export interface WaitOptions {
  /** How long to wait while others hold it: 0 (the default) to 24 h. */
  wait?: Duration;
}

/** How to wait for `hold`. */
export interface HoldOptions {
  /** Called with the position in the queue of waiters, 1 being served next, when it changes. */
  onWaiting?: (position: number) => void;
}

/** The lease that is asked for if the program says none. */
const DEFAULT_LEASE = "10s";

/**
 * What the client adds to the calls of a service that grants leases.
 *
 * There are two ways to have a lease. {@link acquire} asks for it with single calls, and this
 * process renews it. {@link hold} keeps a call open: the server renews the lease for as long as the
 * call lives, gives it back at once when this process is gone, and tells the position in the queue
 * of waiters. A name is 1 to 512 bytes without control characters.
 */
export abstract class LeaseHelper<O extends LeaseOptions> {
  /**
   * @param what it grants, for people
   * @internal
   */
  protected constructor(
    protected readonly core: ClientCore,
    private readonly methods: LeaseMethods,
    private readonly what: string,
  ) {}

  /**
   * Asks for a lease, waiting for it as long as the options say.
   *
   * Fails with `InvalidRequestError` when the name or an option is not allowed; `NotHeldError` when
   * it was granted but the lease had run out by the time the answer arrived (try again);
   * `UnavailableError`; or with a reason of the RPC Acquire.
   *
   * @returns the lease, or undefined when others held it all the time
   */
  async acquire(
    name: string,
    options: O & WaitOptions = {} as O,
  ): Promise<LeaseHandle | undefined> {
    const { wait = 0, signal } = options;
    const calls = this.calls(name, options);
    const waitMs = milliseconds(wait);
    const timeoutMs = this.core.waitTimeout(waitMs);
    const sent = now();
    return acquiring(
      this.core,
      [calls],
      signal,
      (requestId, ended) => calls.acquire(requestId, waitMs, { signal: ended, timeoutMs }),
      (grant, ended) => grant && keep(this.core, calls, grant, sent, ended),
    );
  }

  /**
   * Acquires, works while the lease is held, and releases it. Fails as {@link acquire}, as the work
   * does, and as releasing does.
   *
   * @param work is given the lease, whose `signal` tells it of a loss
   * @returns whether the lease was acquired and, if so, what the work returned
   */
  async run<T>(
    name: string,
    options: O & WaitOptions,
    work: (lease: LeaseHandle) => T | PromiseLike<T>,
  ): Promise<{ acquired: true; value: T } | { acquired: false }> {
    await using lease = await this.acquire(name, options);
    return lease ? { acquired: true, value: await work(lease) } : { acquired: false };
  }

  /**
   * Asks for a lease, waiting for it as long as it takes, and holds it with a call that stays open.
   * When a server drains, dies or loses its connection, another one takes over without losing the
   * lease if that takes less time than the lease. A caller that was still waiting then joins the
   * end of the queue. Servers that cannot be reached are waited for; end the wait by the signal.
   */
  hold(name: string, options: O & HoldOptions = {} as O): Promise<LeaseHandle> {
    const { onWaiting = () => {}, signal } = options;
    return HoldCall.begin(this.core, this.calls(name, options), onWaiting, signal);
  }

  /**
   * The calls for one lease.
   *
   * @internal
   */
  protected calls(name: string, options: O): LeaseCalls {
    const { lease = DEFAULT_LEASE, label } = options;
    const fields = { label, ...this.fields(options) };
    return new LeaseCalls(this.core, this.methods, this.what, name, milliseconds(lease), fields);
  }

  /**
   * What requests have beside name, lease and label.
   *
   * @internal
   */
  protected abstract fields(options: O): object;
}
