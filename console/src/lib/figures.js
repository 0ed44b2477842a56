// SPDX-License-Identifier: Apache-2.0
// What the server has told of itself in the last 15 minutes, whatever page is shown.
import { seconds } from './format.js';
import { follow } from './live.js';

const KEPT_SECONDS = 15 * 60;

/** @typedef {{calls: number, failed: number, refused: number, streams: number, p50: number | null, p99: number | null}} Rates */
/** @typedef {{time: number, services: Record<string, Rates>, latency: number | null, memory: number, commands: number}} Sample */

export const figures = {
  /** @type {Sample[]} */
  samples: [],
  /** @type {any} */
  newest: null,
  wrong: '',
};
/** @type {Set<() => void>} */
const listeners = new Set();
let ends = new AbortController();

/** @param {() => void} listener */
export function onFigures(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begins anew, as somebody else. */
export function watchFigures() {
  ends.abort();
  ends = new AbortController();
  figures.samples = [];
  figures.newest = null;
  figures.wrong = '';
  let before = 0;
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  follow(
    ends.signal,
    'quoin.admin.v1.Admin/WatchServer',
    () => ({}),
    (message) => {
      const now = Date.now() / 1000;
      // After a restart, or from another server, counts begin anew.
      if (figures.newest && figures.newest.server === message.server) {
        figures.samples.push(sample(message, figures.newest, now, now - before));
        while (figures.samples[0].time < now - KEPT_SECONDS) figures.samples.shift();
      }
      figures.newest = message;
      before = now;
      tell();
    },
    (text) => {
      figures.wrong = text;
      tell();
    },
  );
}

/** @param {any} message @param {any} earlier @param {number} time @param {number} elapsed @returns {Sample} */
function sample(message, earlier, time, elapsed) {
  /** @type {Record<string, any>} */
  const known = Object.fromEntries((earlier.serviceFigures ?? []).map((/** @type {any} */ one) => [one.serviceName, one]));
  /** @type {Record<string, Rates>} */
  const services = {};
  for (const one of message.serviceFigures ?? []) {
    const rate = (/** @type {string} */ field) => Math.max(0, (Number(one[field]) - Number(known[one.serviceName]?.[field] ?? 0)) / elapsed);
    services[one.serviceName] = {
      calls: rate('callCount'),
      failed: rate('failedCount'),
      refused: rate('refusedCount'),
      streams: Number(one.openStreams),
      p50: one.p50Latency ? seconds(one.p50Latency) : null,
      p99: one.p99Latency ? seconds(one.p99Latency) : null,
    };
  }
  const nodes = message.redisNodes ?? [];
  const sum = (/** @type {any[]} */ of, /** @type {string} */ field) => of.reduce((all, node) => all + Number(node[field]), 0);
  return {
    time,
    services,
    latency: message.redisLatency ? seconds(message.redisLatency) : null,
    memory: sum(nodes, 'usedBytes'),
    commands: Math.max(0, (sum(nodes, 'commandCount') - sum(earlier.redisNodes ?? [], 'commandCount')) / elapsed),
  };
}

/** The sum over services, or one of them; times are those of the slowest. @param {Sample} of @param {string} service */
export function rates(of, service) {
  const chosen = service ? [of.services[service]].filter((one) => one) : Object.values(of.services);
  const sum = (/** @type {'calls' | 'failed' | 'refused' | 'streams'} */ field) => chosen.reduce((all, one) => all + one[field], 0);
  const most = (/** @type {'p50' | 'p99'} */ field) =>
    chosen.reduce((/** @type {number | null} */ all, one) => (one[field] === null ? all : Math.max(all ?? 0, one[field])), null);
  return { calls: sum('calls'), failed: sum('failed'), refused: sum('refused'), streams: sum('streams'), p50: most('p50'), p99: most('p99') };
}
