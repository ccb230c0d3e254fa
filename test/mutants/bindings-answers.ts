import type { Mutant } from './mutant.ts';

const EXCHANGE = 'src/check/exchange.ts';
const REDIRECTS = ['test/check/probe-redirects.test.ts', 'test/security/binding-matrix.test.ts'];
const UPLOAD = 'src/registry/upload.ts';
const LOCATIONS = ['test/registry/upload.test.ts'];

/** Edits that go where an answer leads (docs/security.md, B7 and B8). */
export const MUTANTS: readonly Mutant[] = [
  {
    rule: 'B7',
    what: 'follows a redirect to any host',
    file: EXCHANGE,
    find: "return sameOrigin(url, asked) && url.username === ''",
    replace: "return url.username === ''",
    tests: REDIRECTS,
  },
  {
    rule: 'B7',
    what: 'follows a redirect with a login of its own',
    file: EXCHANGE,
    find: "sameOrigin(url, asked) && url.username === '' && url.password === ''",
    replace: 'sameOrigin(url, asked)',
    tests: REDIRECTS,
  },
  {
    rule: 'B7',
    what: 'follows every redirect, whatever becomes of the method',
    file: EXCHANGE,
    find: 'if (status !== 307 && status !== 308) return undefined;',
    replace: 'if (status < 300 || status > 399) return undefined;',
    tests: REDIRECTS,
  },
  {
    rule: 'B7',
    what: 'follows redirects of token requests and of the cancel',
    file: EXCHANGE,
    find: "['ping', 'login', 'look', 'upload', 'manifest']",
    replace: "['ping', 'login', 'look', 'upload', 'manifest', 'token', 'cancel']",
    tests: REDIRECTS,
  },
  {
    rule: 'B7',
    what: 'follows redirects without end',
    file: EXCHANGE,
    find: 'export const MAX_FOLLOWED = 3;',
    replace: 'export const MAX_FOLLOWED = 30;',
    tests: REDIRECTS,
  },
  {
    rule: 'B7',
    what: 'follows a redirect of the upload to another repository',
    file: EXCHANGE,
    find: "if (method !== 'POST') return true;",
    replace: 'if (method.length > 0) return true;',
    tests: REDIRECTS,
  },
  {
    rule: 'B8',
    what: 'cancels at another host',
    file: UPLOAD,
    find: 'if (!sameOrigin(url, registry.origin))',
    replace: 'if (false)',
    tests: [...LOCATIONS, 'test/security/binding-matrix.test.ts'],
  },
  {
    rule: 'B8',
    what: 'cancels whatever path the registry names',
    file: UPLOAD,
    find: "if (!isSession(url.pathname, asked.pathname)) return { kind: 'outside' };",
    replace: '',
    tests: LOCATIONS,
  },
  {
    rule: 'B8',
    what: 'cancels at a path with an encoded slash',
    file: UPLOAD,
    find: ' && !/%2f|%5c/i.test(path)',
    replace: '',
    tests: [...LOCATIONS, 'test/check/probe-location.test.ts'],
  },
  {
    rule: 'B8',
    what: 'keeps the URL of the session',
    file: 'src/check/probe.ts',
    find: "location: session.kind === 'elsewhere' ? session : { kind: session.kind }",
    replace: 'location: session',
    tests: ['test/check/probe-location.test.ts'],
  },
];
