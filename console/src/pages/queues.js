// SPDX-License-Identifier: Apache-2.0
import { act, ask } from '../lib/ask.js';
import { count, left, measure, seconds, span } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { Plot } from '../lib/plot.js';
import { call } from '../lib/rpc.js';
import { address, refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Field, Link, Part, Table, Tile, Tiles, Wrongs } from '../lib/widgets.js';
import { Schedules } from './schedules.js';
import { Tasks } from './tasks.js';

const QUEUES = 'quoin.queues.v1.Queues';
/** Each row is a call of its own. */
const PAGE = 20;
const SAMPLES = 450;

/** @extends {Live<{}, any>} */
export class Queues extends Live {
  /** @type {any} */
  state = { tokens: [] };

  /** @param {object} request @param {AbortSignal} signal */
  async load(request, signal) {
    const reply = await call(`${QUEUES}/ListQueues`, request, signal);
    const names = reply.queues ?? [];
    const rows = await Promise.all(names.map(async (/** @type {string} */ queue) => ({ queue, ...(await call(`${QUEUES}/GetStats`, { queue }, signal)) })));
    if (!signal.aborted) this.setState({ rows, next: reply.nextPageToken });
  }

  render() {
    const { prefix = '', queue } = session.route.params;
    const { rows, next, tokens } = this.state;
    const request = { prefix, pageSize: PAGE, pageToken: tokens.at(-1) ?? '' };
    this.poll('queues', request, (signal) => this.load(request, signal));
    return h(
      'div',
      null,
      h(Wrongs, { texts: this.wrongs }),
      h('div', { class: 'filters' }, h(Field, { label: 'Names that begin with', value: prefix, onValue: (value) => { this.setState({ tokens: [] }); refine({ prefix: value }); } })),
      queue && h(QueueDetail, { queue, key: queue }),
      h(
        Part,
        {
          title: 'Queues', live: 'asked every 2 seconds',
          tools: [
            tokens.length > 0 && h('button', { onClick: () => this.setState({ tokens: tokens.slice(0, -1) }) }, 'Previous'),
            next && h('button', { onClick: () => this.setState({ tokens: [...tokens, next] }) }, 'Next'),
          ],
        },
        h(Table, {
          caption: 'Queues', rows, id: (one) => one.queue, chosen: queue, empty: 'No queue has tasks or settings.',
          columns: [
            { title: 'Queue', show: (one) => [h(Link, { to: address('queues', { prefix, queue: one.queue }), current: one.queue === queue }, one.queue), one.paused && [' ', h(Badge, { tone: 'warn' }, 'paused')]] },
            { title: 'Ready', number: true, show: (one) => count(one.readyCount) },
            { title: 'Running', number: true, show: (one) => count(one.leasedCount) },
            { title: 'Delayed', number: true, minor: true, show: (one) => count(one.delayedCount) },
            { title: 'Dead', number: true, show: (one) => (Number(one.deadCount) ? h(Badge, { tone: 'bad' }, count(one.deadCount)) : '0') },
            { title: 'Oldest', number: true, minor: true, show: (one) => (one.oldestAge ? span(seconds(one.oldestAge)) : '–') },
            { title: 'In/s', number: true, minor: true, show: (one) => measure(one.rates?.enqueuedPerSecond) },
            { title: 'Done/s', number: true, minor: true, show: (one) => measure(one.rates?.donePerSecond) },
          ],
        }),
      ),
      h(Schedules, { queue: queue ?? '', key: `schedules ${queue}` }),
    );
  }
}

/** @extends {Live<{queue: string}, any>} */
class QueueDetail extends Live {
  /** @type {any} */
  state = { samples: [] };

  componentDidMount() {
    this.list('stats', `${QUEUES}/GetStats`, { queue: this.props.queue }, (stats) =>
      this.setState((/** @type {any} */ s) => ({ stats, samples: [...s.samples, { time: Date.now() / 1000, stats }].slice(-SAMPLES) })),
    );
  }

  /** @param {any} question @param {string} rpc @param {object} more @param {string | ((reply: any) => string)} done */
  async change(question, rpc, more, done) {
    if (await ask(question)) {
      await act(`${QUEUES}/${rpc}`, { queue: this.props.queue, ...more }, done);
      this.again('stats');
    }
  }

  tools() {
    const { queue } = this.props;
    const { stats } = this.state;
    const pause = () =>
      this.change({ title: `Pause the queue “${queue}”?`, text: 'Its tasks are not handed out until it is resumed; those that run go on.', action: 'Pause', danger: true }, 'Pause', {}, `“${queue}” is paused.`);
    const purge = () =>
      this.change(
        { title: `Purge the queue “${queue}”?`, text: 'Deletes all tasks that are ready, delayed or dead. This cannot be undone.', action: 'Purge', danger: true },
        'Purge', { states: ['TASK_STATE_READY', 'TASK_STATE_DELAYED', 'TASK_STATE_DEAD'] },
        (reply) => `${count(reply.purged)} tasks of “${queue}” were deleted${reply.more ? '; there are more: purge again' : ''}.`,
      );
    return [
      stats?.paused
        ? h('button', { onClick: async () => { await act(`${QUEUES}/Resume`, { queue }, `“${queue}” goes on.`); this.again('stats'); } }, 'Resume')
        : h('button', { onClick: pause }, 'Pause'),
      h('button', { class: 'danger', onClick: purge }, 'Purge'),
      h('a', { class: 'button', href: address('queues', { prefix: session.route.params.prefix }) }, 'Close'),
    ];
  }

  render() {
    const { queue } = this.props;
    const { stats, samples } = this.state;
    const times = samples.map((/** @type {any} */ one) => one.time);
    const line = (/** @type {string} */ label, /** @type {(stats: any) => any} */ of, /** @type {string} */ tone = '') => ({
      label, ...(tone && { tone }), values: samples.map((/** @type {any} */ one) => Number(of(one.stats) ?? 0)),
    });
    return h(
      Part,
      { title: `Queue ${queue}`, live: 'asked every 2 seconds', tools: this.tools() },
      h(Wrongs, { texts: this.wrongs }),
      stats && h(
        Tiles,
        null,
        h(Tile, { name: 'Ready', value: count(stats.readyCount), note: stats.paused ? 'paused' : stats.oldestAge && `oldest ${span(seconds(stats.oldestAge))}` }),
        h(Tile, { name: 'Running', value: count(stats.leasedCount), note: Number(stats.maxLeases) ? `at most ${count(stats.maxLeases)}` : '' }),
        h(Tile, { name: 'Delayed', value: count(stats.delayedCount), note: stats.nextRunTime && `next in ${left(stats.nextRunTime)}` }),
        h(Tile, { name: 'Dead', value: count(stats.deadCount), bad: Number(stats.deadCount) > 0 }),
        h(Tile, { name: 'In', value: measure(stats.rates?.enqueuedPerSecond), note: 'per second' }),
        h(Tile, { name: 'Done', value: measure(stats.rates?.donePerSecond), note: 'per second' }),
      ),
      h(
        'div',
        { class: 'plots' },
        h(Plot, { title: 'Tasks', times, show: count, lines: [line('ready', (s) => s.readyCount), line('running', (s) => s.leasedCount), line('dead', (s) => s.deadCount, 'bad')] }),
        h(Plot, {
          title: 'Per second', times, show: measure,
          lines: [line('in', (s) => s.rates?.enqueuedPerSecond), line('done', (s) => s.rates?.donePerSecond), line('failed', (s) => s.rates?.failedPerSecond, 'bad')],
        }),
      ),
      h(Tasks, { queue, changed: () => this.again('stats') }),
    );
  }
}

