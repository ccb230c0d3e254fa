import { expect } from 'chai';
import type { RealmProblem } from '../../src/registry/binding.ts';
import { answer, challenge, token, type Turn } from '../support/scripted-registry.ts';
import { accepted, DELETE, openTable, PING, POST, TOKEN, type ProbeTable } from './probe-table.ts';

const cancelled = answer(204);

describe('probe', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  describe('B5: and token services elsewhere', () => {
    const realms: readonly [name: string, realm: () => string, why: RealmProblem][] = [
      ['on another port', () => `${table.elsewhere.url}/token`, 'address'],
      [
        'under another name',
        () => `https://localhost:${new URL(table.elsewhere.url).port}/token`,
        'other-host',
      ],
      ['over http', () => `${table.registry.url.replace('https:', 'http:')}/token`, 'insecure'],
      ['with a login in it', () => table.registry.url.replace('://', '://evil:pw@'), 'malformed'],
      ['at the metadata service', () => 'http://169.254.169.254/latest/meta-data/', 'insecure'],
      ['in a file', () => 'file:///etc/passwd', 'malformed'],
      ['as a path', () => '/token', 'malformed'],
      ['nowhere', () => '', 'malformed'],
      ['5 kB away', () => `${table.registry.url}/${'a'.repeat(3000)}`, 'malformed'],
    ];
    for (const [name, realm, why] of realms) {
      for (const anonymous of [false, true]) {
        it(`sends nothing to one ${name}, with${anonymous ? 'out' : ''} a login`, async () => {
          const { observation } = await table.run(
            [[PING, challenge(`Bearer realm="${realm()}",service="scripted"`)]],
            {
              anonymous,
            },
          );
          expect(observation).to.include({ kind: 'RealmNotTrusted', why });
          expect(table.diagnose(observation).reason).to.equal('TokenRealmNotTrusted');
          expect(JSON.stringify(observation)).to.not.include('pw');
        });
      }
    }

    for (const host of ['localhost', '127.0.0.1']) {
      it(`sends the login to one that the installation trusts, at ${host}`, async () => {
        const { registry, elsewhere } = table;
        const url = registry.url.replace('127.0.0.1', host);
        const realm = elsewhere.url.replace('127.0.0.1', host);
        const turns: Turn[] = [
          [PING, challenge(`Bearer realm="${realm}/token",service="scripted"`)],
          [`${POST} as Bearer t1`, accepted],
          [`${DELETE} as Bearer t1`, cancelled],
        ];
        const running = table.start(turns, { url, tokenHost: new URL(realm).host });
        elsewhere.play([[TOKEN, token('t1')]]);
        const { observation } = await running.probed;
        expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven' });
        expect(elsewhere.conversation).to.deep.equal([TOKEN]);
        expect(registry.conversation).to.deep.equal(turns.map(([asked]) => asked));
      });
    }
  });
});
