// SPDX-License-Identifier: Apache-2.0
// Chat, feeds, search, ads, and any other RPC.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { answer, look, part, says } from './browser.js';
import { post } from './seed.js';

/** @param {{server: import('./server.js').Server, browser: import('./browser.js').Browser}} at */
export function talk({ server, browser }) {
  describe('talking', () => {
    afterEach(() => browser.assertCalm());

    it('shows a room as it goes on', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/chat`);
      await page.getByRole('link', { name: 'support' }).click();
      await page.getByLabel('Seen by the member').fill('ann');
      await says(page, '.lines', '<img src=x onerror=alert(1)>');
      await says(page, 'section[aria-label="Room support"]', 'owner');
      await server.call('chat.v1.Chat/Send', { chatId: 'support', sender: 'bob', body: 'Found it.' });
      await says(page, '.lines', 'Found it.');
      await look(page, 'chat');
      await page.context().close();
    });

    it('shows what is posted and matches', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/feeds`);
      await part(page, 'What is posted').getByText('Nothing since').waitFor();
      // The stream begins when it begins: posted until it is seen.
      const posting = setInterval(() => post(server), 700);
      await says(page, '.lines', '<b>not bold</b> #redis');
      await page.getByLabel('Words or phrases').fill('shoes');
      await says(page, '.lines', 'matched shoes');
      clearInterval(posting);
      assert.equal(await page.locator('.lines li', { hasText: 'Rain again' }).count(), 0);
      await says(page, 'section[aria-label="Tags of the last 15 minutes"]', 'redis');
      await look(page, 'feeds');
      await page.context().close();
    });

    it('searches, and says how a query is understood', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/search`);
      await says(page, 'h2', '5 of 5 documents');
      await page.getByLabel('Query').fill('red shoes');
      await says(page, 'section[aria-label="How it is understood"]', 'shoes');
      await says(page, '.hits mark', 'Red');
      await page.getByText('Document and score').first().click();
      await says(page, '.hits td', 'title');
      await says(page, 'section[aria-label="Facets"]', 'northway');
      await look(page, 'search');
      await page.context().close();
    });

    it('explains which ad is shown', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/ads`);
      await page.getByRole('link', { name: 'shop', exact: true }).click();
      await page.getByLabel('Locations').fill('US');
      await page.getByLabel('Content of the page').fill('rain today');
      await page.getByRole('button', { name: 'Explain' }).click();
      const decision = part(page, 'Explain a decision');
      await decision.getByRole('row', { name: /shoes wins/ }).waitFor();
      await decision.getByRole('row', { name: /boots outbid/ }).waitFor();
      await page.getByRole('link', { name: 'shoes' }).click();
      await says(page, 'section[aria-label="Ad shoes"]', 'Served');
      await look(page, 'ads');
      await page.context().close();
    });

    it('calls any RPC by a form made of the contract', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/calls?service=quoin.locks.v1.Locks&rpc=Acquire`);
      await page.locator('input[name=name]').fill('by-form');
      await page.locator('input[name=lease]').fill('5m');
      await page.locator('select[name=mode]').selectOption('MODE_SHARED');
      await page.getByRole('button', { name: 'Call' }).click();
      await says(page, 'pre', '"acquired": true');
      const lock = await server.call('locks.v1.Locks/Get', { name: 'by-form' });
      assert.equal(lock.mode, 'MODE_SHARED');
      assert.ok(Date.parse(lock.expireTime) > Date.now() + 200_000);
      await look(page, 'calls');

      await page.getByLabel('RPC').selectOption('Revoke');
      await page.locator('input[name=name]').fill('by-form');
      await page.getByRole('button', { name: 'Call' }).click();
      await answer(page, /Call quoin.locks.v1.Locks\/Revoke/, 'Revoke');
      await says(page, 'pre', '"revoked": true');

      await page.getByLabel('RPC').selectOption('Hold');
      await page.locator('input[name=name]').fill('by-form');
      await page.getByRole('button', { name: 'Call' }).click();
      await says(page, 'pre', '"granted"');
      await page.getByRole('button', { name: 'Stop' }).click();
      await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });

      await page.getByLabel('Service').selectOption('quoin.social.v1.Users');
      await page.getByLabel('RPC').selectOption('Create');
      browser.assertCalm();
      await page.getByRole('button', { name: 'Call' }).click();
      await says(page, '.wrong', 'INVALID_REQUEST');
      // What was refused stands in the browser's own console, too.
      browser.complaints = browser.complaints.filter((text) => !/status of 400/.test(text));
      await page.context().close();
    });
  });
}
