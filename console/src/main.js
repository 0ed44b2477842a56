// SPDX-License-Identifier: Apache-2.0
// The frame of the console: navigation, namespace, sign-in, the state of the connection.
import { Asker } from './lib/ask.js';
import { watchFigures } from './lib/figures.js';
import { call } from './lib/rpc.js';
import { address, onChange, refine, session, signIn } from './lib/session.js';
import { Component, h, render } from './lib/view.js';
import { Field } from './lib/widgets.js';
import { Ads } from './pages/ads.js';
import { Calls } from './pages/calls.js';
import { Chat } from './pages/chat.js';
import { Config } from './pages/config.js';
import { Counters } from './pages/counters.js';
import { Feeds } from './pages/feeds.js';
import { Locks } from './pages/locks.js';
import { Logs } from './pages/logs.js';
import { Overview } from './pages/overview.js';
import { Queues } from './pages/queues.js';
import { Search } from './pages/search.js';
import { Stats } from './pages/stats.js';

/** @type {[string, string, any][]} address, title, component */
const PAGES = [
  ['overview', 'Overview', Overview],
  ['locks', 'Locks and semaphores', Locks],
  ['queues', 'Queues', Queues],
  ['counters', 'Counters', Counters],
  ['stats', 'Stats', Stats],
  ['logs', 'Logs', Logs],
  ['config', 'Configuration', Config],
  ['chat', 'Chat', Chat],
  ['feeds', 'Feeds', Feeds],
  ['search', 'Search', Search],
  ['ads', 'Ads', Ads],
  ['calls', 'Call any RPC', Calls],
];

/** @extends {Component<{}, any>} */
class Console extends Component {
  /** @type {any} */
  state = { namespaces: [], signingIn: false };
  shown = '';
  /** @type {HTMLElement | null} */
  title = null;

  componentDidMount() {
    onChange(() => {
      this.setState({});
      this.moved();
    });
    this.moved();
    this.listNamespaces();
    watchFigures();
  }

  /** Whoever uses no eyes or no mouse begins at the title of the new page. */
  moved() {
    const { page } = session.route;
    const title = PAGES.find(([name]) => name === page)?.[1] ?? 'Not found';
    document.title = `${title} · Quoin`;
    setTimeout(() => document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }));
    if (this.shown && this.shown !== page) {
      scrollTo(0, 0);
      setTimeout(() => this.title?.focus());
    }
    this.shown = page;
  }

  /** Names to choose from; whoever may not list them can type one. */
  listNamespaces() {
    call('quoin.admin.v1.Admin/ListNamespaces', { pageSize: 1000 })
      .then((reply) => this.setState({ namespaces: reply.namespaces ?? [] }))
      .catch(() => {});
  }

  /** @param {string} token */
  enter(token) {
    signIn(token);
    this.setState({ signingIn: false });
    this.listNamespaces();
    watchFigures();
  }

  render() {
    const { page } = session.route;
    const [, title, Page] = PAGES.find(([name]) => name === page) ?? ['', 'There is no such page', NotFound];
    const signingIn = this.state.signingIn || session.signInNeeded;
    return h(
      'div',
      { class: 'frame' },
      h('a', { class: 'skip', href: '#main', onClick: (/** @type {Event} */ e) => { e.preventDefault(); this.title?.focus(); } }, 'Skip to content'),
      h(
        'header',
        null,
        h('a', { class: 'brand', href: address('overview') }, h('img', { src: 'icon.svg', alt: '', width: 22, height: 22 }), 'Quoin'),
        h(
          'div',
          { onFocusIn: () => this.listNamespaces() },
          h(Field, {
            label: 'Namespace',
            value: session.namespace,
            options: ['default', ...this.state.namespaces.filter((/** @type {string} */ one) => one !== 'default')],
            onValue: (/** @type {string} */ namespace) => refine({ namespace: namespace === 'default' ? '' : namespace.trim() }),
          }),
        ),
        session.token
          ? h('button', { onClick: () => this.enter('') }, 'Sign out')
          : h('button', { onClick: () => this.setState({ signingIn: !this.state.signingIn }) }, 'Sign in'),
      ),
      h(
        'nav',
        { 'aria-label': 'Pages' },
        h('ul', null, PAGES.map(([name, text]) =>
          h('li', { key: name }, h('a', { href: address(name), 'aria-current': name === page ? 'page' : undefined }, text)),
        )),
      ),
      h(
        'main',
        { id: 'main' },
        h('div', { class: 'banner', role: 'alert', hidden: !session.trouble }, session.trouble && `${session.trouble} This page goes on by itself once it does.`),
        h('h1', { tabIndex: -1, ref: /** @type {(element: any) => void} */ ((element) => { this.title = element; }) }, signingIn ? 'Sign in' : title),
        signingIn
          ? h(SignIn, { enter: (/** @type {string} */ token) => this.enter(token) })
          : h(Page, { key: `${page} ${session.namespace} ${session.token}` }),
      ),
      h(Asker, null),
    );
  }
}

function NotFound() {
  return h('p', null, 'Choose a page on the left.');
}

/** @param {{enter: (token: string) => void}} props */
function SignIn({ enter }) {
  const submit = (/** @type {any} */ event) => {
    event.preventDefault();
    enter(String(new FormData(event.target).get('token')).trim());
  };
  return h(
    'form',
    { class: 'signin', onSubmit: submit },
    h('p', null, session.token ? 'The server does not take this token.' : 'Give a token, or a JWT, that the server knows.',
      ' It is kept in this tab only and forgotten when the tab is closed.'),
    h('label', { class: 'field wide' }, h('span', null, 'Token'), h('input', { name: 'token', type: 'password', required: true, autocomplete: 'off' })),
    h('div', { class: 'buttons' }, h('button', { class: 'main' }, 'Sign in')),
  );
}

render(h(Console, null), /** @type {HTMLElement} */ (document.getElementById('console')));
