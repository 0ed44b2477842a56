// SPDX-License-Identifier: Apache-2.0
import { count, measure, moment } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { Plot } from '../lib/plot.js';
import { call } from '../lib/rpc.js';
import { address, refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Field, Link, Part, Table, Tile, Tiles, Wrongs } from '../lib/widgets.js';

const STATS = 'quoin.stats.v1.Stats';
const HOURS = 24;
const KEPT = 100;

/** @extends {Live<{}, any>} */
export class Stats extends Live {
  /** @type {any} */
  state = { past: [], anomalies: [] };
  shown = '';

  /** @param {string} kind @param {string} context */
  show(kind, context) {
    const shown = `${kind}\n${context}`;
    if (this.shown !== shown) {
      this.shown = shown;
      this.setState({ past: [], now: undefined, anomalies: [] });
    }
    this.poll('past', { kind, context }, async (signal) => {
      const hours = Array.from({ length: HOURS }, (_, i) => HOURS - i);
      const past = await Promise.all(hours.map((hoursAgo) => call(`${STATS}/Get`, { kind, context, hoursAgo }, signal)));
      if (!signal.aborted) this.setState({ past });
    }, 60000);
    this.list('now', `${STATS}/Get`, { kind, context, hoursAgo: 0 }, (now) => this.setState({ now }));
    this.follow('anomalies', `${STATS}/WatchAnomalies`, { kind }, (message) => {
      if (message.anomaly) this.setState((/** @type {any} */ s) => ({ anomalies: [message.anomaly, ...s.anomalies].slice(0, KEPT) }));
    });
    this.list('slowest', `${STATS}/ListSlowest`, { kind, hoursAgo: 0, maxItems: 10 }, (reply) => this.setState({ slowest: reply.slowest ?? [] }));
  }

  render() {
    const { prefix = '', kind, context } = session.route.params;
    this.list('series', `${STATS}/List`, { prefix, pageSize: 200 }, (reply) => this.setState({ series: reply.series ?? [] }));
    const { series } = this.state;
    const chosen = kind && context ? { kind, context } : series?.[0];
    if (chosen) this.show(chosen.kind, chosen.context);
    return h(
      'div',
      null,
      h(Wrongs, { texts: this.wrongs }),
      h('div', { class: 'filters' }, h(Field, { label: 'Contexts that begin with', value: prefix, onValue: (value) => refine({ prefix: value, kind: '', context: '' }) })),
      chosen && this.detail(chosen.kind, chosen.context),
      h(
        Part,
        { title: 'Series', live: 'asked every 2 seconds' },
        h(Table, {
          caption: 'Series', rows: series, id: (one) => `${one.kind}\n${one.context}`, chosen: chosen && `${chosen.kind}\n${chosen.context}`, empty: 'Nothing was recorded.',
          columns: [
            { title: 'Context', show: (one) => h(Link, { to: address('stats', { prefix, kind: one.kind, context: one.context }) }, one.context) },
            { title: 'Kind', show: (one) => one.kind },
          ],
        }),
      ),
    );
  }

  /** @param {string} kind @param {string} context */
  detail(kind, context) {
    const { past, now, anomalies, slowest } = this.state;
    const hours = [...past, now].filter((one) => one?.hour);
    const times = hours.map((one) => Date.parse(one.hour) / 1000);
    const values = (/** @type {string} */ field) => hours.map((one) => (Number(one.count) ? Number(one[field] ?? 0) : null));
    const has = now && Number(now.count) > 0;
    const figure = (/** @type {string} */ field) => (has ? measure(now[field]) : '–');
    return [
      h(
        Part,
        { title: `${context} · ${kind}`, live: 'asked every 2 seconds' },
        h(
          Tiles,
          null,
          h(Tile, { name: 'Values this hour', value: count(now?.count) }),
          h(Tile, { name: 'Mean', value: figure('mean'), note: has ? `± ${measure(now.stddev)}` : '' }),
          h(Tile, { name: 'p50', value: figure('p50') }),
          h(Tile, { name: 'p95', value: figure('p95') }),
          h(Tile, { name: 'p99', value: figure('p99') }),
          h(Tile, { name: 'Least to most', value: has ? `${measure(now.min)} – ${measure(now.max)}` : '–' }),
        ),
        h(
          'div',
          { class: 'plots' },
          h(Plot, { title: 'Percentiles by hour', times, show: measure, lines: ['p50', 'p95', 'p99'].map((label) => ({ label, values: values(label) })) }),
          h(Plot, { title: 'Values by hour', times, show: count, bars: true, lines: [{ label: 'values', values: hours.map((one) => Number(one.count)) }] }),
        ),
      ),
      h(
        'div',
        { class: 'columns' },
        h(
          Part,
          { title: `Anomalies of ${kind}`, live: 'a stream: what happened while this page was open' },
          h(Table, {
            caption: 'Anomalies', rows: anomalies, id: (one) => `${one.time} ${one.context}`, empty: 'None since this page was opened.',
            columns: [
              { title: 'When', show: (one) => moment(one.time) },
              { title: 'Context', show: (one) => one.context },
              { title: 'Value', number: true, show: (one) => h(Badge, { tone: 'bad' }, measure(one.value)) },
              { title: 'Mean', number: true, show: (one) => `${measure(one.mean)} ± ${measure(one.stddev)}` },
            ],
          }),
        ),
        h(
          Part,
          { title: `Slowest contexts of ${kind}` },
          h(Table, {
            caption: 'Slowest contexts', rows: slowest, id: (one) => one.context, empty: 'No values in this hour.',
            columns: [
              { title: 'Context', show: (one) => h(Link, { to: address('stats', { kind, context: one.context }) }, one.context) },
              { title: 'Mean', number: true, show: (one) => measure(one.mean) },
            ],
          }),
        ),
      ),
    ];
  }
}
