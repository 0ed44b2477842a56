// SPDX-License-Identifier: Apache-2.0
import { count, moment } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Choice, Field, Part, Table, Wrongs } from '../lib/widgets.js';

const FEEDS = 'quoin.feeds.v1.Feeds';
const KEPT = 200;

/** @param {string} typed */
function words(typed) {
  return typed.split(',').map((one) => one.trim()).filter((one) => one);
}

/** @extends {Live<{}, any>} */
export class Feeds extends Live {
  /** @type {any} */
  state = { statuses: [], trends: undefined };
  cursor = '';

  componentDidMount() {
    this.follow('trends', `${FEEDS}/WatchTrends`, { maxItems: 10 }, (message) => this.setState({ trends: message.intervals?.at(-1) ?? {} }));
  }

  /** @param {any} message */
  take(message) {
    const { statusCreated: made, statusDeleted: gone, gap } = message;
    this.cursor = made?.cursor ?? gone?.cursor ?? gap?.cursor ?? message.heartbeat?.cursor ?? message.reconnect?.cursor ?? this.cursor;
    if (made) this.setState((/** @type {any} */ s) => ({ statuses: [made, ...s.statuses].slice(0, KEPT) }));
    if (gone) this.setState((/** @type {any} */ s) => ({ statuses: s.statuses.map((/** @type {any} */ one) => (one.status?.id === gone.id ? { ...one, gone: true } : one)) }));
    if (gap) this.setState((/** @type {any} */ s) => ({ statuses: [{ gap, cursor: gap.cursor }, ...s.statuses].slice(0, KEPT) }));
  }

  /** @param {Record<string, string>} params */
  choose(params) {
    this.cursor = '';
    this.setState({ statuses: [] });
    refine(params);
  }

  render() {
    const { track = '', follow = '', tags = '', languages = '', percent = '100' } = session.route.params;
    const filter = { track: words(track), follow: words(follow), tags: words(tags), languages: words(languages) };
    const isFiltered = Object.values(filter).some((list) => list.length);
    const resume = () => (this.cursor ? { cursor: this.cursor } : {});
    if (isFiltered) this.follow('statuses', `${FEEDS}/Filter`, filter, (message) => this.take(message), resume);
    else this.follow('statuses', `${FEEDS}/Sample`, { percent: Number(percent) }, (message) => this.take(message), resume);
    const { statuses, trends } = this.state;
    const field = (/** @type {string} */ label, /** @type {string} */ name, /** @type {string} */ value) =>
      h(Field, { label, value, placeholder: 'several with commas', onValue: (typed) => this.choose({ [name]: typed }) });
    return h(
      'div',
      null,
      h(Wrongs, { texts: this.wrongs }),
      h(
        'div',
        { class: 'filters' },
        field('Words or phrases', 'track', track), field('Authors', 'follow', follow), field('Tags', 'tags', tags), field('Languages', 'languages', languages),
        !isFiltered && h(Choice, { label: 'Sample', value: percent, options: [['100', 'everything'], ['10', '10 %'], ['1', '1 %']], onValue: (value) => this.choose({ percent: value }) }),
      ),
      h(
        Part,
        { title: isFiltered ? 'What matches' : 'What is posted', live: 'a stream' },
        statuses.length
          ? h('ol', { class: 'lines', tabIndex: 0, 'aria-label': 'Statuses, the newest first' }, statuses.map((/** @type {any} */ one) => h(Status, { key: one.cursor, one })))
          : h('p', { class: 'empty' }, 'Nothing since this page was opened.'),
      ),
      h(
        'div',
        { class: 'columns' },
        .../** @type {[string, string][]} */ ([['Tags', 'topTags'], ['Mentions', 'topMentions'], ['Links', 'topLinks']]).map(([title, name]) =>
          h(
            Part,
            { title: `${title} of the last 15 minutes`, live: 'a stream' },
            h(Table, {
              caption: title, rows: trends && (trends[name] ?? []), id: (one) => one.name, empty: 'None yet.',
              columns: [{ title, show: (one) => one.name }, { title: 'Times', number: true, show: (one) => count(one.count) }],
            }),
          )),
      ),
    );
  }
}

/** @param {{one: any}} props */
function Status({ one }) {
  if (one.gap) return h('li', null, h(Badge, { tone: 'warn' }, 'gap'), h('span', null, `${count(one.gap.missed)} statuses could not be told`));
  const { status, matched } = one;
  const why = Object.values(matched ?? {}).flat().filter((/** @type {any} */ hit) => typeof hit === 'string');
  return h(
    'li',
    null,
    h('time', null, moment(one.createTime)),
    h('strong', null, status.author),
    h(
      'span',
      null,
      one.gone ? h('i', { class: 'quiet' }, 'retracted') : status.text,
      (status.tags ?? []).map((/** @type {string} */ tag) => [' ', h(Badge, null, `#${tag}`)]),
      why.length > 0 && h('span', { class: 'quiet' }, `  matched ${why.join(', ')}`),
    ),
  );
}
