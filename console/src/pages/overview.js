// SPDX-License-Identifier: Apache-2.0
import { figures, onFigures, rates } from '../lib/figures.js';
import { count, measure, seconds, size, span } from '../lib/format.js';
import { Plot } from '../lib/plot.js';
import { Component, h } from '../lib/view.js';
import { Choice, Meter, Part, Table, Tile, Tiles, Wrongs } from '../lib/widgets.js';

/** How the server that serves this page is doing. @extends {Component<{}, {service: string}>} */
export class Overview extends Component {
  state = { service: '' };

  componentDidMount() {
    this.end = onFigures(() => this.setState({}));
  }

  componentWillUnmount() {
    this.end?.();
  }

  /** @type {(() => void) | undefined} */
  end = undefined;

  render() {
    const { newest, samples, wrong } = figures;
    const { service } = this.state;
    const last = samples.at(-1);
    const now = last && rates(last, '');
    const times = samples.map((one) => one.time);
    const series = samples.map((one) => rates(one, service));
    const nodes = newest?.redisNodes ?? [];
    const services = (newest?.serviceFigures ?? []).map((/** @type {any} */ one) => ({ ...one, rates: last?.services[one.serviceName] }));
    const short = (/** @type {string} */ name) => name.replace(/^quoin\.\w+\.v1\./, '');
    return h(
      'div',
      null,
      h(Wrongs, { texts: wrong ? [wrong] : [] }),
      h(
        Tiles,
        null,
        h(Tile, { name: 'Calls', value: now ? measure(now.calls) : '–', note: 'per second' }),
        h(Tile, { name: 'Failed', value: now ? measure(now.failed) : '–', note: 'per second', bad: !!now && now.failed > 0 }),
        h(Tile, { name: 'Refused', value: now ? measure(now.refused) : '–', note: 'per second' }),
        h(Tile, { name: 'Open streams', value: now ? count(now.streams) : '–' }),
        h(Tile, { name: 'Redis answers in', value: last?.latency ? span(last.latency) : '–', bad: !!last && last.latency === null }),
        h(Tile, { name: 'Redis memory', value: last ? size(last.memory) : '–', note: last ? `${measure(last.commands)} commands/s` : '' }),
      ),
      h(
        Part,
        {
          title: 'Last 15 minutes',
          live: 'told by the server every 2 seconds',
          tools: h(Choice, {
            label: 'Service', value: service, onValue: (/** @type {string} */ chosen) => this.setState({ service: chosen }),
            options: [['', 'All services'], ...services.map((/** @type {any} */ one) => [one.serviceName, short(one.serviceName)])],
          }),
        },
        h(
          'div',
          { class: 'plots' },
          h(Plot, {
            title: 'Calls per second', times, show: measure,
            lines: [
              { label: 'calls', values: series.map((one) => one.calls) },
              { label: 'refused', values: series.map((one) => one.refused), tone: 'warn' },
              { label: 'failed', values: series.map((one) => one.failed), tone: 'bad' },
            ],
          }),
          h(Plot, {
            title: service ? 'Time to serve' : 'Time to serve, slowest service', times, show: span,
            lines: [
              { label: 'p50', values: series.map((one) => one.p50) },
              { label: 'p99', values: series.map((one) => one.p99) },
            ],
          }),
          h(Plot, { title: 'Redis answers in', times, show: span, lines: [{ label: 'now', values: samples.map((one) => one.latency) }] }),
          h(Plot, { title: 'Redis memory', times, show: size, bytes: true, lines: [{ label: 'now', values: samples.map((one) => one.memory) }] }),
        ),
      ),
      h(
        Part,
        { title: 'Services' },
        h(Table, {
          caption: 'Services', rows: newest ? services : undefined, id: (one) => one.serviceName, empty: 'Nothing was called yet.',
          columns: [
            { title: 'Service', show: (one) => short(one.serviceName) },
            { title: 'Calls/s', number: true, show: (one) => (one.rates ? measure(one.rates.calls) : '–') },
            { title: 'p50', number: true, show: (one) => (one.p50Latency ? span(seconds(one.p50Latency)) : '–') },
            { title: 'p99', number: true, show: (one) => (one.p99Latency ? span(seconds(one.p99Latency)) : '–') },
            { title: 'Streams', number: true, minor: true, show: (one) => count(one.openStreams) },
            { title: 'Calls', number: true, minor: true, show: (one) => count(one.callCount) },
            { title: 'Refused', number: true, minor: true, show: (one) => count(one.refusedCount) },
            { title: 'Failed', number: true, show: (one) => count(one.failedCount) },
          ],
        }),
      ),
      h(
        Part,
        { title: 'Redis' },
        h(Table, {
          caption: 'Nodes of Redis', rows: newest ? nodes : undefined, id: (node) => node.node, empty: 'Redis does not answer.',
          columns: [
            { title: 'Node', show: (node) => node.node },
            { title: 'Memory', number: true, show: (node) => size(node.usedBytes) },
            {
              title: 'Limit', number: true,
              show: (node) => (Number(node.maxBytes) ? [h(Meter, { value: Number(node.usedBytes), of: Number(node.maxBytes), label: 'Memory used' }), ' ', size(node.maxBytes)] : 'none'),
            },
            { title: 'Clients', number: true, show: (node) => count(node.clientCount) },
          ],
        }),
        newest && h('p', { class: 'quiet' }, `Version ${newest.serverVersion}, up ${span(seconds(newest.uptime))}. Figures are of the server that serves this page, since it started.`),
      ),
    );
  }
}
