// SPDX-License-Identifier: Apache-2.0
// All tests, in one process: they share a server and a browser.
import { after, before, describe } from 'node:test';
import { Browser, program } from './browser.js';
import { data } from './data.test.js';
import { frame } from './frame.test.js';
import { operate } from './operate.test.js';
import { seed } from './seed.js';
import { Server } from './server.js';
import { talk } from './talk.test.js';

describe('console', { skip: program ? false : 'there is no Chromium' }, () => {
  const at = { server: new Server(), browser: new Browser() };
  let end = () => {};
  const close = async () => {
    end();
    await at.browser.close();
    await at.server.close();
  };
  before(async () => {
    try {
      await Promise.all([at.server.start(), at.browser.start()]);
      end = await seed(at.server);
    } catch (failure) {
      await close();
      throw failure;
    }
  });
  after(close);
  operate(at);
  data(at);
  talk(at);
  frame(at);
});
