// SPDX-License-Identifier: Apache-2.0
type Class<T> = abstract new (...args: never[]) => T;

/**
 * What was thrown, in words. Anything can be thrown: an object without a prototype, a proxy that was
 * revoked, an error whose text fails. This never throws.
 */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return `something without a text (${typeof thrown})`;
  }
}

/** `instanceof` for anything, also for a proxy that was revoked. */
export function isA<T>(value: unknown, type: Class<T>): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/**
 * A callback of the user's that can be called without care. What it throws, and what the promise it
 * returns fails with, is said once and goes no further.
 *
 * @param what it is, for people
 */
export function guarded<A extends unknown[]>(
  say: (line: string) => void,
  what: string,
  callback: (...args: A) => unknown,
): (...args: A) => void {
  let said = false;
  const failed = (thrown: unknown) => {
    if (!said) {
      said = true;
      say(`${what} fails: ${textOf(thrown)}`);
    }
  };
  return (...args) => {
    // A promise takes in whatever is thrown here, and whatever a result with a `then` does.
    new Promise((resolve) => resolve(callback(...args))).catch(failed);
  };
}
