// SPDX-License-Identifier: Apache-2.0
import { count, measure, money, word } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { call, said } from '../lib/rpc.js';
import { address, refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Field, Link, Part, Table, Tile, Tiles, Wrongs } from '../lib/widgets.js';

const ADS = 'quoin.ads.v1.AdServer';

/** @extends {Live<{}, any>} */
export class Ads extends Live {
  /** @type {any} */
  state = { wrongRequest: '' };

  /** @param {any} event */
  async explain(event) {
    event.preventDefault();
    const typed = Object.fromEntries(/** @type {any} */ (new FormData(event.target)));
    const list = (/** @type {any} */ text) => String(text).split(',').map((one) => one.trim()).filter((one) => one);
    try {
      const explained = await call(`${ADS}/Explain`, {
        network: this.network(), locations: list(typed.locations), content: typed.content, words: list(typed.words),
        slot: typed.slot, viewer: typed.viewer, maxItems: 50,
      });
      this.setState({ explained, wrongRequest: '' });
    } catch (failure) {
      this.setState({ explained: undefined, wrongRequest: said(failure) });
    }
  }

  /** The one that is chosen, or the first. @returns {string} */
  network() {
    return session.route.params.network || this.state.networks?.[0]?.network || '';
  }

  render() {
    const { prefix = '', ad } = session.route.params;
    this.list('networks', `${ADS}/ListNetworks`, { prefix, pageSize: 100 }, (reply) => this.setState({ networks: reply.networks ?? [] }));
    const network = this.network();
    const { networks, ads, settings, wrongRequest, explained } = this.state;
    if (network) {
      this.list('network', `${ADS}/GetNetwork`, { network }, (reply) => this.setState({ settings: reply }));
      this.list('ads', `${ADS}/ListAds`, { network, pageSize: 100 }, (reply) => this.setState({ ads: reply.ads ?? [] }));
    }
    return h(
      'div',
      null,
      h(Wrongs, { texts: this.wrongs }),
      h('div', { class: 'filters' }, h(Field, { label: 'Networks that begin with', value: prefix, onValue: (value) => refine({ prefix: value, network: '', ad: '' }) })),
      h(
        Part,
        { title: 'Networks', live: 'asked every 2 seconds' },
        h(Table, {
          caption: 'Networks', rows: networks, id: (one) => one.network, chosen: network, empty: 'There are no networks of ads.',
          columns: [
            { title: 'Network', show: (one) => h(Link, { to: address('ads', { prefix, network: one.network }), current: one.network === network }, one.network) },
            { title: 'Ads', number: true, show: (one) => count(one.adCount) },
          ],
        }),
      ),
      network && ad && h(Figures, { key: `${network}\n${ad}`, network, ad }),
      network && h(
        Part,
        { title: 'Explain a decision' },
        h(
          'form',
          { class: 'filters', onSubmit: (/** @type {any} */ event) => this.explain(event) },
          input('Locations', 'locations', 'US, CA', true), input('Content of the page', 'content'), input('Words', 'words', 'several with commas'),
          input('Slot', 'slot'), input('Viewer', 'viewer'), h('button', { class: 'main' }, 'Explain'),
        ),
        h(Wrongs, { texts: wrongRequest ? [wrongRequest] : [] }),
        explained && h(Decision, { explained }),
      ),
      network && h(
        Part,
        { title: settings ? `Ads of ${network}, ${count(settings.adCount)} in all` : 'Ads', live: 'asked every 2 seconds' },
        h(Table, {
          caption: 'Ads', rows: ads, id: (one) => one.id, chosen: ad, empty: 'The network has no ads.',
          columns: [
            { title: 'Ad', show: (one) => h(Link, { to: address('ads', { prefix, network, ad: one.id }), current: one.id === ad }, one.id) },
            { title: 'State', show: (one) => (one.state === 'AD_STATE_PAUSED' ? h(Badge, { tone: 'warn' }, 'paused') : h(Badge, { tone: 'good' }, 'active')) },
            { title: 'Bid', number: true, show: (one) => `${money(one.bidMicros)} ${word(one.pricing, 'PRICING_')}` },
            { title: 'Campaign', minor: true, show: (one) => one.campaign },
            { title: 'Locations', minor: true, show: (one) => (one.locations ?? []).join(', ') },
            { title: 'Content', minor: true, show: (one) => h('span', { class: 'cut' }, one.content) },
          ],
        }),
      ),
    );
  }
}

/** @param {string} label @param {string} name @param {string} [placeholder] @param {boolean} [required] */
function input(label, name, placeholder = '', required = false) {
  return h('label', { class: 'field' }, h('span', null, label), h('input', { name, placeholder, required, autocomplete: 'off' }));
}

/** Who took part, and why who won. @param {{explained: any}} props */
function Decision({ explained }) {
  const rows = explained.candidates ?? [];
  return h(
    'div',
    null,
    h('p', { class: 'quiet' }, `${count(explained.candidateCount)} candidates; words of the page: ${(explained.pageWords ?? []).join(', ') || 'none'}`),
    h(Table, {
      caption: 'Candidates', rows, id: (one) => one.adId, empty: 'No ad takes part.',
      columns: [
        { title: 'Ad', show: (one) => one.adId },
        { title: 'Outcome', show: (one) => (one.loss && one.loss !== 'LOSS_UNSPECIFIED' ? h(Badge, { tone: 'bad' }, word(one.loss, 'LOSS_')) : h(Badge, { tone: 'good' }, 'wins')) },
        { title: 'Base eCPM', number: true, show: (one) => money(one.baseEcpmMicros) },
        { title: 'Words', show: (one) => (one.matchedWords ?? []).join(', ') },
        { title: 'Bonus', number: true, show: (one) => money(one.bonusMicros) },
        { title: 'eCPM', number: true, show: (one) => money(one.ecpmMicros) },
        { title: 'Price', number: true, show: (one) => money(one.priceMicros) },
        { title: 'Seen', minor: true, show: (one) => (one.caps ?? []).map((/** @type {any} */ cap) => `${count(cap.seenCount)} of ${count(cap.frequencyCap?.views)}`).join(', ') },
      ],
    }),
  );
}

/** What an ad has achieved, as a stream. @extends {Live<{network: string, ad: string}, any>} */
class Figures extends Live {
  /** @type {any} */
  state = {};

  componentDidMount() {
    const { network, ad } = this.props;
    this.follow('stats', `${ADS}/WatchStats`, { network, adId: ad }, (message) => this.setState({ stats: message.stats ?? {} }));
  }

  render() {
    const { network, ad } = this.props;
    const { stats } = this.state;
    const budget = stats?.budgetStatus;
    const share = (/** @type {number} */ value) => (value === undefined ? '–' : `${measure(value * 100)} %`);
    return h(
      Part,
      { title: `Ad ${ad}`, live: 'a stream', tools: h('a', { class: 'button', href: address('ads', { network }) }, 'Close') },
      h(Wrongs, { texts: this.wrongs }),
      stats && h(
        Tiles,
        null,
        h(Tile, { name: 'Served', value: count(stats.servedCount) }),
        h(Tile, { name: 'Views', value: count(stats.views) }),
        h(Tile, { name: 'Clicks', value: count(stats.clicks), note: stats.ctr !== undefined && share(stats.ctr) }),
        h(Tile, { name: 'Actions', value: count(stats.actions) }),
        h(Tile, { name: 'Spent', value: money(stats.spendMicros), note: budget?.budget?.totalMicros ? `of ${money(budget.budget.totalMicros)}` : '' }),
        h(Tile, { name: 'eCPM', value: money(stats.ecpmMicros) }),
      ),
    );
  }
}
