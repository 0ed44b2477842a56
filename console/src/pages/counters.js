// SPDX-License-Identifier: Apache-2.0
import { act, ask } from '../lib/ask.js';
import { count } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { Plot } from '../lib/plot.js';
import { address, refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Choice, Field, Link, Part, Table, Tile, Tiles, Wrongs } from '../lib/widgets.js';

const COUNTERS = 'quoin.counters.v1.Counters';
const KEPT = 120;
/** @type {[string, string][]} */
const PRECISIONS = [['1', '1 second'], ['5', '5 seconds'], ['60', '1 minute'], ['300', '5 minutes'], ['3600', '1 hour'], ['18000', '5 hours'], ['86400', '1 day']];

/** @extends {Live<{}, any>} */
export class Counters extends Live {
  /** @type {any} */
  state = { samples: new Map() };

  /** @param {any} message */
  take(message) {
    this.setState((/** @type {any} */ s) => {
      const samples = new Map(s.samples);
      for (const sample of message.samples ?? []) samples.set(sample.startTime, Number(sample.count));
      return { samples };
    });
  }

  /** @param {string} name */
  async remove(name) {
    if (await ask({ title: `Delete the counter “${name}”?`, text: 'All its samples at all precisions are deleted. This cannot be undone.', action: 'Delete', danger: true })) {
      await act(`${COUNTERS}/Delete`, { name }, `The counter “${name}” is deleted.`);
      refine({ counter: '' });
      this.again('names');
    }
  }

  render() {
    const { prefix = '', counter, precision = '5' } = session.route.params;
    this.list('names', `${COUNTERS}/List`, { prefix, pageSize: 200 }, (reply) => this.setState({ names: reply.names ?? [] }));
    const names = this.state.names ?? [];
    const shown = counter || names[0];
    const request = { name: shown, precision: `${precision}s` };
    if (shown) {
      if (this.shown !== JSON.stringify(request)) {
        this.shown = JSON.stringify(request);
        this.setState({ samples: new Map() });
      }
      this.list('past', `${COUNTERS}/Get`, { ...request, last: KEPT, zeroFill: true }, (reply) => {
        this.stop('past');
        this.take(reply);
      });
      this.follow('watch', `${COUNTERS}/Watch`, request, (message) => this.take(message));
    }
    return h(
      'div',
      null,
      h(Wrongs, { texts: this.wrongs }),
      h(
        'div',
        { class: 'filters' },
        h(Field, { label: 'Names that begin with', value: prefix, onValue: (value) => refine({ prefix: value, counter: '' }) }),
        h(Choice, { label: 'Precision', value: precision, options: PRECISIONS, onValue: (value) => refine({ precision: value }) }),
      ),
      shown && this.detail(shown, Number(precision)),
      h(
        Part,
        { title: 'Counters', live: 'asked every 2 seconds' },
        h(Table, {
          caption: 'Counters', rows: this.state.names && names.map((/** @type {string} */ name) => ({ name })), id: (one) => one.name, chosen: shown, empty: 'Nothing was counted.',
          columns: [{ title: 'Counter', show: (one) => h(Link, { to: address('counters', { prefix, precision, counter: one.name }), current: one.name === shown }, one.name) }],
        }),
      ),
    );
  }

  shown = '';

  /** @param {string} name @param {number} precision */
  detail(name, precision) {
    const known = this.state.samples;
    const newest = Math.floor(Date.now() / 1000 / precision) * precision;
    const times = Array.from({ length: KEPT }, (_, i) => newest - (KEPT - 1 - i) * precision);
    const byTime = new Map([...known].map(([time, value]) => [Date.parse(time) / 1000, value]));
    const values = times.map((time) => byTime.get(time) ?? 0);
    const sum = values.reduce((all, value) => all + value, 0);
    return h(
      Part,
      { title: `Counter ${name}`, live: 'a stream', tools: h('button', { class: 'danger', onClick: () => this.remove(name) }, 'Delete') },
      h(
        Tiles,
        null,
        h(Tile, { name: 'Now', value: count(values.at(-1)) }),
        h(Tile, { name: 'Before that', value: count(values.at(-2)) }),
        h(Tile, { name: 'In the plot', value: count(sum) }),
      ),
      h(Plot, { title: name, times, show: count, bars: true, lines: [{ label: 'count', values }] }),
    );
  }
}
