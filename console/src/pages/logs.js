// SPDX-License-Identifier: Apache-2.0
import { count, moment, word } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { call } from '../lib/rpc.js';
import { refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Choice, Field, Part, Table, Wrongs } from '../lib/widgets.js';

const LOGS = 'quoin.logs.v1.Logs';
const KEPT = 500;
const SEVERITIES = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];
/** @type {Record<string, 'bad' | 'warn' | ''>} */
const TONES = { WARNING: 'warn', ERROR: 'bad', CRITICAL: 'bad' };

/** @extends {Live<{}, any>} */
export class Logs extends Live {
  /** @type {any} */
  state = { names: [], entries: [], paused: false };
  cursor = '';

  componentDidMount() {
    this.list('names', `${LOGS}/ListNames`, { pageSize: 1000 }, (reply) => this.setState({ names: reply.names ?? [] }));
  }

  /** @param {any} message */
  take(message) {
    const batch = message.newEntries;
    if (message.gap) {
      this.add([{ gap: true, text: `${count(message.gap.missed)} entries could not be told`, cursor: message.gap.cursor }]);
    } else if (batch) {
      this.add((batch.entries ?? []).map((/** @type {any} */ entry) => ({ ...entry, name: batch.name })));
    }
    this.cursor = batch?.entries?.at(-1)?.cursor ?? message.heartbeat?.cursor ?? message.reconnect?.cursor ?? message.gap?.cursor ?? this.cursor;
  }

  /** The newest first. @param {any[]} entries */
  add(entries) {
    this.setState((/** @type {any} */ s) => ({ entries: [...entries.reverse(), ...s.entries].slice(0, KEPT) }));
  }

  /** @param {Record<string, string>} params */
  choose(params) {
    this.cursor = '';
    this.setState({ entries: [], common: undefined });
    refine(params);
  }

  render() {
    const { names, entries, paused, common } = this.state;
    const { log: chosen, severity = '', contains = '' } = session.route.params;
    const log = chosen ?? names[0];
    if (log && !paused) {
      this.follow(
        'tail', `${LOGS}/Tail`,
        { names: [log], ...(severity && { minimumSeverity: `SEVERITY_${severity}` }), contains, last: 200 },
        (message) => this.take(message),
        () => (this.cursor ? { cursor: this.cursor } : {}),
      );
      this.poll('common', { log }, (signal) => this.askCommon(log, signal), 5000);
    } else {
      this.stop('tail');
    }
    return h(
      'div',
      null,
      h(Wrongs, { texts: this.wrongs }),
      h(
        'div',
        { class: 'filters' },
        h(Field, { label: 'Log', value: log ?? '', options: names, onValue: (value) => this.choose({ log: value }) }),
        h(Choice, { label: 'At least', value: severity, onValue: (value) => this.choose({ severity: value }), options: [['', 'everything'], .../** @type {[string, string][]} */ (SEVERITIES.map((s) => [s, s.toLowerCase()]))] }),
        h(Field, { label: 'Text contains', value: contains, onValue: (value) => this.choose({ contains: value }) }),
        h('button', { 'aria-pressed': paused ? 'true' : 'false', onClick: () => this.setState({ paused: !paused }) }, paused ? 'Go on' : 'Pause'),
      ),
      h(
        Part,
        { title: log ? `Log ${log}` : 'Log', ...(paused ? {} : { live: 'a stream' }) },
        entries.length
          ? h('ol', { class: 'lines', tabIndex: 0, 'aria-label': 'Entries, the newest first' }, entries.map((/** @type {any} */ entry) => line(entry)))
          : h('p', { class: 'empty' }, log ? 'No entry yet that matches.' : 'Nothing was logged in this namespace.'),
      ),
      log && h(
        Part,
        { title: 'Common messages of this hour', live: 'asked every 5 seconds' },
        h(Table, {
          caption: 'Common messages', rows: common, id: (one) => `${one.severity} ${one.template}`, empty: 'No message yet in this hour.',
          columns: [
            { title: 'Times', number: true, show: (one) => count(one.count) },
            { title: 'Severity', show: (one) => badge(one.severity) },
            { title: 'Message', show: (one) => one.template },
          ],
        }),
      ),
    );
  }

  /** @param {string} log @param {AbortSignal} signal */
  async askCommon(log, signal) {
    const replies = await Promise.all(SEVERITIES.map((severity) =>
      call(`${LOGS}/ListCommon`, { name: log, severity: `SEVERITY_${severity}`, maxItems: 20 }, signal).then((reply) => (reply.commonMessages ?? []).map((/** @type {any} */ one) => ({ ...one, severity })))));
    if (!signal.aborted) this.setState({ common: replies.flat().sort((a, b) => Number(b.count) - Number(a.count)).slice(0, 20) });
  }
}

/** @param {string} severity */
function badge(severity) {
  return h(Badge, { tone: TONES[severity] ?? '' }, severity.toLowerCase());
}

/** @param {any} entry */
function line(entry) {
  const fields = Object.entries(entry.fields ?? {});
  return h(
    'li',
    { key: entry.cursor },
    entry.gap ? h(Badge, { tone: 'warn' }, 'gap') : [h('time', null, moment(entry.time)), badge(word(entry.severity, 'SEVERITY_').toUpperCase())],
    h('span', null, entry.text, fields.length > 0 && h('span', { class: 'quiet' }, `  ${fields.map(([key, value]) => `${key}=${value}`).join(' ')}`)),
  );
}
