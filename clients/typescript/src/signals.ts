// SPDX-License-Identifier: Apache-2.0
const actions = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Has something done when a signal is aborted; at once if it is already. However many wait for a
 * signal, it has one listener, and none when nobody waits any more.
 *
 * @returns what takes the action away again
 */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (!signal) {
    return () => {};
  }
  if (signal.aborted) {
    action();
    return () => {};
  }
  const all = actions.get(signal) ?? listen(signal);
  const own = () => action();
  all.add(own);
  return () => {
    if (all.delete(own) && all.size === 0) {
      signal.removeEventListener("abort", tellAll);
      actions.delete(signal);
    }
  };
}

function listen(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  actions.set(signal, all);
  signal.addEventListener("abort", tellAll, { once: true });
  return all;
}

function tellAll(this: AbortSignal): void {
  const all = actions.get(this) ?? [];
  actions.delete(this);
  for (const action of all) {
    action();
  }
}

/**
 * A generator that ends when its reader says so, also while it waits for what comes next; by itself
 * it would end only when that has come.
 *
 * @param stop ends what the generator waits for
 */
export function endable<T>(
  all: AsyncGenerator<T, void, undefined>,
  stop: () => unknown,
): AsyncGenerator<T, void, undefined> {
  const { next, return: finish } = all;
  const end = async () => {
    await stop();
    return finish.call(all);
  };
  return Object.assign(all, {
    next: () => next.call(all),
    return: end,
    throw: async (error: unknown) => {
      await end();
      throw error;
    },
  });
}
