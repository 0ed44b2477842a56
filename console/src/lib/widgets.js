// SPDX-License-Identifier: Apache-2.0
// The parts pages are made of.
import { Component, Fragment, h } from './view.js';

/**
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: any) => any} show
 * @property {boolean} [number] whether it is set to the right
 * @property {boolean} [minor] whether narrow screens do without it
 */

/**
 * A table, or what is said when there are no rows.
 * @param {{caption: string, columns: Column[], rows: any[] | undefined, id: (row: any) => string, empty?: any,
 *   chosen?: string, more?: (() => void) | false}} props
 */
export function Table({ caption, columns, rows, id, empty, chosen, more }) {
  if (!rows) return h('p', { class: 'quiet' }, 'Loading …');
  if (!rows.length) return h('p', { class: 'empty' }, empty ?? 'Nothing yet.');
  const kind = (/** @type {Column} */ c) => `${c.number ? 'number' : ''} ${c.minor ? 'minor' : ''}`.trim() || undefined;
  return h(
    'div',
    { class: 'scroll', role: 'group', 'aria-label': caption, tabIndex: 0 },
    h(
      'table',
      null,
      h('caption', { class: 'unseen' }, caption),
      h('thead', null, h('tr', null, columns.map((c) => h('th', { scope: 'col', class: kind(c) }, c.title || h('span', { class: 'unseen' }, 'Action'))))),
      h(
        'tbody',
        null,
        rows.map((row) =>
          h(
            'tr',
            { key: id(row), class: chosen !== undefined && chosen === id(row) ? 'chosen' : undefined },
            columns.map((c) => h('td', { class: kind(c) }, c.show(row))),
          ),
        ),
      ),
    ),
    more && h('p', { class: 'more' }, h('button', { onClick: more }, 'Show more')),
  );
}

/** A link to a part of the console. @param {{to: string, current?: boolean, children?: any}} props */
export function Link({ to, current, children }) {
  return h('a', { href: to, 'aria-current': current ? 'true' : undefined }, children);
}

/** One figure. @param {{name: string, value: any, note?: any, bad?: boolean}} props */
export function Tile({ name, value, note, bad }) {
  return h(
    'div',
    { class: `tile${bad ? ' bad' : ''}` },
    h('dt', null, name),
    h('dd', null, h('span', { class: 'figure' }, value), note && h('span', { class: 'note' }, note)),
  );
}

/** @param {{children?: any}} props */
export function Tiles({ children }) {
  return h('dl', { class: 'tiles' }, children);
}

/** A part of a page. @param {{title: string, tools?: any, children?: any, live?: string}} props */
export function Part({ title, tools, children, live }) {
  return h(
    'section',
    { 'aria-label': title },
    h(
      'div',
      { class: 'head' },
      h('h2', null, title),
      live && h('span', { class: 'live', title: live }, 'live'),
      h('div', { class: 'tools' }, tools),
    ),
    children,
  );
}

/** What is wrong, if anything is. @param {{texts: string[]}} props */
export function Wrongs({ texts }) {
  return h(Fragment, null, texts.map((text) => h('p', { class: 'wrong', role: 'alert', key: text }, text)));
}

/** How much of something is used. @param {{value: number, of: number, label: string}} props */
export function Meter({ value, of, label }) {
  return h('meter', { min: 0, max: Math.max(of, 1), high: of * 0.9, value, 'aria-label': label });
}

/** A word that stands out. @param {{tone?: 'good' | 'bad' | 'warn' | '', children?: any}} props */
export function Badge({ tone = '', children }) {
  return h('span', { class: `badge ${tone}` }, children);
}

/**
 * A labelled input which tells what was typed a moment after the last key.
 * @extends {Component<{label: string, value: string, onValue: (value: string) => void, options?: string[], wide?: boolean,
 *   placeholder?: string}>}
 */
export class Field extends Component {
  static count = 0;
  id = `field-${Field.count++}`;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer = undefined;
  /** What was typed and not told yet: a page that is drawn anew meanwhile leaves it alone. @type {string | undefined} */
  typed = undefined;

  componentWillUnmount() {
    clearTimeout(this.timer);
  }

  render() {
    const { label, value, onValue, options, wide, placeholder } = this.props;
    const tell = (/** @type {any} */ event) => {
      clearTimeout(this.timer);
      const typed = event.target.value;
      const done = () => {
        this.typed = undefined;
        onValue(typed);
      };
      this.typed = typed;
      if (event.type === 'change') done();
      else this.timer = setTimeout(done, 300);
    };
    return h(
      'label',
      { class: `field${wide ? ' wide' : ''}` },
      h('span', null, label),
      h('input', {
        placeholder, value: this.typed ?? value, onInput: tell, onChange: tell, autocomplete: 'off', spellcheck: false, list: options ? this.id : undefined,
      }),
      options && h('datalist', { id: this.id }, options.map((option) => h('option', { value: option, key: option }))),
    );
  }
}

/** @param {{label: string, value: string, options: [string, string][], onValue: (value: string) => void}} props */
export function Choice({ label, value, options, onValue }) {
  return h(
    'label',
    { class: 'field' },
    h('span', null, label),
    h(
      'select',
      { value, onChange: (/** @type {any} */ e) => onValue(e.target.value) },
      options.map(([key, text]) => h('option', { value: key, key, selected: key === value }, text)),
    ),
  );
}

/** Texts of which one is chosen. @param {{label: string, value: string, options: [string, any][], onValue: (value: string) => void}} props */
export function Tabs({ label, value, options, onValue }) {
  return h(
    'div',
    { class: 'tabs', role: 'group', 'aria-label': label },
    options.map(([key, text]) =>
      h('button', { key, 'aria-pressed': key === value ? 'true' : 'false', onClick: () => onValue(key) }, text),
    ),
  );
}

/** JSON or another text as it is. @param {{text: string, label: string}} props */
export function Source({ text, label }) {
  return h('pre', { tabIndex: 0, role: 'group', 'aria-label': label }, text);
}
