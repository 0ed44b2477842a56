// SPDX-License-Identifier: Apache-2.0
import { act, ask, show } from '../lib/ask.js';
import { ago, content, count, left, moment, word } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Field, Source, Table, Tabs, Wrongs } from '../lib/widgets.js';

const QUEUES = 'quoin.queues.v1.Queues';
const PAGE = 50;

/** The tasks of a queue by state, with what can be done to them. @extends {Live<{queue: string, changed: () => void}, any>} */
export class Tasks extends Live {
  /** @type {any} */
  state = { view: 'DEAD', kind: '', error: '', pages: 1 };

  filter() {
    return { kind: this.state.kind, errorContains: this.state.error };
  }

  /** @param {object} more @param {string} what */
  async redrive(more, what) {
    const { queue } = this.props;
    if (!(await ask({ title: `Run ${what} of “${queue}” again?`, text: 'They become ready with all their attempts.', action: 'Redrive' }))) return;
    const { namespace } = session;
    let token = '';
    let redriven = 0;
    do {
      const reply = await act(`${QUEUES}/Redrive`, { queue, filter: { ...this.filter(), ...more }, pageToken: token }, (r) => `${count(redriven + Number(r.redriven))} tasks of “${queue}” run again.`);
      redriven += Number(reply?.redriven ?? 0);
      token = reply?.nextPageToken ?? '';
    } while (token && session.namespace === namespace);
    this.again('tasks');
    this.props.changed();
  }

  /** @param {any} one */
  async cancel(one) {
    const { queue } = this.props;
    const yes = await ask({ title: `Cancel the task ${one.taskId} of “${queue}”?`, text: 'A task that runs is told to stop; any other is deleted.', action: 'Cancel the task', danger: true });
    if (yes) {
      await act(`${QUEUES}/Cancel`, { queue, taskId: one.taskId }, `The task ${one.taskId} is cancelled.`);
      this.again('tasks');
      this.props.changed();
    }
  }

  /** @param {any} one */
  look(one) {
    const { payload, payloadText, result, resultText, errors, ...rest } = one;
    show(`Task ${one.taskId}`, `${one.kind || 'no kind'}, ${word(one.state, 'TASK_STATE_')}, attempt ${count(one.attempts)} of ${count(one.maxAttempts)}`, [
      h('h3', null, 'Payload'), h(Source, { label: 'Payload', text: content(one) || '(empty)' }),
      (result || resultText) && [h('h3', null, 'Result'), h(Source, { label: 'Result', text: content(one, 'result') })],
      errors?.length > 0 && [h('h3', null, 'Errors'), h('ul', null, errors.map((/** @type {any} */ e) => h('li', { key: e.attempt }, `Attempt ${e.attempt}, ${moment(e.time)}: ${e.error}`)))],
      h('h3', null, 'All of it'), h(Source, { label: 'All fields', text: JSON.stringify(rest, null, 2) }),
    ]);
  }

  render() {
    const { queue } = this.props;
    const { view, kind, error, pages, reply } = this.state;
    const isDead = view === 'DEAD';
    const request = { queue, pageSize: PAGE * pages, ...(isDead ? { filter: this.filter() } : { state: `TASK_STATE_${view}` }) };
    this.list('tasks', `${QUEUES}/${isDead ? 'ListDead' : 'List'}`, request, (got) => this.setState({ reply: { ...got, view } }));
    const shown = reply?.view === view ? reply : undefined;
    return h(
      'div',
      null,
      h('h3', null, 'Tasks'),
      h(Tabs, {
        label: 'State of the tasks', value: view, onValue: (value) => this.setState({ view: value, pages: 1 }),
        options: [['READY', 'Ready'], ['LEASED', 'Running'], ['DELAYED', 'Delayed'], ['DEAD', 'Dead'], ['DONE', 'Done']],
      }),
      isDead && h(
        'div',
        { class: 'filters' },
        h(Field, { label: 'Kind', value: kind, onValue: (value) => this.setState({ kind: value }) }),
        h(Field, { label: 'Error contains', value: error, onValue: (value) => this.setState({ error: value }) }),
        h('button', { disabled: !shown?.statuses?.length, onClick: () => this.redrive({}, kind || error ? 'the dead tasks that match' : 'all dead tasks') }, 'Redrive all'),
      ),
      h(Wrongs, { texts: this.wrongs }),
      h(Table, {
        caption: `Tasks that are ${view.toLowerCase()}`, rows: shown && (shown.statuses ?? []), id: (one) => one.taskId, empty: `No task is ${word(view, '')}.`,
        more: !!shown?.nextPageToken && pages < 10 && (() => this.setState({ pages: pages + 1 })),
        columns: [
          { title: 'Task', show: (one) => h('button', { class: 'plain', onClick: () => this.look(one) }, h('code', null, one.taskId)) },
          { title: 'Kind', show: (one) => one.kind },
          { title: 'Attempts', number: true, minor: true, show: (one) => `${count(one.attempts)} of ${count(one.maxAttempts)}` },
          isDead
            ? { title: 'Why', show: (one) => [h(Badge, { tone: 'bad' }, word(one.deadReason, 'DEAD_REASON_')), ' ', one.errors?.at(-1)?.error] }
            : { title: 'Payload', show: (one) => h('span', { class: 'cut' }, content(one).slice(0, 80)) },
          { title: view === 'DELAYED' ? 'Runs in' : 'Enqueued', show: (one) => (view === 'DELAYED' ? left(one.runTime) : ago(one.enqueueTime)) },
          {
            title: '',
            show: (one) => isDead
              ? h('button', { class: 'small', 'aria-label': `Retry ${one.taskId}`, onClick: () => this.redrive({ taskIds: [one.taskId] }, `the task ${one.taskId}`) }, 'Retry')
              : view !== 'DONE' && h('button', { class: 'small danger', 'aria-label': `Cancel ${one.taskId}`, onClick: () => this.cancel(one) }, 'Cancel'),
          },
        ],
      }),
    );
  }
}
