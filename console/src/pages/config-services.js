// SPDX-License-Identifier: Apache-2.0
import { act, ask } from '../lib/ask.js';
import { moment } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { call } from '../lib/rpc.js';
import { h } from '../lib/view.js';
import { Badge, Part, Table, Wrongs } from '../lib/widgets.js';

const CONFIG = 'quoin.config.v1.Config';

/** What is under maintenance. @extends {Live<any, any>} */
export class Maintenances extends Live {
  /** @type {any} */
  state = {};

  componentDidMount() {
    this.list('maintenances', `${CONFIG}/ListMaintenances`, { pageSize: 200 }, (reply) => this.setState({ rows: reply.maintenances ?? [] }));
  }

  /** @param {string} name @param {boolean} on */
  async turn(name, on) {
    const given = await ask({
      title: on ? 'Put something under maintenance?' : `End the maintenance of “${name}”?`,
      text: on ? 'Programs that watch it stop serving.' : 'Programs that watch it serve again.',
      action: on ? 'Switch on' : 'Switch off', danger: on,
      fields: { ...(name ? {} : { name: 'Its name' }), ...(on ? { notice: 'Notice for users' } : {}) },
    });
    if (given) {
      await act(`${CONFIG}/SetMaintenance`, { name, on, actor: 'console', ...given }, `The maintenance of “${given.name ?? name}” is ${on ? 'on' : 'over'}.`);
      this.again('maintenances');
    }
  }

  render() {
    return h(
      Part,
      { title: 'Maintenance', live: 'asked every 2 seconds', tools: h('button', { onClick: () => this.turn('', true) }, 'Switch on') },
      h(Wrongs, { texts: this.wrongs }),
      h(Table, {
        caption: 'Maintenance switches', rows: this.state.rows, id: (one) => one.name, empty: 'Nothing is under maintenance.',
        columns: [
          { title: 'What', show: (one) => h(Badge, { tone: 'warn' }, one.name) },
          { title: 'Notice', show: (one) => one.maintenance.notice },
          { title: 'Until', minor: true, show: (one) => moment(one.maintenance.until) },
          { title: 'By', minor: true, show: (one) => one.maintenance.actor },
          { title: '', show: (one) => h('button', { class: 'small', 'aria-label': `Switch off: ${one.name}`, onClick: () => this.turn(one.name, false) }, 'Switch off') },
        ],
      }),
    );
  }
}

/** What announces itself, and where. @extends {Live<any, any>} */
export class Services extends Live {
  /** @type {any} */
  state = {};

  componentDidMount() {
    this.poll('services', {}, async (signal) => {
      const { services = [] } = await call(`${CONFIG}/ListServices`, { pageSize: 50 }, signal);
      const rows = await Promise.all(services.map(async (/** @type {string} */ service) => {
        const { instances = [] } = await call(`${CONFIG}/Resolve`, { service }, signal);
        return instances.map((/** @type {any} */ one) => ({ ...one, service }));
      }));
      if (!signal.aborted) this.setState({ rows: rows.flat() });
    });
  }

  render() {
    return h(
      Part,
      { title: 'Services', live: 'asked every 2 seconds' },
      h(Wrongs, { texts: this.wrongs }),
      h(Table, {
        caption: 'Services', rows: this.state.rows, id: (one) => `${one.service} ${one.instance}`, empty: 'No service announces itself.',
        columns: [
          { title: 'Service', show: (one) => one.service },
          { title: 'Instance', minor: true, show: (one) => one.instance },
          { title: 'Address', show: (one) => h('code', null, one.address) },
          { title: 'State', show: (one) => (one.draining ? h(Badge, { tone: 'warn' }, 'draining') : h(Badge, { tone: 'good' }, 'serving')) },
        ],
      }),
    );
  }
}
