// SPDX-License-Identifier: Apache-2.0
import { act, ask, tell } from '../lib/ask.js';
import { diff } from '../lib/diff.js';
import { ago } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { said } from '../lib/rpc.js';
import { address } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Part, Table, Wrongs } from '../lib/widgets.js';

const CONFIG = 'quoin.config.v1.Config';

/** @param {any} value */
function text(value) {
  return JSON.stringify(value ?? {}, null, 2);
}

/** One configuration: its value, which is stored only over the version that was edited, and its history. @extends {Live<any, any>} */
export class Editor extends Live {
  /** @type {any} */
  state = { typed: undefined, basis: undefined };

  where() {
    const { type, component } = this.props;
    return { type, component };
  }

  /** @param {string} typed */
  type(typed) {
    this.setState((/** @type {any} */ s) => ({ typed, basis: s.basis ?? this.props.newest ?? null }));
  }

  async save() {
    const { typed, basis } = this.state;
    let value;
    try {
      value = JSON.parse(typed);
    } catch (failure) {
      tell(`This is not JSON: ${said(failure)}`, true);
      return;
    }
    const reply = await act(`${CONFIG}/Set`, { ...this.where(), value, expectedVersion: basis?.version ?? '0', actor: 'console' }, (r) =>
      r.stored ? `Version ${r.version} is stored.` : `Somebody else stored version ${r.version} meanwhile: nothing was changed. Compare and save again.`);
    if (reply?.stored) this.setState({ typed: undefined, basis: undefined });
    else if (reply) this.setState({ basis: reply.configuration ?? null });
    this.again('versions');
  }

  /** @param {any} to */
  async rollback(to) {
    const { component, newest } = this.props;
    const yes = await ask({
      title: `Roll “${component}” back to version ${to.version}?`, text: 'Its value becomes a new version. What changes:', action: 'Roll back', danger: true,
      content: h(Difference, { before: text(newest?.value), after: text(to.value) }),
    });
    if (!yes) return;
    await act(`${CONFIG}/Rollback`, { ...this.where(), version: to.version, expectedVersion: newest?.version ?? '0', actor: 'console' }, (r) =>
      r.stored ? `Version ${r.version} has the value of version ${to.version}.` : 'Somebody else changed it meanwhile: nothing was changed.');
    this.again('versions');
  }

  async remove() {
    const { type, component, newest } = this.props;
    if (await ask({ title: `Delete the configuration “${component}” of type “${type}”?`, text: 'Its history stays, so that it can be brought back.', action: 'Delete', danger: true })) {
      await act(`${CONFIG}/Delete`, { ...this.where(), expectedVersion: newest.version, actor: 'console' }, (r) => (r.deleted ? `“${component}” is deleted.` : 'Somebody else changed it meanwhile: nothing was deleted.'));
      this.again('versions');
    }
  }

  render() {
    const { component, newest, loaded } = this.props;
    const { typed, basis, versions } = this.state;
    this.list('versions', `${CONFIG}/ListVersions`, { ...this.where(), pageSize: 50, }, (reply) => this.setState({ versions: reply.configurations ?? [] }));
    const moved = typed !== undefined && (newest?.version ?? '0') !== (basis?.version ?? '0');
    return h(
      Part,
      {
        title: `Configuration ${component}`,
        tools: [
          newest && h(Badge, null, `version ${newest.version}`),
          newest && h('button', { class: 'danger', onClick: () => this.remove() }, 'Delete'),
          h('a', { class: 'button', href: address('config', { type: this.props.type }) }, 'Close'),
        ],
      },
      h(Wrongs, { texts: this.wrongs }),
      moved && h('p', { class: 'wrong', role: 'alert' }, `Version ${newest?.version ?? '(deleted)'} was stored while you typed.`),
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          null,
          h('label', { class: 'field wide' }, h('span', null, 'Value, a JSON object'),
            h('textarea', { rows: 12, spellcheck: false, disabled: !loaded, value: typed ?? text(newest?.value), onInput: (/** @type {any} */ e) => this.type(e.target.value) })),
          typed !== undefined && h('h3', null, 'What changes'),
          typed !== undefined && h(Difference, { before: text(newest?.value), after: typed }),
          h('div', { class: 'buttons' },
            typed !== undefined && h('button', { onClick: () => this.setState({ typed: undefined, basis: undefined }) }, 'Discard'),
            h('button', { class: 'main', disabled: typed === undefined, onClick: () => this.save() }, newest ? 'Save' : 'Create')),
        ),
        h(
          'div',
          null,
          h('h3', null, 'History'),
          h(Table, {
            caption: 'Versions', rows: versions, id: (one) => one.version, empty: 'It was never set.',
            columns: [
              { title: 'Version', number: true, show: (one) => one.version },
              { title: 'Stored', show: (one) => ago(one.updateTime) },
              { title: 'By', show: (one) => one.actor || '–' },
              { title: '', show: (one) => (one.deletion ? h(Badge, { tone: 'bad' }, 'deleted') : one.version !== newest?.version && h('button', { class: 'small', 'aria-label': `Roll back to version ${one.version}`, onClick: () => this.rollback(one) }, 'Roll back')) },
            ],
          }),
        ),
      ),
    );
  }
}

/** @param {{before: string, after: string}} props */
function Difference({ before, after }) {
  return h(
    'pre',
    { class: 'diff', tabIndex: 0, role: 'group', 'aria-label': 'What changes' },
    diff(before, after).map(({ sign, line }) => h('span', { class: sign }, sign === 'in' ? '+ ' : sign === 'out' ? '− ' : '  ', line)),
  );
}
