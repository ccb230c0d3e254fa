import { expect } from 'chai';
import type { Observation } from '../../src/check/observation.ts';
import { answer, challenge, startScriptedRegistry, type Turn } from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  LOGIN,
  openTable,
  PING,
  POST,
  wantsBasic,
  type ProbeTable,
} from './probe-table.ts';

describe('probe', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  describe('B8: and the Location of an accepted upload', () => {
    const enter = (location?: string): Turn[] => [
      [PING, wantsBasic],
      [LOGIN, answer(200)],
      [`${POST} as ci`, answer(202, location === undefined ? {} : { Location: location })],
    ];

    const elsewhere: readonly [name: string, location: () => string, kind: string, finding: string][] = [
      [
        'at another host',
        () => `${table.elsewhere.url}/v2/team/app/blobs/uploads/1`,
        'elsewhere',
        'UploadLocationElsewhere',
      ],
      [
        'at the metadata service',
        () => 'https://169.254.169.254/v2/',
        'elsewhere',
        'UploadLocationElsewhere',
      ],
      [
        'over http',
        () => `${table.registry.url.replace('https:', 'http:')}/v2/1`,
        'insecure',
        'UploadLocationInsecure',
      ],
    ];
    for (const [name, location, kind, finding] of elsewhere) {
      it(`cancels nothing ${name}, and says so`, async () => {
        const { observation } = await table.run(enter(location()));
        expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Failed', login: 'proven' });
        expect('location' in observation && observation.location.kind).to.equal(kind);
        const { reason, findings } = table.diagnose(observation);
        expect(reason).to.equal('PushAuthorized');
        expect(findings.map(({ type }) => type)).to.deep.equal([finding]);
      });
    }

    const missing: readonly [name: string, location: string | undefined][] = [
      ['is missing', undefined],
      ['is empty', ''],
      ['is no URL', 'https://exa mple/'],
      ['is in a file', 'file:///etc/passwd'],
    ];
    for (const [name, location] of missing) {
      it(`finds UnexpectedResponse where it ${name}, and cancels nothing`, async () => {
        const { observation } = await table.run(enter(location));
        expect(observation.kind).to.equal('UploadMalformed');
        const { reason, stages } = table.diagnose(observation);
        expect([reason, stages.Authenticated.status]).to.deep.equal(['UnexpectedResponse', 'True']);
      });
    }

    for (const location of [
      '/admin/delete?everything',
      '/v2/team/app/manifests/latest',
      '/uploads/1',
      '/v2/../admin/team/app/blobs/uploads/1',
      '/v2/%2e%2e/admin/team/app/blobs/uploads/1',
      '/v2/team/app/blobs/uploads/%2e%2e',
      '/v2/team/app/blobs/uploads/..%2f..%2fmanifests%2flatest',
      '/v2/team/app/blobs/uploads/..%5c..',
      '/v2/team/other/blobs/uploads/1',
      '/v2/team/app/blobs/uploads/',
    ]) {
      it(`cancels nothing at ${location}, and says so`, async () => {
        const { observation } = await table.run(enter(location));
        expect(observation).to.deep.equal({
          kind: 'UploadAccepted',
          login: 'proven',
          location: { kind: 'outside' },
          cleanup: 'Failed',
        });
        const { reason, findings } = table.diagnose(observation);
        expect(reason).to.equal('PushAuthorized');
        const [finding, ...more] = findings;
        expect(finding).to.include({ type: 'UploadNotCancelled' });
        expect(finding?.message).to.match(/names an upload session at a place where no cancel is sent;/);
        expect(more).to.deep.equal([]);
      });
    }

    it('shows no host at which a registry could write sentences', async () => {
      const { observation } = await table.run(enter('https://call,0900-c4nary/v2/team/app/blobs/uploads/1'));
      expect(observation).to.deep.include({ location: { kind: 'elsewhere', host: undefined } });
      expect(table.diagnose(observation).findings[0]?.message).to.match(/ on to another host: /);
    });

    const here: readonly [name: string, location: () => string, asked: string][] = [
      ['is relative', () => '1?_state=s', DELETE],
      ['is a path', () => '/v2/team/app/blobs/uploads/1?_state=s', DELETE],
      ['is absolute', () => `${table.registry.url}/v2/team/app/blobs/uploads/1?_state=s`, DELETE],
      [
        'has a login in it',
        () => table.registry.url.replace('://', '://evil:pw@').concat('/v2/team/app/blobs/uploads/x'),
        'DELETE /v2/team/app/blobs/uploads/x',
      ],
      [
        'has 8 kB of state',
        () => `/v2/team/app/blobs/uploads/x?_state=${'s'.repeat(8000)}`,
        `DELETE /v2/team/app/blobs/uploads/x?_state=${'s'.repeat(8000)}`,
      ],
    ];
    for (const [name, location, asked] of here) {
      it(`cancels at it where it ${name}, and does not keep it`, async () => {
        const { observation } = await table.run([...enter(location()), [`${asked} as ci`, answer(204)]]);
        expect(observation).to.deep.include({ cleanup: 'Cancelled', location: { kind: 'here' } });
        expect(JSON.stringify(observation)).to.not.include('_state').and.not.include('evil');
      });
    }
  });

  describe('over plain http', () => {
    it('B8: takes an https Location of an http registry for another host', async () => {
      const plain = await startScriptedRegistry();
      try {
        const { probed } = table.start([], { url: plain.url });
        plain.play([
          [PING, challenge('Basic realm="x"')],
          [LOGIN, answer(200)],
          [`${POST} as ci`, answer(202, { Location: `${plain.url.replace('http:', 'https:')}/v2/x` })],
        ]);
        const observation: Observation = (await probed).observation;
        expect(observation).to.deep.include({ location: { kind: 'elsewhere', host: plain.host } });
        expect(plain.conversation).to.deep.equal([PING, LOGIN, `${POST} as ci`]);
      } finally {
        await plain.stop();
      }
    });

    it('pushes and cancels', async () => {
      const plain = await startScriptedRegistry();
      try {
        const { probed } = table.start([], { url: plain.url, anonymous: true });
        plain.play([
          [PING, answer(200)],
          [POST, accepted],
          [DELETE, answer(204)],
        ]);
        expect((await probed).observation).to.include({ cleanup: 'Cancelled' });
      } finally {
        await plain.stop();
      }
    });
  });
});
