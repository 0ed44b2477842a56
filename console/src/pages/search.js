// SPDX-License-Identifier: Apache-2.0
import { count, measure, word } from '../lib/format.js';
import { Live } from '../lib/live.js';
import { call, said } from '../lib/rpc.js';
import { refine, session } from '../lib/session.js';
import { h } from '../lib/view.js';
import { Badge, Field, Part, Table, Wrongs } from '../lib/widgets.js';

const SEARCH = 'quoin.search.v1.Search';
const PAGE = 20;

/** @extends {Live<{}, any>} */
export class Search extends Live {
  /** @type {any} */
  state = { indexes: [], open: '' };
  asked = '';

  componentDidMount() {
    this.list('indexes', `${SEARCH}/ListIndexes`, { pageSize: 1000 }, (reply) => this.setState({ indexes: reply.indexes ?? [], listed: true }));
  }

  /** Answers what was typed last, whatever order answers come in. @param {string} index @param {string} query @param {string} pageToken */
  async ask(index, query, pageToken) {
    const asked = JSON.stringify([index, query, pageToken]);
    if (this.asked === asked) return;
    this.asked = asked;
    try {
      const about = await call(`${SEARCH}/GetIndex`, { index });
      const text = (about.fields ?? []).filter((/** @type {any} */ f) => f.type === 'FIELD_TYPE_TEXT').map((/** @type {any} */ f) => f.name);
      const tags = (about.fields ?? []).filter((/** @type {any} */ f) => f.type === 'FIELD_TYPE_TAG').map((/** @type {any} */ f) => f.name);
      const began = performance.now();
      const [found, parsed] = await Promise.all([
        call(`${SEARCH}/Query`, {
          index, query: query || '*', pageSize: PAGE, pageToken, explain: query !== '', highlight: query ? text.slice(0, 16) : [],
          facets: tags.slice(0, 8).map((/** @type {string} */ field) => ({ field, disjunctive: true, limit: 12 })),
        }),
        query ? call(`${SEARCH}/Parse`, { index, query }) : { parsedParts: [] },
      ]);
      if (this.asked === asked) this.setState({ about, found, parsed, took: performance.now() - began, wrongQuery: '' });
    } catch (failure) {
      if (this.asked === asked) this.setState({ wrongQuery: said(failure), found: undefined, parsed: undefined });
    }
  }

  render() {
    const { indexes, listed, about, found, parsed, took, wrongQuery } = this.state;
    const { index: chosen, query = '', token = '' } = session.route.params;
    const index = chosen || indexes[0];
    if (index) this.ask(index, query, token);
    return h(
      'div',
      null,
      h(Wrongs, { texts: [...this.wrongs, ...(wrongQuery ? [wrongQuery] : [])] }),
      h(
        'div',
        { class: 'filters' },
        h(Field, { label: 'Index', value: index ?? '', options: indexes, onValue: (value) => refine({ index: value, token: '' }) }),
        h(Field, { label: 'Query', value: query, wide: true, placeholder: 'red shoes -kids brand:{acme} price:[10 TO 50]', onValue: (value) => refine({ index, query: value, token: '' }) }),
      ),
      listed && !index && h('p', { class: 'empty' }, 'There is no index in this namespace.'),
      query && parsed && h(Part, { title: 'How it is understood' }, h(Parse, { parts: parsed.parsedParts ?? [], warnings: parsed.warnings ?? [] })),
      found && h(
        'div',
        { class: 'columns' },
        h(
          Part,
          {
            title: `${found.totalExact === false ? 'About ' : ''}${count(found.total)} of ${count(about.documents)} documents`,
            tools: [
              h('span', { class: 'quiet' }, `${took.toFixed(0)} ms`),
              token && h('button', { onClick: () => refine({ token: '' }) }, 'First page'),
              found.nextPageToken && h('button', { onClick: () => refine({ index, token: found.nextPageToken }) }, 'Next page'),
            ],
          },
          (found.hits ?? []).length ? h('ol', { class: 'hits' }, found.hits.map((/** @type {any} */ hit) => h(Hit, { key: hit.id, hit }))) : h('p', { class: 'empty' }, 'No document matches.'),
        ),
        (found.facets ?? []).length > 0 && h(
          Part,
          { title: 'Facets' },
          found.facets.map((/** @type {any} */ facet) => h(Table, {
            key: facet.field, caption: facet.field, rows: facet.values ?? [], id: (one) => one.value, empty: 'No values.',
            columns: [{ title: facet.field, show: (one) => one.value }, { title: 'Documents', number: true, show: (one) => count(one.count) }],
          })),
        ),
      ),
    );
  }
}

/** @param {{parts: any[], warnings: string[]}} props @returns {any} */
function Parse({ parts, warnings }) {
  return [
    warnings.map((warning) => h('p', { class: 'wrong', key: warning }, word(warning, 'QUERY_WARNING_'))),
    h('ul', { class: 'tree' }, parts.map((part, i) =>
      h('li', { key: i },
        part.excluded && [h(Badge, { tone: 'bad' }, 'not'), ' '],
        h(Badge, null, word(part.partKind, 'PART_KIND_')), ' ', part.field && h('code', null, `${part.field}:`), ' ', part.text,
        part.lookedFor?.length > 0 && h('span', { class: 'quiet' }, ` → ${part.lookedFor.join(', ')}`),
        part.innerParts?.length > 0 && h(Parse, { parts: part.innerParts, warnings: [] })))),
  ];
}

/** @param {{hit: any}} props */
function Hit({ hit }) {
  const parts = hit.explanation?.scoreParts ?? [];
  return h(
    'li',
    null,
    h('strong', null, hit.id), ' ', hit.score !== undefined && h(Badge, null, measure(hit.score)),
    (hit.highlights ?? []).map((/** @type {any} */ highlight) =>
      h('p', { key: highlight.field }, h('span', { class: 'quiet' }, `${highlight.field}: `),
        (highlight.fragments ?? []).map((/** @type {any} */ fragment, /** @type {number} */ i) => [i > 0 && ' … ', (fragment.parts ?? []).map((/** @type {any} */ part) => (part.matched ? h('mark', null, part.text) : part.text))]))),
    h('details', null, h('summary', null, 'Document', parts.length > 0 && ' and score'),
      parts.length > 0 && h(Table, {
        caption: `Score of ${hit.id}`, rows: parts, id: (part) => `${part.field} ${part.term}`,
        columns: [
          { title: 'Field', show: (part) => part.field },
          { title: 'Term', show: (part) => part.term },
          { title: 'Score', number: true, show: (part) => measure(part.partScore) },
          { title: 'Calculation', show: (part) => h('code', null, part.calculation) },
        ],
      }),
      h('pre', { tabIndex: 0, role: 'group', 'aria-label': `Fields of ${hit.id}` }, JSON.stringify(hit.fields ?? {}, null, 2))),
  );
}
