// SPDX-License-Identifier: Apache-2.0
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * The beginning of a text that has no more than so many bytes of UTF-8, whole characters only. Half
 * a surrogate pair becomes U+FFFD.
 */
export function cut(whole: string, bytes: number): string {
  const text = whole.toWellFormed();
  if (text.length * 3 <= bytes) {
    return text;
  }
  const all = encoder.encode(text);
  if (all.length <= bytes) {
    return text;
  }
  let end = bytes;
  while (((all[end] ?? 0) & 0xc0) === 0x80) {
    end--;
  }
  return decoder.decode(all.subarray(0, end));
}

/** How many bytes a name has at most. */
const LONGEST = 512;

/**
 * Checks a name that is collected now and sent later, when nobody could be told any more.
 *
 * @throws TypeError when it is not 1 to 512 bytes of characters other than control characters
 */
export function checkName(what: string, name: string): void {
  const isShort =
    typeof name === "string" && (name.length <= LONGEST / 3 || Buffer.byteLength(name) <= LONGEST);
  if (isShort && !name.isWellFormed()) {
    throw new TypeError(`${what}: must not have half a surrogate pair, which is no character`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (name === "" || !isShort || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new TypeError(`${what}: must be 1 to ${LONGEST} bytes without control characters`);
  }
}
