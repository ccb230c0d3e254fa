import { expect } from 'chai';
import { createTrust, openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createSend } from '../../src/registry/http.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';
import {
  accepted,
  DELETE,
  LOGIN,
  openTable,
  PING,
  POST,
  wantsBasic,
  type ProbeTable,
} from '../check/probe-table.ts';
import { never } from '../registry/asking.ts';
import { answer, challenge, type Turn } from '../support/scripted-registry.ts';

/** URLs of other schemes, all of which something on a machine would open. */
const OTHERS: readonly string[] = [
  'data:application/json,{"token":"t1"}',
  'data:text/html;base64,PHA+',
  'file:///etc/passwd',
  'ftp://127.0.0.1/token',
  'javascript:alert(1)',
  'blob:https://a.example/1',
  'unix:///var/run/docker.sock',
  'ws://127.0.0.1/token',
  'wss://127.0.0.1/token',
  'gopher://127.0.0.1/token',
  'about:blank',
];

describe('E5: another scheme than https and http', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  for (const url of OTHERS) {
    it(`is asked by no URL of a check: ${url}`, () => {
      expect(parseRegistryUrl(url)).to.have.property('problem');
    });

    it(`is asked by no request, whoever should let it through: ${url}`, async () => {
      const connection = openConnection({ guard: createGuard([]), secureContext: createTrust(undefined) });
      try {
        const answered = await createSend(connection)({ method: 'GET', url: new URL(url) }, never);
        expect(answered).to.deep.equal({ kind: 'failed', cause: 'protocol' });
      } finally {
        connection.close();
      }
    });

    it(`is asked for no token: ${url}`, async () => {
      const { observation } = await table.run([
        [PING, challenge(`Bearer realm="${url.replaceAll('"', '\\"')}",service="s"`)],
      ]);
      expect(observation).to.deep.equal({ kind: 'RealmNotTrusted', why: 'malformed', realm: undefined });
      expect(table.diagnose(observation).reason).to.equal('TokenRealmNotTrusted');
    });

    it(`is asked to cancel nothing: ${url}`, async () => {
      const { observation } = await table.run([
        [PING, wantsBasic],
        [LOGIN, answer(200)],
        [`${POST} as ci`, answer(202, { Location: url })],
      ]);
      expect(table.diagnose(observation).reason).to.equal('UnexpectedResponse');
    });

    for (const status of [301, 302, 307, 308]) {
      it(`is followed by no ${String(status)}: ${url}`, async () => {
        const reply = answer(status, { Location: url });
        const rows: readonly (readonly Turn[])[] = [
          [[PING, reply]],
          [
            [PING, wantsBasic],
            [LOGIN, reply],
          ],
          [
            [PING, wantsBasic],
            [LOGIN, answer(200)],
            [`${POST} as ci`, reply],
          ],
        ];
        for (const turns of rows) {
          const { observation } = await table.run(turns);
          expect(table.diagnose(observation).reason).to.equal('RedirectedElsewhere');
          expect(observation).to.include({ to: undefined });
        }
        const cancelled = await table.run([
          [PING, wantsBasic],
          [LOGIN, answer(200)],
          [`${POST} as ci`, accepted],
          [`${DELETE} as ci`, reply],
        ]);
        expect(cancelled.observation).to.include({ cleanup: 'Failed' });
      });
    }
  }
});
