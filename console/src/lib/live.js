// SPDX-License-Identifier: Apache-2.0
// Components whose content comes from the server and stays current.
import { RpcError, call, said, stream } from './rpc.js';
import { pause } from './session.js';
import { Component } from './view.js';

const POLL_MILLIS = 2000;
const FIRST_PAUSE_MILLIS = 500;
const LONGEST_PAUSE_MILLIS = 8000;

/** Resolves when the tab can be seen: a hidden one leaves its connections to others. @param {AbortSignal} signal */
function seen(signal) {
  return new Promise((done) => {
    const check = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', check);
      done(undefined);
    };
    document.addEventListener('visibilitychange', check);
    signal.addEventListener('abort', check);
    check();
  });
}

/** Aborts with another signal, or when the tab is hidden. @param {AbortSignal} signal */
function whileSeen(signal) {
  const one = new AbortController();
  const hide = () => document.hidden && end();
  const end = () => {
    document.removeEventListener('visibilitychange', hide);
    signal.removeEventListener('abort', end);
    one.abort();
  };
  document.addEventListener('visibilitychange', hide);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  return { signal: one.signal, end };
}

/**
 * Repeats a step until it is told to stop, or is refused for good.
 * @param {AbortSignal} signal
 * @param {(signal: AbortSignal) => Promise<number>} step tells for how long to wait after it
 * @param {(text: string) => void} failed is told what is wrong, and that it is well again
 */
async function repeat(signal, step, failed) {
  let wait = FIRST_PAUSE_MILLIS;
  while (!signal.aborted) {
    await seen(signal);
    if (signal.aborted) return;
    const turn = whileSeen(signal);
    try {
      const next = await step(turn.signal);
      wait = FIRST_PAUSE_MILLIS;
      failed('');
      await pause(next, signal);
    } catch (failure) {
      if (signal.aborted) return;
      if (turn.signal.aborted) continue;
      failed(said(failure));
      if (!(failure instanceof RpcError) || !failure.passes) return;
      await pause(wait, signal);
      wait = Math.min(wait * 2, LONGEST_PAUSE_MILLIS);
    } finally {
      turn.end();
    }
  }
}

/**
 * Follows a stream for good, through restarts of the server.
 * @param {AbortSignal} signal ends it
 * @param {string} method
 * @param {() => object} request made anew for every attempt, so that it can resume
 * @param {(message: any) => void} take
 * @param {(text: string) => void} failed
 */
export function follow(signal, method, request, take, failed) {
  return repeat(
    signal,
    async (turn) => {
      for await (const message of stream(method, request(), turn)) {
        if (turn.aborted) break;
        failed('');
        take(message);
      }
      return FIRST_PAUSE_MILLIS;
    },
    failed,
  );
}

/**
 * A component with sources, which end when it goes away. What is wrong with them is in
 * `state.wrong`, by their names.
 * @template P, S
 * @extends {Component<P, S & {wrong?: Record<string, string>}>}
 */
export class Live extends Component {
  /** @type {Map<string, {asked: string, ends: AbortController, again: () => void}>} */
  sources = new Map();

  componentWillUnmount() {
    for (const name of [...this.sources.keys()]) this.stop(name);
  }

  /** @param {string} name */
  stop(name) {
    this.sources.get(name)?.ends.abort();
    this.sources.delete(name);
  }

  /**
   * Follows a stream; one of the same name that asks for something else ends.
   * @param {string} name
   * @param {string} method
   * @param {object} request
   * @param {(message: any) => void} take
   * @param {() => object} [resume] what the request says in addition when the stream is begun anew
   */
  follow(name, method, request, take, resume = () => ({})) {
    this.begin(name, { method, request }, (signal) =>
      follow(signal, method, () => ({ ...request, ...resume() }), take, (text) => this.wrong(name, text, signal)),
    );
  }

  /**
   * Asks every two seconds, for what no stream tells.
   * @param {string} name
   * @param {object} asked asking for something else begins anew
   * @param {(signal: AbortSignal) => Promise<void>} ask
   * @param {number} [millis]
   */
  poll(name, asked, ask, millis = POLL_MILLIS) {
    this.begin(name, asked, (signal) =>
      repeat(
        signal,
        async (turn) => {
          await ask(turn);
          return millis;
        },
        (text) => this.wrong(name, text, signal),
      ),
    );
  }

  /** Polls a List. @param {string} name @param {string} method @param {object} request @param {(reply: any) => void} take */
  list(name, method, request, take) {
    this.poll(name, { method, request }, async (signal) => {
      const reply = await call(method, request, signal);
      if (!signal.aborted) take(reply);
    });
  }

  /** Asks a source again now, after something was changed. @param {string[]} names */
  again(...names) {
    for (const name of names) this.sources.get(name)?.again();
  }

  /** @param {string} name @param {object} asked @param {(signal: AbortSignal) => Promise<void>} run */
  begin(name, asked, run) {
    const text = JSON.stringify(asked);
    if (this.sources.get(name)?.asked === text) return;
    this.stop(name);
    const ends = new AbortController();
    const again = () => {
      this.stop(name);
      this.begin(name, asked, run);
    };
    this.sources.set(name, { asked: text, ends, again });
    run(ends.signal).catch((failure) => this.wrong(name, said(failure), ends.signal));
  }

  /** @param {string} name @param {string} text @param {AbortSignal} signal */
  wrong(name, text, signal) {
    const now = /** @type {any} */ (this.state).wrong ?? {};
    if (signal.aborted || (now[name] ?? '') === text) return;
    this.setState(/** @type {any} */ ((/** @type {any} */ state) => ({ wrong: { ...state.wrong, [name]: text } })));
  }

  /** What is wrong with any of the sources. */
  get wrongs() {
    /** @type {string[]} */
    const texts = Object.values(/** @type {any} */ (this.state).wrong ?? {});
    return [...new Set(texts.filter((text) => text))];
  }

  /** @returns {any} */
  render() {
    return null;
  }
}
