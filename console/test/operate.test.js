// SPDX-License-Identifier: Apache-2.0
// Overview, locks, semaphores, queues: what operators look at first.
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { answer, look, part, says } from './browser.js';

/** @param {{server: import('./server.js').Server, browser: import('./browser.js').Browser}} at */
export function operate({ server, browser }) {
  describe('operating', () => {
    afterEach(() => browser.assertCalm());

    it('shows how the server is doing', async () => {
      const page = await browser.tab();
      await page.goto(server.address);
      for (let i = 0; i < 3; i++) await server.call('locks.v1.Locks/Get', { name: 'x' });
      const locks = part(page, 'Services').getByRole('row').filter({ hasText: /^Locks/ });
      await locks.waitFor();
      await server.call('locks.v1.Locks/Get', { name: 'x' });
      // A percentile is told for calls of the last moments only.
      await says(page, 'figure', /calls \d/);
      await says(page, 'section[aria-label="Redis"]', 'primary');
      await page.getByText('Redis answers in').first().waitFor();
      await page.locator('canvas').nth(3).waitFor();
      assert.equal(await page.locator('canvas').count(), 4);
      await look(page, 'overview');
      await page.context().close();
    });

    it('shows who holds a lock and who waits, and takes it away', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/locks`);
      await says(page, 'section[aria-label="Semaphores"]', '4 of 5');
      await says(page, 'section[aria-label="Locks"]', '2 readers');
      await page.getByRole('link', { name: 'nightly-report' }).click();
      const detail = part(page, 'Lock nightly-report');
      await detail.getByText('host-8').waitFor();
      await detail.getByText('host-9').waitFor();
      await look(page, 'locks');

      await detail.getByRole('button', { name: 'Force release' }).click();
      await page.keyboard.press('Escape');
      assert.equal((await server.call('locks.v1.Locks/Get', { name: 'nightly-report' })).label, 'host-7');
      await detail.getByRole('button', { name: 'Force release' }).click();
      await answer(page, /“nightly-report” from host-7/, 'Force release', { 'Your name': 'ann', 'Explanation, which the holder reads': 'it hangs' });
      await page.getByRole('status').getByText('“nightly-report” was released.').waitFor();
      // Told by the stream, without a reload.
      await detail.locator('.changes').getByText('it hangs').waitFor();
      assert.match((await server.call('locks.v1.Locks/Get', { name: 'nightly-report' })).label, /^host-[89]$/);
      await page.context().close();
    });

    it('takes permits of a semaphore away', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/locks?semaphore=exports`);
      await page.getByRole('button', { name: 'Revoke permits of pdf-worker' }).click();
      await look(page, 'dialog');
      await answer(page, /3 of “exports” from pdf-worker/, 'Revoke');
      await says(page, 'section[aria-label="Semaphore exports"]', '1 of 5');
      const { holders } = await server.call('semaphores.v1.Semaphores/Get', { name: 'exports' });
      assert.deepEqual(holders.map((/** @type {any} */ one) => one.label), ['csv-worker']);
      await page.context().close();
    });

    it('shows queues, their tasks and why some are dead', async () => {
      const page = await browser.tab();
      await page.goto(`${server.address}#/queues`);
      await page.getByRole('link', { name: 'mail' }).first().click();
      await says(page, 'section[aria-label="Queue mail"]', 'mailbox <b>full</b>');
      await says(page, 'section[aria-label="Schedules of mail"]', 'digest');
      await look(page, 'queues');
      await page.getByRole('button', { name: 'Running' }).click();
      await says(page, 'section[aria-label="Queue mail"]', 'ann@example.org');
      await page.getByRole('button', { name: 'Delayed' }).click();
      await says(page, 'section[aria-label="Queue mail"] td', 'reminder');
      await page.getByRole('button', { name: 'Dead', exact: true }).click();
      await part(page, 'Queue mail').locator('td button.plain').first().click();
      await page.getByRole('dialog').getByText('{"to": "ann@example.org"}').waitFor();
      await page.getByRole('button', { name: 'Close' }).last().click();
      await page.context().close();
    });

    it('retries dead tasks, pauses, resumes, purges, deletes a schedule', async () => {
      const page = await browser.tab();
      const stats = () => server.call('queues.v1.Queues/GetStats', { queue: 'mail' });
      await page.goto(`${server.address}#/queues?queue=mail`);
      await page.getByRole('button', { name: /^Retry/ }).first().click();
      await answer(page, /the task .* of “mail” again/, 'Redrive');
      await page.getByRole('status').getByText('1 tasks of “mail” run again').waitFor();
      assert.equal((await stats()).deadCount, '1');
      await page.getByRole('button', { name: 'Redrive all' }).click();
      await answer(page, /all dead tasks of “mail”/, 'Redrive');
      await says(page, 'section[aria-label="Queue mail"]', 'No task is dead.');
      assert.equal((await stats()).deadCount, '0');

      await page.getByRole('button', { name: 'Pause', exact: true }).click();
      await answer(page, /Pause the queue “mail”/, 'Pause');
      await page.getByRole('button', { name: 'Resume' }).waitFor();
      assert.equal((await stats()).paused, true);
      await page.getByRole('button', { name: 'Resume' }).click();
      await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
      assert.equal((await stats()).paused, false);

      await page.getByRole('button', { name: 'Purge' }).click();
      await answer(page, /Purge the queue “mail”/, 'Purge');
      await page.getByRole('status').getByText(/tasks of “mail” were deleted/).waitFor();
      assert.equal((await stats()).readyCount, '0');
      await page.getByRole('button', { name: 'Delete the schedule digest' }).click();
      await answer(page, /Delete the schedule “digest” of “mail”/, 'Delete');
      await says(page, 'section[aria-label="Schedules of mail"]', 'No tasks are enqueued by schedule.');
      await page.context().close();
    });
  });
}
