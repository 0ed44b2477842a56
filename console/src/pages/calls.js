// SPDX-License-Identifier: Apache-2.0
import { ask } from '../lib/ask.js';
import { contract } from '../lib/contract.js';
import { inputs, request } from '../lib/form.js';
import { call, said, stream } from '../lib/rpc.js';
import { refine, session } from '../lib/session.js';
import { Component, h } from '../lib/view.js';
import { Badge, Choice, Source, Wrongs } from '../lib/widgets.js';

const KEPT = 200;
const PERMISSIONS = ['', 'read', 'write', 'admin'];

/** Any RPC that a browser can call, by a form made from the contract. @extends {Component<{}, any>} */
export class Calls extends Component {
  /** @type {any} */
  state = { messages: [], wrong: '' };
  /** @type {AbortController | undefined} */
  running = undefined;

  componentDidMount() {
    contract().then((known) => this.setState({ known }), (failure) => this.setState({ wrong: said(failure) }));
  }

  componentWillUnmount() {
    this.running?.abort();
  }

  /** @param {string} service @param {string} [rpc] */
  choose(service, rpc) {
    this.running?.abort();
    this.setState({ messages: [], wrong: '', took: undefined });
    refine({ service, rpc });
  }

  /** @param {any} rpc @param {string} service @param {HTMLFormElement} form */
  async send(rpc, service, form) {
    this.running?.abort();
    const method = `${service}/${rpc.name}`;
    const running = new AbortController();
    try {
      const asked = request(form);
      if (rpc.permission === 3 && !/^(Get|List|Watch|Explain)/.test(rpc.name)) {
        const yes = await ask({ title: `Call ${method}?`, text: 'It changes what others work with. The request:', action: rpc.name, danger: true, content: h(Source, { label: 'Request', text: JSON.stringify(asked, null, 2) }) });
        if (!yes) return;
      }
      this.running = running;
      this.setState({ messages: [], wrong: '', took: undefined, running: true });
      const began = performance.now();
      if (rpc.serverStreams) {
        for await (const message of stream(method, asked, running.signal)) this.add(message);
      } else {
        this.add(await call(method, asked, running.signal));
      }
      this.setState({ took: performance.now() - began });
    } catch (failure) {
      if (!running.signal.aborted) {
        const reason = /** @type {any} */ (failure).reason;
        this.setState({ wrong: `${reason ? `${reason}: ` : ''}${said(failure)}` });
      }
    } finally {
      if (this.running === running) this.setState({ running: false });
    }
  }

  /** @param {any} message */
  add(message) {
    this.setState((/** @type {any} */ s) => ({ messages: [...s.messages, message].slice(-KEPT) }));
  }

  render() {
    const { known, messages, wrong, took, running } = this.state;
    if (!known) return wrong ? h(Wrongs, { texts: [wrong] }) : h('p', { class: 'quiet' }, 'Loading the contract …');
    const { service: chosen, rpc: named } = session.route.params;
    const service = known.services.find((/** @type {any} */ one) => one.name === chosen) ?? known.services[0];
    const rpc = service.rpcs.find((/** @type {any} */ one) => one.name === named) ?? service.rpcs[0];
    const submit = (/** @type {any} */ event) => {
      event.preventDefault();
      this.send(rpc, service.name, event.target);
    };
    return h(
      'div',
      null,
      h(
        'div',
        { class: 'filters' },
        h(Choice, { label: 'Service', value: service.name, onValue: (value) => this.choose(value), options: known.services.map((/** @type {any} */ one) => [one.name, one.name.replace(/^quoin\./, '')]) }),
        h(Choice, { label: 'RPC', value: rpc.name, onValue: (value) => this.choose(service.name, value), options: service.rpcs.map((/** @type {any} */ one) => [one.name, one.name]) }),
      ),
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          null,
          h('p', { class: 'comment' }, h(Badge, null, PERMISSIONS[rpc.permission]), ' ', rpc.serverStreams && h(Badge, null, 'stream'), ' ', rpc.comment),
          rpc.clientStreams
            ? h('p', { class: 'empty' }, 'This RPC takes a stream of requests, which browsers cannot send. Call it with gRPC.')
            : h(
                'form',
                { key: `${service.name}/${rpc.name}`, onSubmit: submit },
                inputs(known, rpc.input),
                h('div', { class: 'buttons' },
                  running && rpc.serverStreams && h('button', { type: 'button', onClick: () => this.running?.abort() }, 'Stop'),
                  h('button', { class: 'main' }, 'Call')),
              ),
        ),
        h(
          'div',
          null,
          h('h2', null, 'Response', ' ', took !== undefined && h('small', { class: 'quiet' }, `${took.toFixed(1)} ms`)),
          h(Wrongs, { texts: wrong ? [wrong] : [] }),
          messages.length > 0
            ? h(Source, { label: 'Response', text: messages.map((/** @type {any} */ one) => JSON.stringify(one, null, 2)).join('\n') })
            : h('p', { class: 'quiet' }, running ? 'Waiting for the server …' : 'Nothing was called yet.'),
        ),
      ),
    );
  }
}
