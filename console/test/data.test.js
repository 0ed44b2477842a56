// SPDX-License-Identifier: Apache-2.0
// Counters, stats, logs, configuration.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { answer, look, part, says } from './browser.js';

/** @param {{server: import('./server.js').Server, browser: import('./browser.js').Browser}} at */
export function data({ server, browser }) {
  describe('data', () => {
    afterEach(() => browser.assertCalm());

    it('plots a counter as it grows, and deletes it', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/counters?counter=orders&precision=86400`);
      const sum = async () => Number((await page.locator('.tile', { hasText: 'Now' }).locator('.figure').innerText()).replace(/\D/g, ''));
      await page.locator('canvas').waitFor();
      await page.waitForFunction(() => /[1-9]/.test(document.querySelector('.tile .figure')?.textContent ?? ''));
      const before = await sum();
      await server.call('counters.v1.Counters/Increment', { name: 'orders', delta: '1000' });
      await page.waitForFunction((more) => Number(document.querySelector('.tile .figure')?.textContent?.replace(/\D/g, '')) === more, before + 1000);
      await look(page, 'counters');
      await part(page, 'Counter orders').getByRole('button', { name: 'Delete' }).click();
      await answer(page, /Delete the counter “orders”/, 'Delete');
      await page.getByRole('status').getByText('is deleted').waitFor();
      assert.deepEqual((await server.call('counters.v1.Counters/List')).names, ['page-views']);
      await page.context().close();
    });

    it('shows percentiles and anomalies', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/stats?kind=latency-ms&context=/search`);
      await says(page, '.tile', 'p99');
      await page.waitForFunction(() => [...document.querySelectorAll('.tile')].some((tile) => /p99\d/.test(tile.textContent ?? '')));
      await says(page, 'section[aria-label="Slowest contexts of latency-ms"]', '/checkout');
      const record = (/** @type {number} */ value) => server.call('stats.v1.Stats/Record', { context: '/search', kind: 'latency-ms', value });
      // Fewer values have no usual.
      for (let i = 0; i < 30; i++) await record(40 + i);
      await record(90000);
      await says(page, 'section[aria-label="Anomalies of latency-ms"]', '90,000');
      await look(page, 'stats');
      await page.context().close();
    });

    it('follows a log, filters it, and shows markup as text', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/logs?log=shop`);
      await says(page, '.lines', '<img src=x onerror=alert(1)> is only a text');
      await says(page, 'section[aria-label="Common messages of this hour"]', 'took the order {order}');
      await look(page, 'logs');
      await page.getByLabel('At least').selectOption('error');
      await page.locator('.lines').getByText('only a text').waitFor({ state: 'detached' });
      await server.call('logs.v1.Logs/Write', { name: 'shop', severity: 'SEVERITY_CRITICAL', text: 'the disk is full' });
      await says(page, '.lines', 'the disk is full');
      await page.getByLabel('Text contains').fill('disk');
      await page.waitForFunction(() => document.querySelectorAll('.lines li').length === 1);
      await page.context().close();
    });

    it('edits a configuration, but not over the change of somebody else', async () => {
      const page = await browser.tab();
      const where = { type: 'service', component: 'checkout' };
      const value = async () => (await server.call('config.v1.Config/Get', where)).configuration.value;
      await page.goto(`${server.address}#/config?type=service&component=checkout`);
      const text = page.getByLabel('Value, a JSON object');
      await page.waitForFunction(() => document.querySelector('textarea')?.value.includes('retries'));
      await text.fill('{"currency": "USD", "retries": 5}');
      await says(page, '.diff .in', '"USD"');
      await look(page, 'config');
      await server.call('config.v1.Config/Set', { ...where, value: { currency: 'CHF' }, actor: 'cyd' });
      await page.getByText('was stored while you typed').waitFor();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('status').getByText('nothing was changed').waitFor();
      assert.deepEqual(await value(), { currency: 'CHF' });
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('status').getByText('is stored').waitFor();
      assert.deepEqual(await value(), { currency: 'USD', retries: 5 });

      await page.getByRole('button', { name: /^Roll back/ }).last().click();
      await answer(page, /Roll “checkout” back/, 'Roll back');
      await page.getByRole('status').getByText('has the value of version').waitFor();
      assert.deepEqual(await value(), { currency: 'EUR', retries: 3 });
      await part(page, 'Configuration checkout').getByRole('button', { name: 'Delete' }).click();
      await answer(page, /Delete the configuration “checkout”/, 'Delete');
      await page.getByRole('status').getByText('“checkout” is deleted').waitFor();
      assert.equal((await server.call('config.v1.Config/Get', where)).found, false);
      await page.context().close();
    });

    it('switches maintenance and shows services', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/config`);
      await says(page, 'section[aria-label="Services"]', '10.0.0.7:8080');
      await page.getByRole('button', { name: 'Switch off: payments' }).click();
      await answer(page, /End the maintenance of “payments”/, 'Switch off');
      await says(page, 'section[aria-label="Maintenance"]', 'Nothing is under maintenance.');
      assert.equal((await server.call('config.v1.Config/GetMaintenance', { name: 'payments' })).maintenance.on, false);
      await part(page, 'Maintenance').getByRole('button', { name: 'Switch on' }).click();
      await answer(page, /under maintenance/, 'Switch on', { 'Its name': 'refunds', 'Notice for users': 'Back soon' });
      await says(page, 'section[aria-label="Maintenance"]', 'Back soon');
      assert.equal((await server.call('config.v1.Config/GetMaintenance', { name: 'refunds' })).maintenance.on, true);
      await page.context().close();
    });
  });
}
