// SPDX-License-Identifier: Apache-2.0
// Questions before what cannot be undone, and a word about what was done.
import { call, said } from './rpc.js';
import { onChange, session } from './session.js';
import { Component, h } from './view.js';

/**
 * @typedef {object} Question
 * @property {string} title names what is done, and to what
 * @property {string} text what that means
 * @property {string} action the word on the button
 * @property {boolean} [danger]
 * @property {Record<string, string>} [fields] labels of texts to give, by their names
 * @property {any} [content]
 */

/** @type {Asker | undefined} */
let asker;

function place() {
  return JSON.stringify([session.route, session.token]);
}

/** The place of the one dialog and of the word about the last action. @extends {Component<{}, any>} */
export class Asker extends Component {
  /** @type {HTMLDialogElement | null} */
  dialog = null;
  /** @type {any} */
  state = { question: null, answer: null, done: '', failed: false };

  /** What is asked about is of this place: elsewhere the same name may be something else. */
  place = place();

  componentDidMount() {
    asker = this;
    onChange(() => {
      if (this.place === place()) return;
      this.place = place();
      if (this.state.question) this.close(null);
    });
  }

  /** @param {Question} question @returns {Promise<Record<string, string> | null>} */
  ask(question) {
    return new Promise((answer) => this.setState({ question, answer }, () => this.dialog?.showModal()));
  }

  /** @param {Record<string, string> | null} given */
  close(given) {
    const { answer } = this.state;
    this.setState({ question: null, answer: null });
    this.dialog?.close();
    answer?.(given);
  }

  render() {
    const { question, done, failed } = this.state;
    const submit = (/** @type {any} */ event) => {
      event.preventDefault();
      this.close(Object.fromEntries(/** @type {any} */ (new FormData(event.target))));
    };
    return h(
      'div',
      null,
      h(
        'dialog',
        {
          ref: /** @type {(dialog: any) => void} */ ((dialog) => { this.dialog = dialog; }),
          'aria-labelledby': 'question',
          onCancel: (/** @type {Event} */ event) => { event.preventDefault(); this.close(null); },
        },
        question &&
          h(
            'form',
            { onSubmit: submit },
            h('h2', { id: 'question' }, question.title),
            h('p', null, question.text),
            question.content,
            Object.entries(question.fields ?? {}).map(([name, label]) =>
              h('label', { class: 'field wide', key: name }, h('span', null, label), h('input', { name, autocomplete: 'off' })),
            ),
            h(
              'div',
              { class: 'buttons' },
              h('button', { type: 'button', onClick: () => this.close(null) }, question.action ? 'Cancel' : 'Close'),
              question.action && h('button', { class: question.danger ? 'danger' : 'main' }, question.action),
            ),
          ),
      ),
      h('div', { class: `done${failed ? ' failed' : ''}`, role: 'status', hidden: !done }, done),
    );
  }

  /** @param {string} done @param {boolean} failed */
  tell(done, failed) {
    this.setState({ done, failed });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.setState({ done: '' }), failed ? 12000 : 5000);
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer = undefined;
}

/** Asks; null when the answer is no. @param {Question} question */
export function ask(question) {
  return asker ? asker.ask(question) : Promise.resolve(null);
}

/** Shows something in the dialog. @param {string} title @param {string} text @param {any} content */
export function show(title, text, content) {
  return ask({ title, text, action: '', content });
}

/** @param {string} done @param {boolean} [failed] */
export function tell(done, failed = false) {
  asker?.tell(done, failed);
}

/**
 * Calls an RPC because somebody pressed a button, and says what became of it.
 * @param {string} method
 * @param {object} request
 * @param {string | ((reply: any) => string)} done what is said afterwards
 * @returns {Promise<any>} the response; null when it was refused
 */
export async function act(method, request, done) {
  try {
    const reply = await call(method, request);
    tell(typeof done === 'string' ? done : done(reply));
    return reply;
  } catch (failure) {
    tell(said(failure), true);
    return null;
  }
}
