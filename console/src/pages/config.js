// SPDX-License-Identifier: Apache-2.0
import { ago, moment } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { address, refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Field, Link, Part, Table, Wrongs } from '../lib/widgets.js';
import { Editor } from './config-editor.js';
import { Maintenances, Services } from './config-services.js';

const CONFIG = 'quoin.config.v1.Config';

/** @extends {Live<{}, any>} */
export class Config extends Live {
  /** @type {any} */
  state = { types: [], known: new Map() };
  shown = '';

  componentDidMount() {
    this.list('types', `${CONFIG}/ListTypes`, { pageSize: 200 }, (reply) => this.setState({ types: reply.types ?? [], listed: true }));
  }

  /** @param {any} message */
  take(message) {
    const told = message.snapshot ?? message.changes;
    if (!told) return;
    this.setState((/** @type {any} */ s) => {
      const known = message.snapshot ? new Map() : new Map(s.known);
      for (const one of told.configurations ?? []) {
        if (one.deletion) known.delete(one.component);
        else known.set(one.component, one);
      }
      return { known, loaded: true };
    });
  }

  render() {
    const { types, known, loaded, listed } = this.state;
    const { type: chosen, component } = session.route.params;
    const type = chosen || types[0];
    if (type) {
      if (this.shown !== type) {
        this.shown = type;
        this.setState({ known: new Map(), loaded: false });
      }
      this.follow('watch', `${CONFIG}/Watch`, { type }, (message) => this.take(message));
    }
    const rows = [...known.values()].sort((a, b) => (a.component < b.component ? -1 : 1));
    return h(
      'div',
      null,
      h(Wrongs, { texts: this.wrongs }),
      h(
        'div',
        { class: 'filters' },
        h(Field, { label: 'Type', value: type ?? '', options: types, onValue: (value) => refine({ type: value, component: '' }) }),
        h(Field, { label: 'Component', value: component ?? '', placeholder: 'a new name begins one', onValue: (value) => refine({ type, component: value }) }),
      ),
      type && component && h(Editor, { key: `${type}\n${component}`, type, component, newest: known.get(component), loaded }),
      h(
        Part,
        { title: type ? `Configurations of type ${type}` : 'Configurations', live: 'a stream' },
        h(Table, {
          caption: 'Configurations', rows: type ? (loaded ? rows : undefined) : listed ? [] : undefined, id: (one) => one.component, chosen: component, empty: 'Nothing is configured.',
          columns: [
            { title: 'Component', show: (one) => h(Link, { to: address('config', { type, component: one.component }), current: one.component === component }, one.component) },
            { title: 'Version', number: true, show: (one) => one.version },
            { title: 'Value', show: (one) => h('code', { class: 'cut' }, JSON.stringify(one.value)) },
            { title: 'Changed', minor: true, show: (one) => h('span', { title: moment(one.updateTime) }, ago(one.updateTime)) },
            { title: 'By', minor: true, show: (one) => one.actor && h(Badge, null, one.actor) },
          ],
        }),
      ),
      h(Maintenances, null),
      h(Services, null),
    );
  }
}
