// SPDX-License-Identifier: Apache-2.0
// A little of everything, as its users would have made it.

/** @typedef {import('./server.js').Server} Server */

const LINES = ['took the order {order}', 'sent the parcel of {order}', 'no answer from the payment service'];

/** @param {Server} server */
export async function seed(server) {
  const { call } = { call: server.call.bind(server) };
  await call('locks.v1.Locks/Acquire', { name: 'nightly-report', lease: '3600s', label: 'host-7' });
  await call('locks.v1.Locks/Acquire', { name: 'catalogue', lease: '600s', label: 'reader-1', mode: 'MODE_SHARED' });
  await call('locks.v1.Locks/Acquire', { name: 'catalogue', lease: '600s', label: 'reader-2', mode: 'MODE_SHARED' });
  const ends = [
    server.open('locks.v1.Locks/Hold', { name: 'nightly-report', label: 'host-8' }),
    server.open('locks.v1.Locks/Hold', { name: 'nightly-report', label: 'host-9' }),
  ];
  await call('semaphores.v1.Semaphores/Configure', { name: 'exports', limit: 5 });
  await call('semaphores.v1.Semaphores/Acquire', { name: 'exports', permits: 3, lease: '600s', label: 'pdf-worker' });
  await call('semaphores.v1.Semaphores/Acquire', { name: 'exports', permits: 1, lease: '600s', label: 'csv-worker' });
  await queues(server);
  for (let i = 0; i < 40; i++) {
    await call('counters.v1.Counters/Increment', { name: i % 3 ? 'orders' : 'page-views', delta: String(1 + (i % 7)) });
    await call('stats.v1.Stats/Record', { context: i % 2 ? '/checkout' : '/search', kind: 'latency-ms', value: 20 + ((i * 37) % 90) });
  }
  for (let i = 0; i < 30; i++) {
    const text = LINES[i % 3].replace('{order}', `#${1000 + i}`);
    await call('logs.v1.Logs/Write', { name: 'shop', severity: i % 3 === 2 ? 'SEVERITY_ERROR' : 'SEVERITY_INFO', text, template: LINES[i % 3], fields: { host: `host-${i % 4}` } });
  }
  await call('logs.v1.Logs/Write', { name: 'shop', severity: 'SEVERITY_WARNING', text: '<img src=x onerror=alert(1)> is only a text' });
  await config(server);
  await talk(server);
  await find(server);
  await advertise(server);
  ends.push(server.open('config.v1.Config/Announce', { service: 'checkout', instance: 'host-7', address: '10.0.0.7:8080' }));
  return () => ends.forEach((end) => end());
}

/** @param {Server} server */
async function queues(server) {
  const task = (/** @type {object} */ more) => ({ kind: 'welcome', payloadText: '{"to": "ann@example.org"}', ...more });
  for (let i = 0; i < 12; i++) await server.call('queues.v1.Queues/Enqueue', { queue: 'mail', task: task({}) });
  await server.call('queues.v1.Queues/Enqueue', { queue: 'mail', task: task({ kind: 'reminder', delay: '3600s' }) });
  const { tasks } = await server.call('queues.v1.Queues/Lease', { queues: ['mail'], maxItems: 4, lease: '600s' });
  const failed = tasks.slice(0, 2).map((/** @type {any} */ one) => ({ queue: 'mail', taskId: one.taskId, token: one.token, error: 'mailbox <b>full</b>', dead: true }));
  await server.call('queues.v1.Queues/Nack', { failed });
  await server.call('queues.v1.Queues/Enqueue', { queue: 'thumbnails', task: task({ kind: 'resize', payload: 'AAECA/8=', payloadText: undefined }) });
  await server.call('queues.v1.Schedules/PutSchedule', { queue: 'mail', name: 'digest', cron: '0 7 * * *', timeZone: 'Europe/Paris', task: task({ kind: 'digest' }) });
}

/** @param {Server} server */
async function config(server) {
  for (const [component, value] of Object.entries({ checkout: { currency: 'EUR', retries: 3 }, search: { synonyms: true, timeoutMs: 250 } })) {
    await server.call('config.v1.Config/Set', { type: 'service', component, value, actor: 'ann' });
  }
  await server.call('config.v1.Config/Set', { type: 'service', component: 'checkout', value: { currency: 'EUR', retries: 5 }, actor: 'bob' });
  await server.call('config.v1.Config/SetMaintenance', { name: 'payments', on: true, notice: 'Back at noon', actor: 'ann' });
}

/** @param {Server} server */
async function talk(server) {
  await server.call('chat.v1.Chat/Create', { chatId: 'support', actor: 'ann', users: ['bob', 'cyd'], firstMessage: 'Who has seen order #1004?' });
  await server.call('chat.v1.Chat/Send', { chatId: 'support', sender: 'bob', body: 'It left this morning.' });
  await server.call('chat.v1.Chat/Send', { chatId: 'support', sender: 'cyd', body: '<img src=x onerror=alert(1)>' });
}

/** @param {Server} server */
export async function post(server) {
  for (const [id, author, text, tags] of /** @type {[string, string, string, string[]][]} */ ([
    ['1', 'ann', 'Rain again, good day for #redis', ['redis']], ['2', 'bob', 'New shoes arrived @ann', ['shopping']], ['3', 'cyd', '<b>not bold</b> #redis', ['redis']],
  ])) {
    await server.call('feeds.v1.Feeds/Publish', { id: `${id}-${Date.now()}`, author, text, tags, language: 'en' });
  }
}

/** @param {Server} server */
async function find(server) {
  await server.call('search.v1.Search/CreateIndex', {
    index: 'products',
    fields: [{ name: 'title', type: 'FIELD_TYPE_TEXT', weight: 2 }, { name: 'text', type: 'FIELD_TYPE_TEXT' }, { name: 'brand', type: 'FIELD_TYPE_TAG' }, { name: 'price', type: 'FIELD_TYPE_NUMBER', sortable: true }],
  });
  const things = ['Red running shoes', 'Blue running shoes', 'Leather boots', 'Rain jacket', 'Red rain boots'];
  for (const [i, title] of things.entries()) {
    await server.call('search.v1.Search/Put', { index: 'products', document: { id: `p${i}`, fields: { title, text: `${title}, made to last in any weather.`, brand: i % 2 ? 'acme' : 'northway', price: 30 + i * 15 } } });
  }
}

/** @param {Server} server */
async function advertise(server) {
  const ad = (/** @type {string} */ id, /** @type {object} */ more) => server.call('ads.v1.AdServer/PutAd', {
    network: 'shop', ad: { id, campaign: 'spring', pricing: 'PRICING_CPM', bidMicros: '2500000', locations: ['US', 'FR'], content: 'running shoes for rain', ...more },
  });
  await ad('shoes', {});
  await ad('boots', { bidMicros: '1500000', content: 'leather boots' });
  await ad('sale', { bidMicros: '9000000', state: 'AD_STATE_PAUSED' });
  for (let i = 0; i < 5; i++) await server.call('ads.v1.AdServer/Target', { network: 'shop', locations: ['US'], content: 'rain is coming', viewer: `v${i}` });
}
