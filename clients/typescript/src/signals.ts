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
