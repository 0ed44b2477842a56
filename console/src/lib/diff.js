// SPDX-License-Identifier: Apache-2.0

/** Beyond that a table of all pairs would take too long. */
const LONGEST = 2000;

/**
 * What differs between two texts, line by line, by their longest common subsequence.
 * @param {string} before
 * @param {string} after
 * @returns {{sign: '' | 'in' | 'out', line: string}[]}
 */
export function diff(before, after) {
  const a = before.split('\n').slice(0, LONGEST);
  const b = after.split('\n').slice(0, LONGEST);
  /** How long the longest is of what begins at i and j. */
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  /** @type {{sign: '' | 'in' | 'out', line: string}[]} */
  const lines = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ sign: '', line: a[i++] });
      j++;
    } else if (j >= b.length || (i < a.length && common[i + 1][j] >= common[i][j + 1])) {
      lines.push({ sign: 'out', line: a[i++] });
    } else {
      lines.push({ sign: 'in', line: b[j++] });
    }
  }
  return lines;
}
