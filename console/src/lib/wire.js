// SPDX-License-Identifier: Apache-2.0
// The wire format of Protocol Buffers, as far as descriptors and refusals need it.

/** @typedef {{number: number, value: Uint8Array | number}} WireField */

const text = new TextDecoder();

/**
 * The fields of a message in their order: numbers, or the bytes of texts and messages.
 * @param {Uint8Array} bytes
 * @returns {Generator<WireField>}
 */
export function* fields(bytes) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const end = varint() + at;
        yield { number, value: bytes.subarray(at, end) };
        at = end;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new Error('not a message of Protocol Buffers');
    }
  }
}

/**
 * All values of one field.
 * @param {Uint8Array} bytes
 * @param {number} number
 * @returns {Uint8Array[]}
 */
export function all(bytes, number) {
  return [...fields(bytes)].filter((f) => f.number === number).map((f) => /** @type {Uint8Array} */ (f.value));
}

/** @param {Uint8Array} bytes @param {number} number @returns {string} */
export function string(bytes, number) {
  const found = all(bytes, number);
  return found.length ? text.decode(found[found.length - 1]) : '';
}

/** @param {Uint8Array} bytes @param {number} number @returns {number} */
export function integer(bytes, number) {
  const found = [...fields(bytes)].filter((f) => f.number === number);
  return found.length ? Number(found[found.length - 1].value) : 0;
}
