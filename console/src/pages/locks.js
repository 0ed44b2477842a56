// SPDX-License-Identifier: Apache-2.0
import { act, ask } from '../lib/ask.js';
import { ago, count, left, seconds, span, word } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { call } from '../lib/rpc.js';
import { address, refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Field, Link, Meter, Part, Table, Tile, Tiles, Wrongs } from '../lib/widgets.js';

const LOCKS = 'quoin.locks.v1.Locks';
const SEMAPHORES = 'quoin.semaphores.v1.Semaphores';
const PAGE = 100;

/** @extends {Live<{}, any>} */
export class Locks extends Live {
  /** @type {any} */
  state = { pages: 1 };

  render() {
    const { prefix = '', lock, semaphore } = session.route.params;
    const request = { prefix, pageSize: PAGE * this.state.pages };
    this.list('locks', `${LOCKS}/List`, request, (locks) => this.setState({ locks }));
    this.list('semaphores', `${SEMAPHORES}/List`, request, (semaphores) => this.setState({ semaphores }));
    const { locks, semaphores, pages } = this.state;
    const more = (/** @type {any} */ reply) => !!reply?.nextPageToken && pages < 10 && (() => this.setState({ pages: pages + 1 }));
    return h(
      'div',
      null,
      h(Wrongs, { texts: this.wrongs }),
      h('div', { class: 'filters' }, h(Field, { label: 'Names that begin with', value: prefix, onValue: (value) => refine({ prefix: value }) })),
      lock && h(LockDetail, { name: lock, key: `lock ${lock}` }),
      semaphore && h(SemaphoreDetail, { name: semaphore, key: `semaphore ${semaphore}` }),
      h(
        Part,
        { title: 'Locks', live: 'asked every 2 seconds' },
        h(Table, {
          caption: 'Locks', rows: locks && (locks.locks ?? []), id: (one) => one.name, chosen: lock, empty: 'No lock is held or waited for.', more: more(locks),
          columns: [
            { title: 'Lock', show: (one) => h(Link, { to: address('locks', { prefix, lock: one.name }), current: one.name === lock }, one.name) },
            { title: 'Held by', show: (one) => (one.held ? holder(one) : h(Badge, null, 'free')) },
            { title: 'Lease ends in', number: true, show: (one) => left(one.expireTime) },
            { title: 'Waiting', number: true, show: (one) => waiting(one.waiterCount) },
            { title: 'Fence', number: true, minor: true, show: (one) => h('code', null, one.fence) },
          ],
        }),
      ),
      h(
        Part,
        { title: 'Semaphores', live: 'asked every 2 seconds' },
        h(Table, {
          caption: 'Semaphores', rows: semaphores && (semaphores.semaphores ?? []), id: (one) => one.name, chosen: semaphore,
          empty: 'No semaphore is in use or configured.', more: more(semaphores),
          columns: [
            { title: 'Semaphore', show: (one) => h(Link, { to: address('locks', { prefix, semaphore: one.name }), current: one.name === semaphore }, one.name) },
            { title: 'Permits in use', show: (one) => [h(Meter, { value: one.inUse, of: one.limit, label: `Permits of ${one.name}` }), ` ${count(one.inUse)} of ${count(one.limit)}`] },
            { title: 'Holders', number: true, show: (one) => count(one.holderCount) },
            { title: 'Waiting', number: true, show: (one) => waiting(one.waiterCount) },
          ],
        }),
      ),
    );
  }
}

/** @param {any} one */
function holder(one) {
  return one.mode === 'MODE_SHARED' ? [h(Badge, null, `${count(one.readerCount)} readers`), ' ', one.label] : one.label || h('i', null, 'no label');
}

/** @param {string} waiters */
function waiting(waiters) {
  return Number(waiters) > 0 ? h(Badge, { tone: 'warn' }, count(waiters)) : '0';
}

/** One lock: its changes are a stream, its queue is asked for with each. @extends {Live<{name: string}, any>} */
class LockDetail extends Live {
  /** @type {any} */
  state = { changes: [] };

  componentDidMount() {
    const { name } = this.props;
    this.follow('changes', `${LOCKS}/Watch`, { name }, (change) => {
      if (change.change) this.setState((/** @type {any} */ s) => ({ changes: [{ ...change, at: new Date().toISOString() }, ...s.changes].slice(0, 20) }));
      this.again('lock');
    });
    this.poll('lock', { name }, async (signal) => {
      const lock = await call(`${LOCKS}/Get`, { name }, signal);
      if (!signal.aborted) this.setState({ lock });
    });
  }

  async release() {
    const { name } = this.props;
    const { lock } = this.state;
    const given = await ask({
      title: `Take the lock “${name}” from ${lock.label || 'its holder'}?`,
      text: 'The next waiter is granted it at once. The holder goes on working until it hears of it: only fences keep it from doing harm.',
      action: 'Force release', danger: true, fields: { explanation: 'Explanation, which the holder reads', actor: 'Your name' },
    });
    if (given) {
      // With the fence that was shown a newer holder is left alone.
      await act(`${LOCKS}/Revoke`, { name, fence: lock.fence, ...given }, (reply) => (reply.revoked ? `“${name}” was released.` : `“${name}” has another holder by now: nothing was released.`));
      this.again('lock');
    }
  }

  render() {
    const { name } = this.props;
    const { lock, changes } = this.state;
    return h(
      Part,
      {
        title: `Lock ${name}`, live: 'a stream',
        tools: [
          lock?.held && h('button', { class: 'danger', onClick: () => this.release() }, 'Force release'),
          h('a', { class: 'button', href: address('locks', { prefix: session.route.params.prefix }) }, 'Close'),
        ],
      },
      h(Wrongs, { texts: this.wrongs }),
      lock && h(
        Tiles,
        null,
        h(Tile, { name: 'State', value: lock.held ? word(lock.mode, 'MODE_') : 'free' }),
        h(Tile, { name: 'Lease ends in', value: left(lock.expireTime) }),
        h(Tile, { name: 'Waiting', value: count(lock.waiterCount) }),
        h(Tile, { name: 'Fence', value: h('code', null, lock.fence) }),
      ),
      h('div', { class: 'columns' },
        h('div', null, h('h3', null, 'Holders'), h(Table, {
          caption: 'Holders', rows: lock && (lock.holders ?? []), id: (one) => one.fence, empty: 'Nobody holds it.',
          columns: [
            { title: 'Label', show: (one) => one.label || h('i', null, 'no label') },
            { title: 'Since', show: (one) => ago(one.acquireTime) },
            { title: 'Lease ends in', number: true, show: (one) => left(one.expireTime) },
          ],
        })),
        h('div', null, h('h3', null, 'Queue of waiters'), h(Table, {
          caption: 'Waiters', rows: lock && (lock.waiters ?? []).map((/** @type {any} */ one, /** @type {number} */ i) => ({ ...one, place: i + 1 })), id: (one) => String(one.place), empty: 'Nobody waits.',
          columns: [
            { title: '#', number: true, show: (one) => one.place },
            { title: 'Label', show: (one) => one.label || h('i', null, 'no label') },
            { title: 'Wants it', show: (one) => word(one.mode, 'MODE_') },
            { title: 'Since', show: (one) => ago(one.joinTime) },
          ],
        })),
      ),
      changes.length > 0 && h('ol', { class: 'changes', 'aria-label': 'Changes while you watched' }, changes.map((/** @type {any} */ one) =>
        h('li', { key: one.at }, h('time', null, ago(one.at)), ' ', h(Badge, null, word(one.change, 'CHANGE_')), ' ', one.label, one.explanation && ` — ${one.explanation}`))),
    );
  }
}

/** @extends {Live<{name: string}, any>} */
class SemaphoreDetail extends Live {
  /** @type {any} */
  state = {};

  componentDidMount() {
    const request = { name: this.props.name, pageSize: PAGE };
    this.list('semaphore', `${SEMAPHORES}/Get`, request, (semaphore) => this.setState({ semaphore }));
  }

  /** @param {any} one */
  async revoke(one) {
    const { name } = this.props;
    const given = await ask({
      title: `Take ${count(one.permits)} of “${name}” from ${one.label || 'this holder'}?`,
      text: 'The permits go to the next waiter at once. The holder goes on working until it hears of it.',
      action: 'Revoke', danger: true, fields: { explanation: 'Explanation, which the holder reads', actor: 'Your name' },
    });
    if (given) {
      await act(`${SEMAPHORES}/Revoke`, { name, id: one.id, ...given }, (reply) => `${count(reply.permits)} permits of “${name}” were taken back.`);
      this.again('semaphore');
    }
  }

  render() {
    const { name } = this.props;
    const { semaphore } = this.state;
    return h(
      Part,
      { title: `Semaphore ${name}`, live: 'asked every 2 seconds', tools: h('a', { class: 'button', href: address('locks', { prefix: session.route.params.prefix }) }, 'Close') },
      h(Wrongs, { texts: this.wrongs }),
      semaphore && h(
        Tiles,
        null,
        h(Tile, { name: 'In use', value: `${count(semaphore.inUse)} of ${count(semaphore.limit)}`, note: semaphore.configured ? 'configured' : 'limit given by its callers' }),
        h(Tile, { name: 'Holders', value: count(semaphore.holderCount) }),
        h(Tile, { name: 'Waiting', value: count(semaphore.waiterCount) }),
        semaphore.defaultLease && h(Tile, { name: 'Default lease', value: span(seconds(semaphore.defaultLease)) }),
      ),
      h(Table, {
        caption: 'Holders', rows: semaphore && (semaphore.holders ?? []), id: (one) => one.id, empty: 'Nobody holds a permit.',
        columns: [
          { title: 'Holder', show: (one) => one.label || h('i', null, 'no label') },
          { title: 'Permits', number: true, show: (one) => count(one.permits) },
          { title: 'Since', minor: true, show: (one) => ago(one.acquireTime) },
          { title: 'Lease ends in', number: true, show: (one) => left(one.expireTime) },
          { title: '', show: (one) => h('button', { class: 'danger small', 'aria-label': `Revoke permits of ${one.label || one.id}`, onClick: () => this.revoke(one) }, 'Revoke') },
        ],
      }),
    );
  }
}
