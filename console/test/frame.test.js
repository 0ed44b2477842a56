// SPDX-License-Identifier: Apache-2.0
// What all pages have in common: namespace, keyboard, a server that goes away, signing in.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, describe, it } from 'node:test';
import { look, part, says } from './browser.js';
import { Server } from './server.js';

/** @param {{server: Server, browser: import('./browser.js').Browser}} at */
export function frame({ server, browser }) {
  describe('the frame', () => {
    afterEach(() => browser.assertCalm());

    it('shows one namespace at a time', async () => {
      await server.call('locks.v1.Locks/Acquire', { name: 'only-here', lease: '600s' }, 'staging');
      const page = await browser.tab();
      await page.goto(`${server.address}#/locks`);
      await part(page, 'Locks').getByText('catalogue').waitFor();
      await page.getByLabel('Namespace').fill('staging');
      await part(page, 'Locks').getByText('only-here').waitFor();
      assert.equal(await part(page, 'Locks').getByText('catalogue').count(), 0);
      assert.match(page.url(), /namespace=staging/);
      await page.waitForFunction(() => [...document.querySelectorAll('datalist option')].some((option) => /** @type {HTMLOptionElement} */ (option).value === 'staging'));
      await page.context().close();
    });

    it('does not act in another namespace than it asked about', async () => {
      for (const namespace of ['default', 'staging']) await server.call('queues.v1.Queues/Enqueue', { queue: 'twice', task: { kind: 'x' } }, namespace);
      const page = await browser.tab();
      await page.goto(`${server.address}#/queues?namespace=staging&queue=twice`);
      await part(page, 'Queue twice').getByText('Ready', { exact: true }).first().waitFor();
      await page.evaluate(() => { location.hash = '#/queues?queue=twice'; });
      await part(page, 'Queue twice').getByRole('button', { name: 'Purge' }).click();
      const dialog = page.getByRole('dialog', { name: /“twice”/ });
      await dialog.waitFor();
      await page.goBack();
      await page.waitForURL(/namespace=staging/);
      await dialog.waitFor({ state: 'hidden' });
      assert.equal((await server.call('queues.v1.Queues/GetStats', { queue: 'twice' }, 'staging')).readyCount, '1');
      await page.context().close();
    });

    it('leaves alone what is being typed while the page changes', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/logs?log=typed`);
      const field = page.getByLabel('Text contains');
      await field.waitFor();
      let typing = true;
      const lines = (async () => {
        while (typing) await server.call('logs.v1.Logs/Write', { name: 'typed', severity: 'SEVERITY_INFO', text: 'a needle in a haystack' });
      })();
      try {
        await part(page, 'Log typed').getByText('needle').first().waitFor();
        await field.pressSequentially('needle', { delay: 120 });
        assert.equal(await field.inputValue(), 'needle');
      } finally {
        typing = false;
        await lines;
      }
      await page.context().close();
    });

    it('is used by keyboard alone', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/overview`);
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1');
      await page.getByRole('link', { name: 'Queues' }).focus();
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.activeElement?.textContent === 'Queues' && document.activeElement.tagName === 'H1');
      // What is told anew does not take the focus from what somebody uses.
      const prefix = page.getByLabel('Names that begin with');
      await prefix.focus();
      await server.call('queues.v1.Queues/Enqueue', { queue: 'new-one', task: { kind: 'x' } });
      await part(page, 'Queues').getByText('new-one').waitFor();
      assert.equal(await prefix.evaluate((element) => element === document.activeElement), true);
      await page.context().close();
    });

    it('says that the server is gone, and goes on when it is back', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/locks?lock=catalogue`);
      await part(page, 'Lock catalogue').getByText('reader-1').waitFor();
      await server.stop('SIGKILL');
      await says(page, '.banner', 'The server does not answer.');
      await look(page, 'trouble');
      await server.again();
      await page.locator('.banner').waitFor({ state: 'hidden' });
      await server.call('locks.v1.Locks/Acquire', { name: 'after-the-restart', lease: '600s' });
      await part(page, 'Locks').getByText('after-the-restart').waitFor();
      await page.waitForFunction(() => document.querySelectorAll('.wrong').length === 0);
      // Chromium notes what could not be loaded; nothing else may be wrong.
      browser.complaints = browser.complaints.filter((text) => !/ERR_|status of 503/.test(text));
      await page.context().close();
    });

    it('goes on after an answer that broke off', async () => {
      const page = await browser.tab();
      let broken = 0;
      await page.route('**/quoin.locks.v1.Locks/List', (route) => {
        broken += 1;
        return broken > 1 ? route.continue() : route.fulfill({ contentType: 'application/json', body: '{"locks": [{"na' });
      });
      await page.goto(`${server.address}#/locks`);
      await part(page, 'Locks').getByText('catalogue').waitFor();
      assert.ok(broken > 1);
      await page.locator('.banner').waitFor({ state: 'hidden' });
      await page.context().close();
    });

    it('asks for a token when the server wants one', async () => {
      const guarded = new Server();
      const token = 'a-token-for-tests-0123456789abcdef';
      const digest = createHash('sha256').update(token).digest('hex');
      const tokens = guarded.file('tokens.yaml', `tokens:\n  - principal: ann\n    digest: sha256:${digest}\n`);
      await guarded.start('--tokens', tokens);
      try {
        const page = await browser.tab();
        await page.goto(`${guarded.address}#/locks`);
        await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
        await look(page, 'sign-in');
        await page.getByLabel('Token').fill(token);
        await page.keyboard.press('Enter');
        await says(page, 'section[aria-label="Locks"]', 'No lock is held');
        assert.equal(page.url().includes(token), false);
        assert.equal(await page.evaluate(() => localStorage.length), 0);
        await page.reload();
        await says(page, 'section[aria-label="Locks"]', 'No lock is held');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
        assert.equal(await page.evaluate(() => sessionStorage.length), 0);
        browser.complaints = browser.complaints.filter((text) => !/status of 401/.test(text));
        await page.context().close();
      } finally {
        await guarded.close();
      }
    });
  });
}
