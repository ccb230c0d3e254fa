import { expect } from 'chai';
import { CANCEL_BUDGET_MS } from '../../src/check/cancel.ts';
import type { Diagnosis } from '../../src/check/diagnose.ts';
import { readSpec } from '../../src/api/validate.ts';
import { statusAfter } from '../../src/controller/publish.ts';
import { aCheck, aProbed, aRegistry, NOW_MS } from '../support/builders.ts';
import {
  answer,
  challenge,
  errors,
  large,
  reset,
  stall,
  token,
  type Reply,
  type Turn,
} from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  DELETE_TOKEN,
  LOGIN,
  openTable,
  PING,
  POST,
  TOKEN,
  type ProbeTable,
} from '../check/probe-table.ts';
import { basic, bearer, CANARY, manyErrors, nested, push, refused, ROWS } from './registry-answers.ts';

const cancelled = answer(204);

describe('what a registry may say', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  for (const [row, name, turns, reason, course, says] of ROWS) {
    it(`row ${row}: ${name}: ${reason}, ${course}, with these requests and no others`, async () => {
      const script = turns(table);
      expect(script.length).to.be.at.most(7);
      // Demands the conversation, silence at the other host, and that nothing shows the password.
      const probed = await table.run(script);
      const diagnosis = table.diagnose(probed.observation);
      expect([diagnosis.reason, diagnosis.course]).to.deep.equal([reason, course]);
      expect(diagnosis.message).to.match(says);
      expect(JSON.stringify([probed, diagnosis])).to.not.include(CANARY);
    });
  }

  it('row 74: shows nothing of a realm but its origin', async () => {
    const { observation } = await table.run([
      [PING, bearer(`https://tokens.evil.example/${CANARY}?${CANARY}`)],
    ]);
    expect(JSON.stringify([observation, table.diagnose(observation)])).to.not.include(CANARY);
  });

  describe('and passes', () => {
    const green: readonly Turn[] = [
      [`${POST} as Bearer t1`, accepted],
      [`${DELETE} as Bearer t1`, cancelled],
    ];

    const several: readonly [name: string, reply: () => Reply, bearerTaken: boolean][] = [
      [
        'Basic and Bearer in one header',
        () => challenge(`Basic realm="a, b", Bearer realm="${table.registry.url}/token",service="scripted"`),
        true,
      ],
      [
        'Bearer after seven others, in a header each',
        () =>
          challenge(
            'Negotiate',
            'NTLM',
            'Digest realm="x"',
            'DPoP',
            'Mutual realm="y"',
            'Basic realm="z"',
            'HOBA max-age="1"',
            `Bearer realm="${table.registry.url}/token",service="scripted"`,
          ),
        true,
      ],
      ['Negotiate, then Basic', () => challenge('Negotiate, Basic realm="x"'), false],
      [
        'Digest and Basic in two headers',
        () => challenge('Digest realm="x",qop="auth"', 'Basic realm="x"'),
        false,
      ],
    ];
    for (const [name, reply, bearerTaken] of several) {
      it(`row 75: ${name}: ${bearerTaken ? 'Bearer' : 'Basic'} is taken`, async () => {
        const { observation, scheme } = await table.run(
          bearerTaken
            ? [[PING, reply()], [TOKEN, token('t1')], ...green]
            : [
                [PING, reply()],
                [LOGIN, answer(200)],
                [`${POST} as ci`, accepted],
                [`${DELETE} as ci`, cancelled],
              ],
        );
        expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
        expect(scheme).to.equal(bearerTaken ? 'bearer' : 'basic');
      });
    }

    it('row 76: the scope of a challenge is ignored: only our own is asked for', async () => {
      // What wantsBearer offers is repository:victim/x:push.
      await table.run([[PING, table.wantsBearer()], [TOKEN, token('t1')], ...green]);
      const { registry } = table;
      expect(registry.conversation.join()).to.not.include('victim');
      const inRealm = challenge(
        `Bearer realm="${registry.url}/token?scope=repository:victim/x:push",service="scripted",scope="registry:catalog:*"`,
      );
      await table.run([[PING, inRealm], [TOKEN, token('t1')], ...green]);
    });

    const foreign: readonly [name: string, location: () => string, finding: string][] = [
      [
        'at another origin',
        () => `${table.elsewhere.url}/v2/team/app/blobs/uploads/${CANARY}`,
        'UploadLocationElsewhere',
      ],
      [
        'over http',
        () => `http://${table.registry.host}/v2/team/app/blobs/uploads/${CANARY}`,
        'UploadLocationInsecure',
      ],
    ];
    for (const [name, location, finding] of foreign) {
      it(`row 83: a Location ${name}: ${finding}, nothing is sent there, and the push is authorized`, async () => {
        const { observation } = await table.run(basic(answer(202, { Location: location() })));
        const { reason, findings } = table.diagnose(observation);
        expect(observation).to.include({ cleanup: 'Failed' });
        expect([reason, findings.map(({ type }) => type)]).to.deep.equal(['PushAuthorized', [finding]]);
        expect(JSON.stringify([observation, findings])).to.not.include(CANARY);
      });
    }

    it('row 84: a Location with 8 kB of state is used as it is, and kept nowhere', async () => {
      const state = `${CANARY}%2F${'s'.repeat(8000)}`;
      const path = '/v2/team/app/blobs/uploads/1';
      const asked = `DELETE ${path}?_state=${decodeURIComponent(state)} as ci`;
      const probed = await table.run([
        ...basic(answer(202, { Location: `${path}?_state=${state}` })),
        [asked, cancelled],
      ]);
      expect(probed.observation).to.include({ cleanup: 'Cancelled' });
      expect(JSON.stringify([probed, table.diagnose(probed.observation)])).to.not.include(CANARY);
    });

    const cancels: readonly [name: string, turns: () => readonly Turn[], cleanup: string][] = [
      [
        '401',
        () => [
          [`${DELETE} as Bearer t1`, answer(401)],
          [DELETE_TOKEN, answer(403)],
        ],
        'NotPermitted',
      ],
      [
        '401 twice',
        () => [
          [`${DELETE} as Bearer t1`, answer(401)],
          [DELETE_TOKEN, token('t2')],
          [`${DELETE} as Bearer t2`, answer(401)],
        ],
        'NotPermitted',
      ],
      ['403', () => [[`${DELETE} as Bearer t1`, refused(403, 'DENIED')]], 'NotPermitted'],
      ['404', () => [[`${DELETE} as Bearer t1`, refused(404, 'BLOB_UPLOAD_UNKNOWN')]], 'Failed'],
      ['405', () => [[`${DELETE} as Bearer t1`, refused(405, 'UNSUPPORTED')]], 'Unsupported'],
      ['500', () => [[`${DELETE} as Bearer t1`, answer(500, {}, CANARY)]], 'Failed'],
      ['a reset', () => [[`${DELETE} as Bearer t1`, reset]], 'Failed'],
      ['a large body', () => [[`${DELETE} as Bearer t1`, large(70_000)]], 'Failed'],
      [
        'a redirect',
        () => [[`${DELETE} as Bearer t1`, answer(307, { Location: `${table.elsewhere.url}/` })]],
        'Failed',
      ],
      ['no answer', () => [[`${DELETE} as Bearer t1`, stall]], 'Failed'],
    ];
    for (const [name, turns, cleanup] of cancels) {
      it(`row 86: ${name} to the cancel: cleanup ${cleanup}, and the same verdict`, async () => {
        const script = [...push(table, accepted), ...turns()];
        const { probed, clock } = table.start(script);
        if (name === 'no answer') {
          await table.registry.asked(script.length);
          await clock.advance(CANCEL_BUDGET_MS);
        }
        const { observation } = await probed;
        table.verify(script, await probed);
        expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven', cleanup });
        const { reason, course, stages, findings } = table.diagnose(observation);
        expect([reason, course, stages.PushAuthorized.status]).to.deep.equal([
          'PushAuthorized',
          'ok',
          'True',
        ]);
        expect(findings.map(({ type }) => type)).to.deep.equal(['UploadNotCancelled']);
      });
    }

    it('row 92: a Warning of 4096 bytes is dropped', async () => {
      const Warning = `299 - "${CANARY.repeat(680)}"`;
      const probed = await table.run([
        [PING, answer(401, { Warning, 'WWW-Authenticate': 'Basic realm="x"' })],
        [LOGIN, answer(200, { Warning })],
        [`${POST} as ci`, answer(202, { Warning, Location: '/v2/team/app/blobs/uploads/1?_state=s' })],
        [`${DELETE} as ci`, answer(204, { Warning })],
      ]);
      expect(probed.observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
      expect(JSON.stringify([probed, table.diagnose(probed.observation)])).to.not.include(CANARY);
    });

    for (const [name, more] of [
      ['expires_in -1', { expires_in: -1 }],
      ['expires_in 0', { expires_in: 0 }],
      ['expires_in 1e12', { expires_in: 1e12 }],
      ['expires_in in words', { expires_in: CANARY }],
      ['issued_at in 2090', { issued_at: '2090-01-01T00:00:00Z', expires_in: 300 }],
      ['issued_at in 1970', { issued_at: '1970-01-01T00:00:00Z', expires_in: 300 }],
    ] as const) {
      it(`row 93: a token with ${name} is used for this probe, and for no other one`, async () => {
        const reply = answer(200, {}, JSON.stringify({ token: 't1', ...more }));
        for (let probes = 0; probes < 2; probes += 1) {
          // Each probe asks for its own.
          const { observation } = await table.run([[PING, table.wantsBearer()], [TOKEN, reply], ...green]);
          expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven' });
        }
      });
    }
  });

  it('row 89: keeps the first three known codes', async () => {
    const { observation } = await table.run(basic(nested({ errors: manyErrors.slice(0, 100) })));
    const { codes } = 'answer' in observation ? observation.answer : expect.fail();
    expect(codes).to.deep.equal(['UNAUTHORIZED', 'UNSUPPORTED', 'DENIED']);
  });

  describe('to be asked less', () => {
    const waits: readonly [
      name: string,
      retryAfter: string | undefined,
      asksMs: number | undefined,
      afterMs: number,
    ][] = [
      ['no Retry-After', undefined, undefined, 0],
      ['Retry-After: 7', '7', 7_000, 7_000],
      ['Retry-After: 0', '0', 1_000, 1_000],
      ['Retry-After: 1800', '1800', 1_800_000, 1_800_000],
      ['Retry-After: 999999999', '999999999', 3_600_000, 2_400_000],
      ['Retry-After: 99999999999999999999', '9'.repeat(20), undefined, 0],
      ['Retry-After: -1', '-1', undefined, 0],
      ['Retry-After in words', 'soon', undefined, 0],
      ['a date in 1994', 'Sun, 06 Nov 1994 08:49:37 GMT', 1_000, 1_000],
      ['a date in 2090', 'Sun, 01 Jan 2090 00:00:00 GMT', 3_600_000, 2_400_000],
    ];
    for (const [name, retryAfter, asksMs, afterMs] of waits) {
      it(`row 87: 429 with ${name}: RateLimited, transient, heard within four intervals`, async () => {
        const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
        const { observation } = await table.run(basic(answer(429, headers, errors('TOOMANYREQUESTS'))));
        const { reason, course, retryAfterMs } = table.diagnose(observation);
        expect([reason, course, retryAfterMs]).to.deep.equal(['RateLimited', 'transient', asksMs]);
        const spec = readSpec(aCheck().spec, { intervalMs: 600_000, retryIntervalMs: 60_000 });
        const met = {
          kind: 'met',
          trigger: 'Scheduled',
          request: undefined,
          observation,
          probed: aProbed(observation),
          registry: aRegistry(),
          secretVersion: undefined,
          secretForm: undefined,
          operator: undefined,
          login: undefined,
          nowMs: NOW_MS,
        } as const;
        const status = statusAfter(aCheck(), spec.ok ? spec.spec : expect.fail(), met);
        const due = Date.parse(status.nextProbeTime ?? '') - NOW_MS;
        expect(due).to.be.at.least(Math.max(afterMs, 60_000));
        expect(due).to.be.at.most(4 * 600_000);
        expect(status.conditions?.find(({ type }) => type === 'Ready')).to.include({ status: 'Unknown' });
      });
    }

    it('row 87: 429 at the ping, too, ends the probe at once', async () => {
      const { observation } = await table.run([[PING, answer(429, { 'Retry-After': '9' })]]);
      const found: Diagnosis = table.diagnose(observation);
      expect([found.reason, found.retryAfterMs]).to.deep.equal(['RateLimited', 9_000]);
    });
  });
});
