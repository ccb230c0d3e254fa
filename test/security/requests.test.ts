import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Secret } from '../../src/registry/secret.ts';
import {
  accepted,
  DELETE,
  DELETE_TOKEN,
  LOGIN,
  openTable,
  PING,
  POST,
  PROOF,
  TOKEN,
  wantsBasic,
  type ProbeOptions,
  type ProbeTable,
} from '../check/probe-table.ts';
import { unexpectedIn } from '../support/request-shape.ts';
import { answer, token, type Turn } from '../support/scripted-registry.ts';

const pull = { repository: 'team/app', reference: 'v1' };
const identity = { kind: 'identity', token: new Secret('c4nary.identity'), beside: undefined } as const;

/** Conversations that have, together, every request that a probe can make. */
const ROWS: readonly (readonly [
  name: string,
  turns: (table: ProbeTable) => readonly Turn[],
  options?: ProbeOptions,
])[] = [
  [
    'logs in by Basic, pushes, cancels and pulls',
    () => [
      [PING, wantsBasic],
      [LOGIN, answer(200)],
      [`${POST} as ci`, accepted],
      [`${DELETE} as ci`, answer(204)],
      ['HEAD /v2/team/app/manifests/v1 as ci', answer(200)],
    ],
    { pull },
  ],
  [
    'gets a token for each right',
    (table) => [
      [PING, table.wantsBearer()],
      [TOKEN, token('t1')],
      [`${POST} as Bearer t1`, accepted],
      [`${DELETE} as Bearer t1`, answer(401)],
      [DELETE_TOKEN, token('t2')],
      [`${DELETE} as Bearer t2`, answer(204)],
      [TOKEN.replace(':pull,push', ':pull'), token('t3')],
      ['HEAD /v2/team/app/manifests/v1 as Bearer t3', answer(200)],
    ],
    { pull },
  ],
  [
    'is refused, and proves its login',
    (table) => [
      [PING, table.wantsBearer()],
      [TOKEN, answer(403)],
      [PROOF, token('t1')],
    ],
  ],
  [
    'exchanges an identity token',
    (table) => [
      [PING, table.wantsBearer()],
      [
        'POST /token with grant_type=refresh_token&client_id=registry-push-check&service=scripted&scope=repository:team/app:pull,push&refresh_token=c4nary.identity',
        token('t1'),
      ],
      [`${POST} as Bearer t1`, accepted],
      [`${DELETE} as Bearer t1`, answer(204)],
    ],
    { credential: { login: identity } },
  ],
  [
    'looks before it asks',
    () => [
      [PING, answer(401, { 'WWW-Authenticate': 'Basic realm="r"' }, '{"code":"UNAUTHORIZED"}')],
      [LOGIN, answer(200)],
      ['GET /v2/team/app/tags/list as ci', answer(200)],
      [`${POST} as ci`, accepted],
      [`${DELETE} as ci`, answer(204)],
    ],
  ],
  [
    'follows the registry to another path of its own',
    () => [
      [PING, wantsBasic],
      [LOGIN, answer(200)],
      [`${POST} as ci`, answer(307, { Location: '/other/v2/team/app/blobs/uploads/?region=1' })],
      ['POST /other/v2/team/app/blobs/uploads/?region=1 as ci', answer(403)],
    ],
  ],
  [
    'asks as nobody',
    () => [
      [PING, answer(200)],
      [POST, accepted],
      [DELETE, answer(204)],
    ],
    { anonymous: true },
  ],
];

describe('E2: the requests of a probe', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  for (const [name, turns, options] of ROWS) {
    it(`are on the closed lists, with no other header, where it ${name}`, async () => {
      await table.run(turns(table), options);
      expect(unexpectedIn(table.registry)).to.deep.equal([]);
      expect(table.registry.rawHeaders).to.have.length(table.registry.conversation.length);
    });
  }

  const wrong: readonly (readonly [name: string, line: string, headers: readonly string[]])[] = [
    ['another method', 'PUT /v2/team/app/blobs/uploads/1', []],
    ['an upload with data', 'POST /v2/team/app/blobs/uploads/?digest=sha256:1', []],
    ['a mount', 'POST /v2/team/app/blobs/uploads/?mount=sha256:1&from=x', []],
    ['a catalog', 'GET /v2/_catalog?n=5', []],
    ['a manifest that is deleted', 'DELETE /v2/team/app/manifests/v1', []],
    ['a scope of a registry', 'GET /token?scope=registry:catalog:*', []],
    ['a scope of more rights', 'GET /token?scope=repository:a/b:pull,push,delete', []],
    ['two scopes', 'GET /token?scope=repository:x/y:push&scope=repository:a/b:pull', []],
    ['a header of a user', PING, ['X-Forwarded-For', '10.0.0.1']],
    ['a cookie', PING, ['Cookie', 'a=b']],
    ['what is asked to be packed', PING, ['Accept-Encoding', 'gzip']],
    ['a field twice', PING, ['Host', 'a', 'host', 'b']],
  ];
  for (const [name, line, headers] of wrong) {
    it(`are not on the lists where there is ${name}`, () => {
      const found = unexpectedIn({ conversation: [line], rawHeaders: [headers] });
      expect(found).to.not.deep.equal([]);
    });
  }

  it('M3: ask for nothing that is packed', async () => {
    await table.run([
      [PING, wantsBasic],
      [LOGIN, answer(401)],
    ]);
    for (const raw of table.registry.rawHeaders) {
      expect(raw[raw.indexOf('Accept-Encoding') + 1]).to.equal('identity');
    }
  });

  it("know no way to the operator's own token", async () => {
    const rooms = ['registry', 'check', 'probing'];
    for (const room of rooms) {
      for (const file of await readdir(join('src', room), { recursive: true })) {
        if (!file.endsWith('.ts')) continue;
        const text = await readFile(join('src', room, file), 'utf8');
        expect(text, `${room}/${file}`).to.not.match(
          /'[^']*\/kube\/|kubernetes\.io\/serviceaccount|client-node/,
        );
      }
    }
  });
});
