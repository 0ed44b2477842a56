// SPDX-License-Identifier: Apache-2.0
import { act, ask } from '../lib/ask.js';
import { ago, left, moment } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { address } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Link, Part, Table, Wrongs } from '../lib/widgets.js';

const SCHEDULES = 'quoin.queues.v1.Schedules';

/** Tasks that are enqueued again and again: of one queue, or of all. @extends {Live<{queue: string}, any>} */
export class Schedules extends Live {
  /** @type {any} */
  state = {};

  componentDidMount() {
    this.list('schedules', `${SCHEDULES}/ListSchedules`, { queue: this.props.queue, pageSize: 100 }, (reply) => this.setState({ schedules: reply.schedules ?? [] }));
  }

  /** @param {any} definition */
  async remove({ queue, name }) {
    if (await ask({ title: `Delete the schedule “${name}” of “${queue}”?`, text: 'It enqueues no more tasks; those it has enqueued stay.', action: 'Delete', danger: true })) {
      await act(`${SCHEDULES}/DeleteSchedule`, { queue, name }, `The schedule “${name}” is deleted.`);
      this.again('schedules');
    }
  }

  render() {
    return h(
      Part,
      { title: this.props.queue ? `Schedules of ${this.props.queue}` : 'Schedules', live: 'asked every 2 seconds' },
      h(Wrongs, { texts: this.wrongs }),
      h(Table, {
        caption: 'Schedules', rows: this.state.schedules, id: (one) => `${one.definition.queue} ${one.definition.name}`, empty: 'No tasks are enqueued by schedule.',
        columns: [
          { title: 'Schedule', show: (one) => one.definition.name },
          { title: 'Queue', show: (one) => h(Link, { to: address('queues', { queue: one.definition.queue }) }, one.definition.queue) },
          { title: 'Cron', show: (one) => [h('code', null, one.definition.cron), ' ', one.definition.timeZone] },
          { title: 'Next run', show: (one) => [moment(one.nextRunTime), ' ', h('span', { class: 'quiet' }, `in ${left(one.nextRunTime)}`)] },
          { title: 'Last run', minor: true, show: (one) => ago(one.lastRunTime) },
          { title: '', show: (one) => h('button', { class: 'small danger', 'aria-label': `Delete the schedule ${one.definition.name}`, onClick: () => this.remove(one.definition) }, 'Delete') },
        ],
      }),
    );
  }
}
