// SPDX-License-Identifier: Apache-2.0
// Values as people read them.

const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });

/** A whole number with separators; 64 bits come as text. @param {number | string | undefined} value */
export function count(value) {
  return value === undefined || value === null ? '–' : numbers.format(BigInt(Math.round(Number(value))));
}

/** A measured number. @param {number | string | undefined} value */
export function measure(value) {
  if (value === undefined || value === null) return '–';
  const number = Number(value);
  return Math.abs(number) >= 1000 ? numbers.format(number) : fine.format(number);
}

/** @param {number | string | undefined} bytes */
export function size(bytes) {
  let value = Number(bytes ?? 0);
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024) return `${fine.format(value)} ${unit}`;
    value /= 1024;
  }
  return `${fine.format(value)} TiB`;
}

/** Seconds of a duration such as "1.5s". @param {string | undefined} duration */
export function seconds(duration) {
  return duration ? Number.parseFloat(duration) : 0;
}

/** @param {number} value seconds */
export function span(value) {
  const of = Math.abs(value);
  if (of === 0) return '0 s';
  if (of < 0.001) return `${fine.format(value * 1e6)} µs`;
  if (of < 1) return `${fine.format(value * 1e3)} ms`;
  if (of < 60) return `${Math.round(value * 10) / 10} s`;
  if (of < 3600) return `${Math.floor(of / 60)} min ${Math.floor(of % 60)} s`;
  if (of < 86400) return `${Math.floor(of / 3600)} h ${Math.floor((of % 3600) / 60)} min`;
  return `${Math.floor(of / 86400)} d ${Math.floor((of % 86400) / 3600)} h`;
}

/** A moment in the zone of the browser. @param {string | undefined} timestamp */
export function moment(timestamp) {
  if (!timestamp) return '–';
  const date = new Date(timestamp);
  const time = clock.format(date);
  return date.toDateString() === new Date().toDateString() ? time : `${day.format(date)}, ${time}`;
}

/** How long until then, by the clock of the browser. @param {string | undefined} timestamp */
export function left(timestamp) {
  if (!timestamp) return '–';
  const value = (Date.parse(timestamp) - Date.now()) / 1000;
  return value > 0 ? span(value) : 'now';
}

/** How long ago. @param {string | undefined} timestamp */
export function ago(timestamp) {
  return timestamp ? `${span(Math.max(0, Math.round((Date.now() - Date.parse(timestamp)) / 1000)))} ago` : '–';
}

/** The word of an enum: READY of TASK_STATE_READY. @param {string | undefined} value @param {string} prefix */
export function word(value, prefix) {
  return (value ?? '').replace(prefix, '').replaceAll('_', ' ').toLowerCase();
}

/** Micros of money, as units. @param {string | number | undefined} micros */
export function money(micros) {
  return micros === undefined || micros === null ? '–' : measure(Number(micros) / 1e6);
}

/** What a payload says: bytes come in Base64. @param {any} holder @param {string} [field] */
export function content(holder, field = 'payload') {
  if (holder[`${field}Text`] !== undefined) return holder[`${field}Text`];
  if (!holder[field]) return '';
  const bytes = Uint8Array.from(atob(holder[field]), (c) => c.charCodeAt(0));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return `${bytes.length} bytes: ${[...bytes.subarray(0, 64)].map((b) => b.toString(16).padStart(2, '0')).join(' ')}`;
  }
}
