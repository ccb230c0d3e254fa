import { expect } from 'chai';
import fc from 'fast-check';
import { Secret } from '../../src/registry/secret.ts';
import {
  deleteScope,
  grantedActions,
  parseToken,
  pullScope,
  pushScope,
  realmOf,
  tokenUrl,
} from '../../src/registry/token.ts';

describe('B6: pushScope, pullScope and deleteScope', () => {
  it('ask for no more than what the probe does', () => {
    expect(pushScope('team/app')).to.equal('repository:team/app:pull,push');
    expect(pullScope('team/app')).to.equal('repository:team/app:pull');
    expect(deleteScope('team/app')).to.equal('repository:team/app:delete');
  });
});

describe('B5: realmOf', () => {
  const realm = (text: string): string | undefined =>
    realmOf({ scheme: 'bearer', params: new Map([['realm', text]]) })?.href;
  const rows: readonly [name: string, text: string, href: string | undefined][] = [
    ['reads an https URL', 'https://auth.example.com/token', 'https://auth.example.com/token'],
    ['reads an http URL', 'http://auth.example.com/token', 'http://auth.example.com/token'],
    ['reads a scheme in capitals', 'HTTPS://AUTH.example.com/token', 'https://auth.example.com/token'],
    ['refuses an empty one', '', undefined],
    ['refuses a path', '/token', undefined],
    ['refuses a host alone', 'auth.example.com', undefined],
    ['refuses a URL without scheme', '//auth.example.com/token', undefined],
    ['refuses another scheme', 'ftp://auth.example.com', undefined],
    ['refuses a file', 'file:///etc/passwd', undefined],
    ['refuses data', 'data:application/json,{}', undefined],
    ['refuses javascript', 'javascript:alert(1)', undefined],
    ['refuses what is no URL', 'https://exa mple', undefined],
    ['refuses a port that there is none of', 'https://auth.example.com:99999/', undefined],
    ['refuses 5 kB', `https://auth.example.com/${'a'.repeat(5000)}`, undefined],
  ];
  for (const [name, text, href] of rows) {
    it(name, () => expect(realm(text)).to.equal(href));
  }

  it('refuses a challenge without realm', () => {
    expect(realmOf({ scheme: 'bearer', params: new Map() })).to.equal(undefined);
  });
});

describe('B6: tokenUrl', () => {
  const url = (realm: string, service?: string, scope?: string): string =>
    tokenUrl(new URL(realm), service, scope).href;
  const scope = 'repository:team/app:pull,push';
  const encoded = 'scope=repository%3Ateam%2Fapp%3Apull%2Cpush';

  const rows: readonly [name: string, url: string, expected: string][] = [
    [
      'adds service and scope',
      url('https://a.example/token', 'reg', scope),
      `https://a.example/token?service=reg&${encoded}`,
    ],
    [
      'keeps the query of the realm',
      url('https://a.example/token?tenant=7', 'reg', scope),
      `https://a.example/token?tenant=7&service=reg&${encoded}`,
    ],
    [
      'leaves out an absent service',
      url('https://a.example/t', undefined, scope),
      `https://a.example/t?${encoded}`,
    ],
    ['leaves out an empty service', url('https://a.example/t', '', scope), `https://a.example/t?${encoded}`],
    [
      'asks without scope to prove a login',
      url('https://a.example/t', 'reg'),
      'https://a.example/t?service=reg',
    ],
    [
      'replaces the scope of the realm by ours',
      url('https://a.example/t?scope=registry:catalog:*&scope=x', 'reg', scope),
      `https://a.example/t?service=reg&${encoded}`,
    ],
    [
      'drops the scope of the realm where it asks without one',
      url('https://a.example/t?scope=repository:victim/x:push', 'reg'),
      'https://a.example/t?service=reg',
    ],
    ['drops the fragment', url('https://a.example/t#x', 'reg'), 'https://a.example/t?service=reg'],
    [
      'encodes a service that would add parameters',
      url('https://a.example/t', 'a&scope=x#y\r\n'),
      'https://a.example/t?service=a%26scope%3Dx%23y%0D%0A',
    ],
  ];
  for (const [name, actual, expected] of rows) {
    it(name, () => expect(actual).to.equal(expected));
  }

  it('leaves the realm as it is', () => {
    const realm = new URL('https://a.example/t?scope=x');
    tokenUrl(realm, 'reg', undefined);
    expect(realm.href).to.equal('https://a.example/t?scope=x');
  });
});

describe('parseToken', () => {
  const rows: readonly [name: string, body: string, expected: string][] = [
    ['reads token', '{"token":"abc"}', 'abc'],
    ['reads access_token', '{"access_token":"abc"}', 'abc'],
    ['prefers token', '{"access_token":"b","token":"a"}', 'a'],
    ['passes over an empty token', '{"token":"","access_token":"b"}', 'b'],
    ['reads the longest token', `{"token":"${'a'.repeat(16_384)}"}`, 'a'.repeat(16_384)],
    ['ignores nonsense beside it', '{"token":"a","expires_in":-1,"issued_at":"2090"}', 'a'],
    ['finds not-json in an empty body', '', 'not-json'],
    ['finds not-json in a web page', '<html></html>', 'not-json'],
    ['finds not-json in a text', '"abc"', 'not-json'],
    ['finds not-json in an array', '["abc"]', 'not-json'],
    ['finds not-json in null', 'null', 'not-json'],
    ['finds no-token in an empty object', '{}', 'no-token'],
    ['finds no-token in an empty token', '{"token":"","access_token":""}', 'no-token'],
    ['finds no-token in an inherited property', '{"__proto__":{"token":"abc"}}', 'no-token'],
    ['finds malformed-token in a number', '{"token":7}', 'malformed-token'],
    ['finds malformed-token in null', '{"token":null}', 'malformed-token'],
    ['finds malformed-token in an object', '{"token":{"a":1}}', 'malformed-token'],
    ['finds malformed-token with a newline inside', '{"token":"a\\nX-Evil: 1"}', 'malformed-token'],
    ['finds malformed-token with a newline at the end', '{"token":"a\\n"}', 'malformed-token'],
    ['finds malformed-token with a space', '{"token":"a b"}', 'malformed-token'],
    ['finds malformed-token with other letters', '{"token":"tökén"}', 'malformed-token'],
    ['finds malformed-token over the limit', `{"token":"${'a'.repeat(16_385)}"}`, 'malformed-token'],
    ['finds malformed-token in 10 MB', `{"token":"${'a'.repeat(10_000_000)}"}`, 'malformed-token'],
  ];
  for (const [name, body, expected] of rows) {
    it(name, () => {
      const token = parseToken(body);
      expect(typeof token === 'string' ? token : token.reveal()).to.equal(expected);
    });
  }

  it('gives a token that cannot print', () => {
    expect(String(parseToken('{"token":"abc"}'))).to.equal('[secret]');
  });
});

describe('grantedActions', () => {
  const jwtOf = (payload: string): Secret =>
    new Secret(`e30.${Buffer.from(payload, 'utf8').toString('base64url')}.sig`);
  const granted = (claims: unknown): readonly string[] | undefined =>
    grantedActions(jwtOf(JSON.stringify(claims)), 'team/app');
  const entry = (...actions: readonly unknown[]): unknown => ({
    type: 'repository',
    name: 'team/app',
    actions,
  });

  const rows: readonly [name: string, claims: unknown, expected: readonly string[] | undefined][] = [
    ['reads what is granted', { access: [entry('pull', 'push')] }, ['pull', 'push']],
    ['gives them in one order', { access: [entry('push', 'delete', 'pull')] }, ['pull', 'push', 'delete']],
    ['takes * for all', { access: [entry('*')] }, ['pull', 'push', 'delete']],
    ['joins several entries', { access: [entry('pull'), entry('push')] }, ['pull', 'push']],
    ['finds that nothing is granted', { access: [] }, []],
    ['drops words that are no actions', { access: [entry('pull', 'x\u001b[31m', 7, null)] }, ['pull']],
    [
      'drops other repositories and other types',
      {
        access: [
          { type: 'repository', name: 'team/app2', actions: ['push'] },
          { type: 'registry', name: 'team/app', actions: ['push'] },
        ],
      },
      [],
    ],
    ['drops entries of another shape', { access: [null, 7, 'push', [], { actions: 'push' }] }, []],
    ['knows nothing without a list', { sub: 'ci' }, undefined],
    ['knows nothing of a list that is none', { access: 'push' }, undefined],
    ['knows nothing of an inherited list', { ['__proto__']: { access: [entry('push')] } }, undefined],
    [
      'looks at the first 64 entries',
      { access: [...Array.from({ length: 64 }, () => entry('pull')), entry('push')] },
      ['pull'],
    ],
  ];
  for (const [name, claims, expected] of rows) {
    it(name, () => expect(granted(claims)).to.deep.equal(expected));
  }

  const opaque: readonly [name: string, token: Secret][] = [
    ['that is opaque', new Secret('abcdef')],
    ['without payload', new Secret('a..b')],
    ['whose payload is no JSON', jwtOf('access')],
    ['whose payload is an array', jwtOf('[]')],
    ['whose payload is nested deeply', jwtOf('['.repeat(10_000))],
    ['whose payload is no base64', new Secret('a.%%%%.b')],
  ];
  for (const [name, token] of opaque) {
    it(`knows nothing of a token ${name}`, () =>
      expect(grantedActions(token, 'team/app')).to.equal(undefined));
  }

  it('knows actions or nothing, whatever the payload', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (payload) => {
        const actions = grantedActions(jwtOf(payload), 'team/app');
        if (actions !== undefined) expect(['pull', 'push', 'delete']).to.include.members([...actions]);
      }),
    );
  });
});
