import { inspect } from 'node:util';
import { expect } from 'chai';
import type { Observation, Probed } from '../../src/check/observation.ts';
import { createScrub, type Scrub } from '../../src/check/scrub.ts';
import type { Request } from '../../src/registry/http.ts';
import { basic, bearer, type Login } from '../../src/registry/login.ts';
import { Secret } from '../../src/registry/secret.ts';
import { aProbed } from '../support/builders.ts';
import { answer, type Turn } from '../support/scripted-registry.ts';
import { createCanary, formsOf, leaksIn, passwordCanary } from '../support/canaries.ts';
import { LOGIN, openTable, PING, POST, wantsBasic, type ProbeTable } from './probe-table.ts';

const url = new URL('https://reg.example/v2/');
const { signal } = new AbortController();

/** A scrub that has seen these requests go out. */
async function having(...requests: readonly Partial<Request>[]): Promise<Scrub> {
  const scrub = createScrub(async () => ({ kind: 'failed', cause: 'reset' }));
  for (const more of requests) await scrub.send({ method: 'GET', url, ...more }, signal);
  return scrub;
}

function login(password: string): Partial<Request> {
  return { authorization: basic({ kind: 'password', username: 'ci', password: new Secret(password) }) };
}

const EVERYTHING = {
  depth: Infinity,
  showHidden: true,
  maxArrayLength: Infinity,
  maxStringLength: Infinity,
} as const;

/** `{ next: { next: … } }`, so deep. */
function nested(depth: number, core: unknown): unknown {
  let value = core;
  for (let at = 0; at < depth; at += 1) value = { next: value };
  return value;
}

/** The result of a probe that was redirected to this origin. */
function redirected(to: string | undefined): Probed {
  const observation: Observation = { kind: 'Redirected', step: 'upload', to, within: false };
  return aProbed(observation, { pull: { ...observation, step: 'manifest' } });
}

describe('L3: createScrub', () => {
  const canary = passwordCanary();
  for (const [name, form] of Object.entries(formsOf(canary.value))) {
    // A cut one is for the registry to make, and a whole configuration is never sent.
    if (/^(?:cut|base64 of a)/.test(name)) continue;
    it(`hides a text of the registry with a password that was sent: ${name}`, async () => {
      const { result } = await having(login(canary.value));
      expect(result(redirected(`https://x${form}.example`))).to.deep.equal(redirected(undefined));
    });
  }

  it('hides what the registry was sent in an earlier probe, before anything is sent in this one', () => {
    const secret = new Secret(canary.value);
    const beside = { kind: 'password', username: 'ci', password: secret } as const;
    const logins: readonly Login[] = [
      beside,
      { kind: 'token', token: secret },
      { kind: 'identity', token: secret, beside: undefined },
      { kind: 'identity', token: new Secret('another'), beside },
    ];
    for (const one of logins) {
      const { result } = createScrub(async () => ({ kind: 'failed', cause: 'reset' }), one);
      expect(result(redirected(`https://x${canary.value}.example`)), one.kind).to.deep.equal(
        redirected(undefined),
      );
    }
  });

  it('L7: hides the user name, and lets a host stand that has a part of a short one', () => {
    const scrubOf = (username: string): Scrub =>
      createScrub(async () => ({ kind: 'failed', cause: 'reset' }), {
        kind: 'password',
        username,
        password: new Secret('x'),
      });
    const to = 'https://svc-deploy-user.example';
    expect(scrubOf('svc-deploy-user').result(redirected(to))).to.deep.equal(redirected(undefined));
    expect(scrubOf('deploy').result(redirected(to))).to.deep.equal(redirected(to));
  });

  it('hides a password that a host name has in Punycode', () => {
    const password = new Secret('pässwört-lang');
    const { result } = createScrub(async () => ({ kind: 'failed', cause: 'reset' }), {
      kind: 'password',
      username: 'ci',
      password,
    });
    expect(result(redirected(new URL(`https://${password.reveal()}.example`).origin))).to.deep.equal(
      redirected(undefined),
    );
  });

  const pieces = [1, 7, 8, 20].map(
    (at) => `${'0123456789abcdefghij'.slice(0, at)}.${'0123456789abcdefghij'.slice(at)}`,
  );
  for (const cut of [...pieces, [...'0123456789abcdefghij'].join('.')]) {
    it(`hides a host of which a password is a part, cut by dots: ${cut}`, async () => {
      for (const password of ['0123456789abcdefghij', '01234.56789.abcdefghij', '.0123456789abcdefghij.']) {
        const { result } = await having(login(password));
        expect(result(redirected(`https://x${cut}.evil.example`))).to.deep.equal(redirected(undefined));
      }
    });
  }

  it('does not look for what is left of a password of dots', async () => {
    const probed = redirected('https://auth.example');
    for (const password of ['........', 'auth....', '.........e']) {
      const { result } = await having(login(password));
      expect(result(probed)).to.deep.equal(probed);
    }
  });

  it('knows that base64 has two alphabets', async () => {
    const { result } = await having(login('>>>???>>>???'));
    for (const form of ['Pj4+Pz8/Pj4+Pz8/', 'Pj4-Pz8_Pj4-Pz8_'])
      expect(result(redirected(`x${form}`))).to.deep.equal(redirected(undefined));
  });

  const token = createCanary('token').value;
  const sent: readonly (readonly [name: string, request: Partial<Request>])[] = [
    ['a bearer token', { authorization: bearer(new Secret(token)) }],
    [
      'an identity token',
      { method: 'POST', refresh: { token: new Secret(token), service: 'x', scope: undefined } },
    ],
    ['a password', login(token)],
  ];
  for (const [name, request] of sent) {
    it(`knows ${name}, among others`, async () => {
      const { result } = await having(login('another-password'), request, {});
      expect(result(redirected(`https://${token}.evil.example`))).to.deep.equal(redirected(undefined));
    });
  }

  it('looks at every text of the registry, at whatever depth', async () => {
    const { result } = await having(login(token));
    const texts: readonly (readonly [before: Observation, after: Observation])[] = [
      [
        { kind: 'RealmNotTrusted', why: 'other-host', realm: token },
        { kind: 'RealmNotTrusted', why: 'other-host', realm: undefined },
      ],
      [
        {
          kind: 'UploadAccepted',
          login: 'proven',
          location: { kind: 'elsewhere', host: token },
          cleanup: 'Failed',
        },
        {
          kind: 'UploadAccepted',
          login: 'proven',
          location: { kind: 'elsewhere', host: undefined },
          cleanup: 'Failed',
        },
      ],
    ];
    for (const [before, expected] of texts)
      expect(result(aProbed(before)).observation).to.deep.equal(expected);
  });

  it('leaves a result alone that holds none', async () => {
    const { result } = await having(login(token));
    const probed = redirected('https://auth.example');
    expect(result(probed)).to.deep.equal(probed);
    expect(result(aProbed())).to.deep.equal(aProbed());
  });

  it('leaves our own words alone, whatever the password is', async () => {
    for (const word of ['UploadAccepted', 'Cancelled', 'Redirected', 'manifest']) {
      const { result } = await having(login(word));
      expect(result(aProbed())).to.deep.equal(aProbed());
      expect(result(redirected(undefined))).to.deep.equal(redirected(undefined));
    }
  });

  it('does not look for a password of a few letters, which is part of ordinary words', async () => {
    const { result } = await having(login('auth'), login(''));
    expect(result(redirected('https://auth.example'))).to.deep.equal(redirected('https://auth.example'));
  });

  const errors: Readonly<Record<string, () => Error>> = {
    'its message': () => new Error(`GET with ${token}`),
    'its cause': () => new Error('x', { cause: new Error(token) }),
    'a field': () => Object.assign(new Error('x'), { config: { headers: { Authorization: token } } }),
    'one of several': () => new AggregateError([new Error(token)], 'x'),
    'its name': () => Object.assign(new Error('x'), { name: token }),
    'a depth that nobody prints': () => Object.assign(new Error('x'), { config: nested(50, token) }),
    'the last of many values': () =>
      Object.assign(new Error('x'), { list: [...Array.from({ length: 1000 }, () => 'x'), token] }),
    'the end of a long text': () => Object.assign(new Error('x'), { body: 'x'.repeat(100_000) + token }),
    'a hidden field': () => Object.defineProperty(new Error('x'), 'request', { value: nested(3, token) }),
    'a field named by a symbol': () => Object.assign(new Error('x'), { [Symbol('x')]: nested(3, token) }),
    'a name of a field': () => Object.assign(new Error('x'), { headers: nested(3, { [token]: 1 }) }),
    'a map': () => Object.assign(new Error('x'), { headers: nested(3, new Map([['x', token]])) }),
    'a URL': () => Object.assign(new Error('x'), { to: nested(3, new URL(`https://x.example/${token}`)) }),
    bytes: () => Object.assign(new Error('x'), { body: nested(3, Buffer.from(`x${token}`)) }),
    'something that leads back to itself': () => {
      const error: Error & { own?: unknown; more?: unknown } = new Error('x');
      return Object.assign(error, { own: error, more: nested(3, [error, token]) });
    },
  };
  for (const [where, make] of Object.entries(errors)) {
    it(`replaces an error that has it in ${where}`, async () => {
      const { error } = await having(login(token));
      const replaced = error(make());
      expect(replaced).to.be.instanceOf(Error);
      expect(inspect(replaced, EVERYTHING)).to.not.include(token);
    });
  }

  const giants: Readonly<Record<string, () => unknown>> = {
    values: () => Array.from({ length: 3_000_000 }, () => 'x'),
    fields: () => Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`x${String(at)}`, at])),
    letters: () => 'x'.repeat(300_000_000),
    bytes: () => Buffer.alloc(300_000_000),
    depths: () => nested(100_000, 'x'),
    // Whoever prints it prints 2^60 values.
    ways: () => Array.from({ length: 60 }).reduce<unknown>((inner) => [inner, inner], 'x'),
  };
  for (const [what, make] of Object.entries(giants)) {
    it(`does not search an error of millions of ${what} to the end`, async () => {
      const { error } = await having(login(token));
      const giant = Object.assign(new Error('x'), { config: make() });
      // That it comes back at all is what is looked at.
      expect(error(giant)).to.be.instanceOf(Error);
      if (what !== 'ways') expect(error(giant)).to.not.equal(giant);
    });
  }

  it('hands on any other error as it is', async () => {
    const { error } = await having(login(token));
    for (const reason of [new Error('shutdown'), new DOMException('x', 'AbortError'), undefined, 'x'])
      expect(error(reason)).to.equal(reason);
  });
});

describe('L3: probe', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  const canary = createCanary('password');
  const elsewhere = `https://${canary.value}.evil.example/v2/`;
  // The table calls the login so.
  const afterLogin: readonly Turn[] = [
    [PING, wantsBasic],
    [`${LOGIN} with another password`, answer(200)],
  ];
  const open: readonly Turn[] = [[PING, answer(200)]];

  const rows: readonly (readonly [
    name: string,
    first: readonly Turn[],
    reply: Turn[1],
    expected: Readonly<Record<string, unknown>>,
  ])[] = [
    [
      'to which an upload should go',
      afterLogin,
      answer(202, { Location: elsewhere }),
      { kind: 'UploadAccepted', location: { kind: 'elsewhere', host: undefined } },
    ],
    [
      'to which it is redirected',
      afterLogin,
      answer(307, { Location: elsewhere }),
      { kind: 'Redirected', to: undefined },
    ],
    [
      'where people would log in',
      open,
      answer(401, { 'WWW-Authenticate': `Bearer realm="${elsewhere}token"` }),
      { kind: 'RealmNotTrusted', realm: undefined },
    ],
  ];
  for (const [name, first, reply, expected] of rows) {
    it(`names no host ${name}, where the password is part of it`, async () => {
      const turns: readonly Turn[] = [...first, [`${POST} as ci with another password`, reply]];
      const probed = await table.run(turns, { password: canary.value });
      expect(probed.observation).to.deep.include(expected);
      expect(leaksIn(inspect(probed, { depth: 9 }), [canary])).to.deep.equal([]);
    });
  }
});
