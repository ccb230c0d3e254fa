import { expect } from 'chai';
import fc from 'fast-check';
import { checkSeries } from '../../src/check-metrics.ts';
import { ERROR_CODES } from '../../src/registry/errors.ts';
import type { Probed } from '../../src/check/observation.ts';
import { announce } from '../../src/controller/events.ts';
import {
  accepted,
  DELETE,
  openTable,
  PING,
  POST,
  TOKEN,
  wantsBasic,
  LOGIN,
  type ProbeTable,
} from '../check/probe-table.ts';
import { visit } from '../controller/world.ts';
import { aCheck, NOW_MS } from '../support/builders.ts';
import { answer, token, type Reply, type Turn } from '../support/scripted-registry.ts';
import { statusProblems } from '../support/status-schema.ts';

/** Stands in every text of the registry, and in nothing else. */
const MARK = 'Ev1lW0rds';

/** A terminal escape, a bidirectional override, an end of line, markup, and what a log or a template could take for its own. */
const TRICKS = [
  '\u001b[31m',
  '\u202e',
  '\r\n',
  '\u2028',
  '<script>',
  '{{ .x }}',
  '${x}',
  '%s',
  '`x`',
  '\u0007',
  '"',
  '\\',
];

/** What the header of an answer can be made of: Node's server writes nothing else. */
const inHeader = (text: string): string =>
  Buffer.from(text.replaceAll(/[\r\n\0\u2028\u202e]/g, ' '), 'utf8')
    .toString('latin1')
    .replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?');

/** An answer that says `text` wherever an answer can say something. */
function saying(text: string, status: number, code: string, bearer: string): Reply {
  const header = inHeader(text);
  const quoted = header.replaceAll(/["\\]/g, '\\$&');
  const error = { code, message: text, detail: { [text]: text, reason: [text] } };
  const body = {
    errors: [error, { code: text, message: text }, ...Array.from({ length: 40 }, () => error)],
    error: text,
    error_description: text,
    message: text,
    details: text,
    [text]: text,
  };
  const challenge = `${bearer},error="${quoted}",error_description="${quoted}",${MARK}="${quoted}"`;
  return (response) => {
    response.statusMessage = header;
    answer(
      status,
      {
        'Content-Type': `application/json; ${header}`,
        'WWW-Authenticate': [challenge, `${MARK} realm="${quoted}"`, header],
        Location: `/v2/${encodeURIComponent(MARK)}/${encodeURIComponent(text.toWellFormed())}?${MARK}#${MARK}`,
        'Retry-After': header,
        Warning: `299 - "${quoted}"`,
        Server: header,
        'X-Registry-Supports-Signatures': header,
        'Docker-Content-Digest': header,
        'Docker-Distribution-Api-Version': header,
        [MARK]: header,
      },
      JSON.stringify(body),
    )(response);
  };
}

/** Token answers that are full of words. The token itself is one of them. */
function wordyToken(text: string): Reply {
  const payload = {
    iss: text,
    sub: text,
    access: [{ type: text, name: 'team/app', actions: [text, 'pull'] }],
    [text]: text,
  };
  const jwt = `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c2ln`;
  return answer(200, { [MARK]: MARK }, JSON.stringify({ token: jwt, scope: text, [text]: text }));
}

describe('E1, M4: the words of a registry', function () {
  this.timeout(60_000);

  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  /** Everything that people and machines see of a probe: status, events, metrics. */
  async function shown(probed: Probed, pulls: boolean): Promise<string> {
    const spec = {
      registryUrl: table.registry.url,
      existingSecret: 'login',
      ...(pulls ? { pull: { repository: 'team/app', reference: 'v1' } } : {}),
    };
    const check = aCheck({ spec });
    const { status } = await visit({ check, asks: async () => ({ kind: 'answered', probed }) });
    if (status === undefined) throw new Error('nothing was written');
    expect(statusProblems(status)).to.deep.equal([]);
    const after = { ...check, status };
    const events = announce(undefined, after, NOW_MS);
    return JSON.stringify([status, events, [...checkSeries([after])], probed]);
  }

  async function expectSilence(probed: Probed, pulls = false): Promise<void> {
    const text = await shown(probed, pulls);
    expect(text.toLowerCase()).to.not.include(MARK.toLowerCase());
    // JSON writes control characters as escapes.
    expect(text).to.not.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\\u00|\\r|\\b|\\f/u);
    expect(text).to.not.match(/script>|\{\{|\$\{/);
  }

  const words = fc
    .array(fc.oneof(fc.constantFrom(...TRICKS), fc.string({ unit: 'binary', maxLength: 8 })), {
      maxLength: 8,
    })
    .map((parts) => `${MARK}${parts.join(MARK)}${MARK}`);
  const statuses = fc.constantFrom(
    200,
    201,
    202,
    204,
    301,
    307,
    400,
    401,
    403,
    404,
    405,
    409,
    418,
    429,
    500,
    503,
  );
  const codes = fc.constantFrom(...ERROR_CODES, MARK);
  const schemes = fc.constantFrom('Bearer', 'Bearer', 'Basic', MARK);

  /** Where the words come, and what is asked before. */
  const PLACES: readonly (readonly [
    name: string,
    before: () => readonly Turn[],
    asked: string,
    pulls?: boolean,
  ])[] = [
    ['ping', () => [], PING],
    ['login', () => [[PING, wantsBasic]], LOGIN],
    ['token request', () => [[PING, table.wantsBearer()]], TOKEN],
    [
      'upload',
      () => [
        [PING, table.wantsBearer()],
        [TOKEN, token('t1')],
      ],
      `${POST} as Bearer t1`,
    ],
    [
      'cancel',
      () => [
        [PING, wantsBasic],
        [LOGIN, answer(200)],
        [`${POST} as ci`, accepted],
      ],
      `${DELETE} as ci`,
    ],
    [
      'manifest',
      () => [
        [PING, wantsBasic],
        [LOGIN, answer(200)],
        [`${POST} as ci`, accepted],
        [`${DELETE} as ci`, answer(204)],
      ],
      'HEAD /v2/team/app/manifests/v1 as ci',
      true,
    ],
  ];
  for (const [name, before, asked, pulls = false] of PLACES) {
    it(`come out of no answer to the ${name}, whatever they are`, async () => {
      const pull = { repository: 'team/app', reference: 'v1' };
      await fc.assert(
        fc.asyncProperty(
          words,
          statuses,
          codes,
          fc.boolean(),
          schemes,
          async (text, status, code, own, scheme) => {
            const realm = own ? `${table.registry.url}/token?${MARK}` : `https://auth.example/${MARK}`;
            const bearer = `${scheme} realm="${realm}",service="${MARK}",scope="${MARK}"`;
            const turns: readonly Turn[] = [...before(), [asked, saying(text, status, code, bearer)]];
            const { probed } = table.start(turns, pulls ? { pull } : {});
            await expectSilence(await probed, pulls);
            // It was this answer that the probe met.
            expect(table.registry.conversation.length).to.be.at.least(turns.length);
            expect(table.elsewhere.connections).to.equal(0);
          },
        ),
        { numRuns: 80 },
      );
    });
  }

  it('come out of no token, and of nothing beside it', async () => {
    await fc.assert(
      fc.asyncProperty(words, async (text) => {
        const turns: readonly Turn[] = [
          [PING, table.wantsBearer()],
          [TOKEN, wordyToken(text)],
        ];
        const { probed } = table.start(turns);
        await expectSilence(await probed);
      }),
      { numRuns: 40 },
    );
  });

  it('come out of no host that is named in a redirect, a realm or a Location', async () => {
    const hosts = [
      `${MARK},call-us`,
      `a b.${MARK}`,
      `${MARK}'`,
      `<${MARK}>`,
      `${MARK}!`,
      `"${MARK}`,
      `${MARK}%0a.example`,
      `${MARK}(x)`,
    ];
    for (const host of hosts) {
      const url = `https://${host}/${MARK}`;
      const rows: readonly (readonly Turn[])[] = [
        [[PING, answer(302, { Location: url })]],
        [[PING, answer(401, { 'WWW-Authenticate': `Bearer realm="${url.replaceAll(/["\\]/g, '\\$&')}"` })]],
        [
          [PING, wantsBasic],
          [LOGIN, answer(200)],
          [`${POST} as ci`, answer(202, { Location: url })],
        ],
      ];
      for (const turns of rows) await expectSilence(await table.run(turns));
    }
  });

  it('leave the codes of the closed list, the scheme, the status and the origin of a redirect', async () => {
    const refused = await table.start([
      [PING, wantsBasic],
      [LOGIN, answer(200)],
      [`${POST} as ci`, saying(MARK, 403, 'DENIED', 'Bearer')],
    ]).probed;
    expect(await shown(refused, false))
      .to.include('"errorCode":"DENIED"')
      .and.include('"authScheme":"basic"')
      .and.include('(403)');
    const moved = await table.run([[PING, answer(302, { Location: `https://x.example:8443/${MARK}` })]]);
    expect(await shown(moved, false))
      .to.include('https://x.example:8443')
      .and.not.include(MARK);
  });
});
