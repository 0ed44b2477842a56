// SPDX-License-Identifier: Apache-2.0
// What the console knows of its user and its server: token, connection, and where it is.

/** @typedef {{page: string, params: Record<string, string>}} Route */

const TOKEN = 'quoin-token';
/** @type {Set<() => void>} */
const listeners = new Set();

export const session = {
  /** What is wrong with the connection; empty when nothing is. */
  trouble: '',
  /** Whether a call was refused for want of a token. */
  signInNeeded: false,
  /** Bearer token; it never leaves this tab. */
  token: sessionStorage.getItem(TOKEN) ?? '',
  /** @type {Route} */
  route: read(),
  get namespace() {
    return this.route.params.namespace || 'default';
  },
};

/** @param {() => void} listener @returns {() => void} ends it */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed() {
  for (const listener of [...listeners]) listener();
}

/** @returns {Route} */
function read() {
  const [page, query] = location.hash.replace(/^#\/?/, '').split('?');
  return { page: page || 'overview', params: Object.fromEntries(new URLSearchParams(query)) };
}

addEventListener('hashchange', () => {
  session.route = read();
  changed();
});

/**
 * The address of a page; the namespace stays as it is.
 * @param {string} page
 * @param {Record<string, string | undefined>} [params]
 */
export function address(page, params = {}) {
  const query = new URLSearchParams();
  const all = { namespace: session.route.params.namespace, ...params };
  for (const [name, value] of Object.entries(all)) if (value) query.set(name, value);
  return `#/${page}${query.size ? `?${query}` : ''}`;
}

/** Goes to a page. @param {string} page @param {Record<string, string | undefined>} [params] */
export function go(page, params) {
  location.hash = address(page, params);
}

/** Changes what the address says of this page, without a new entry in the history. @param {Record<string, string | undefined>} params */
export function refine(params) {
  history.replaceState(null, '', address(session.route.page, { ...session.route.params, ...params }));
  session.route = read();
  changed();
}

/** @param {string} token */
export function signIn(token) {
  session.token = token;
  session.signInNeeded = false;
  if (token) sessionStorage.setItem(TOKEN, token);
  else sessionStorage.removeItem(TOKEN);
  changed();
}

export function askForToken() {
  if (!session.signInNeeded) {
    session.signInNeeded = true;
    changed();
  }
}

/** Says what is wrong with the connection, and looks until it is well. @param {string} what */
export function trouble(what) {
  if (session.trouble === what) return;
  const begins = !session.trouble;
  session.trouble = what;
  changed();
  if (begins) look();
}

async function look() {
  for (;;) {
    await new Promise((done) => setTimeout(done, 1000));
    try {
      const answer = await fetch('readyz', { cache: 'no-store' });
      if (answer.ok) break;
      trouble('The server runs, but Redis does not answer it, or it is about to stop.');
    } catch {
      trouble('The server does not answer.');
    }
  }
  session.trouble = '';
  changed();
}

/** Waits so long, or until the connection is well again. @param {number} millis @param {AbortSignal} signal */
export function pause(millis, signal) {
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      end();
      signal.removeEventListener('abort', finish);
      done(undefined);
    };
    const wasTroubled = session.trouble !== '';
    const timer = setTimeout(finish, millis);
    const end = onChange(() => {
      if (wasTroubled && !session.trouble) finish();
    });
    signal.addEventListener('abort', finish);
    if (signal.aborted) finish();
  });
}
