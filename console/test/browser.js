// SPDX-License-Identifier: Apache-2.0
// A browser that fails a test when a page says that something is wrong.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENS = new URL('../target/screens/', import.meta.url).pathname;
const PATIENCE_MILLIS = 20_000;

/** Where a browser is; empty when there is none. */
export const program = [process.env.QUOIN_BROWSER ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path)) ?? '';

/** @typedef {import('playwright-core').Page} Page */

export class Browser {
  /** @type {import('playwright-core').Browser | undefined} */
  browser = undefined;
  /** What pages complained about. @type {string[]} */
  complaints = [];

  async start() {
    this.browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  }

  /** A tab that knows of no other. @param {import('playwright-core').BrowserContextOptions} [options] @returns {Promise<Page>} */
  async tab(options = {}) {
    const context = await /** @type {import('playwright-core').Browser} */ (this.browser).newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(PATIENCE_MILLIS);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (failure) => this.complaints.push(`${page.url()}: ${failure.stack}`));
    page.on('dialog', (dialog) => this.complaints.push(`a dialog of a script: ${dialog.message()}`));
    return page;
  }

  /** Fails if a page complained since the last time. */
  assertCalm() {
    const complaints = this.complaints;
    this.complaints = [];
    assert.deepEqual(complaints, []);
  }

  async close() {
    await this.browser?.close();
  }
}

/**
 * Looks at a page in light and dark, wide and narrow: nothing is wider than the screen, axe finds no
 * serious fault, and a picture is kept.
 * @param {Page} page @param {string} name
 */
export async function look(page, name) {
  mkdirSync(SCREENS, { recursive: true });
  for (const [scheme, width, height] of /** @type {['light' | 'dark', number, number][]} */ ([['light', 360, 740], ['dark', 360, 740], ['dark', 1280, 800], ['light', 1280, 800]])) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(excess <= 0, `${name} is ${excess} px wider than ${width}`);
    await page.screenshot({ path: `${SCREENS}${name}-${scheme}-${width}.png`, fullPage: true });
    // Both themes and both widths, but not each with each: axe takes a second.
    if ((scheme === 'light') === (width === 360)) continue;
    await page.evaluate(AXE);
    const faults = await page.evaluate(async () => {
      const { violations } = await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] });
      return violations
        .filter((/** @type {any} */ one) => one.impact === 'serious' || one.impact === 'critical')
        .map((/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => node.html.slice(0, 200)).join('; ')}`);
    });
    assert.deepEqual(faults, [], `${name}, ${scheme}, ${width} px`);
  }
}

/** Waits until a part of the page says something. @param {Page} page @param {string} part @param {string | RegExp} text */
export async function says(page, part, text) {
  await page.locator(part).filter({ hasText: text }).first().waitFor();
}

/** The section with this title. @param {Page} page @param {string} title */
export function part(page, title) {
  return page.locator(`section[aria-label="${title}"]`);
}

/** Answers the question of the dialog. @param {Page} page @param {RegExp} title @param {string} action @param {Record<string, string>} [fields] */
export async function answer(page, title, action, fields = {}) {
  const dialog = page.getByRole('dialog', { name: title });
  await dialog.waitFor();
  for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label).fill(value);
  await dialog.getByRole('button', { name: action, exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
}
