import { expect } from 'chai';
import { Secret } from '../../src/registry/secret.ts';
import { createAuthority, LOOPBACK } from '../support/certificates.ts';
import {
  answer,
  challenge,
  errors,
  startScriptedRegistry,
  token,
  type Turn,
} from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  openTable,
  PING,
  POST,
  TOKEN,
  wantsBasic,
  type ProbeTable,
} from './probe-table.ts';

const cancelled = answer(204);
const own = { login: { kind: 'token', token: new Secret('c4nary.t') } } as const;
const AS_TOKEN = 'as Bearer c4nary.t';
const PROOF = `${PING} ${AS_TOKEN}`;

describe('probe with what a Secret says', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  describe('of a token of its own', () => {
    it('B1: sends it to the registry and to no token service', async () => {
      const { observation, scheme } = await table.run(
        [
          [PING, table.wantsBearer()],
          [`${POST} ${AS_TOKEN}`, accepted],
          [`${DELETE} ${AS_TOKEN}`, cancelled],
        ],
        { credential: own },
      );
      expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven', cleanup: 'Cancelled' });
      expect(scheme).to.equal('bearer');
    });

    it('does not even ask whether the token service may be trusted', async () => {
      const { observation } = await table.run(
        [
          [PING, challenge(`Bearer realm="${table.elsewhere.url}/token",service="x"`)],
          [`${POST} ${AS_TOKEN}`, accepted],
          [`${DELETE} ${AS_TOKEN}`, answer(401)],
        ],
        { credential: own },
      );
      expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'NotPermitted' });
    });

    it('sends it along where the registry is open for a ping', async () => {
      const { observation } = await table.run(
        [
          [PING, answer(200)],
          [`${POST} ${AS_TOKEN}`, accepted],
          [`${DELETE} ${AS_TOKEN}`, cancelled],
        ],
        { credential: own },
      );
      expect(observation).to.include({ kind: 'UploadAccepted', login: 'unchecked' });
    });

    it('says that a registry with Basic alone takes no token', async () => {
      const { observation } = await table.run([[PING, wantsBasic]], { credential: own });
      expect(observation).to.deep.equal({ kind: 'PasswordWanted' });
      expect(table.diagnose(observation).reason).to.equal('CredentialsNotMatched');
    });

    const refusal = (status: number, proof: number | undefined, invalid = false): Turn[] => [
      [PING, table.wantsBearer()],
      [
        `${POST} ${AS_TOKEN}`,
        invalid ? table.wantsBearer(',error="invalid_token"') : answer(status, {}, errors('DENIED')),
      ],
      ...(proof === undefined ? [] : [[PROOF, answer(proof)] as const]),
    ];
    type Row = readonly [name: string, turns: () => Turn[], login: string, reason: string];
    const rows: readonly Row[] = [
      ['a good token without the right', () => refusal(403, 200), 'proven', 'PushDenied'],
      [
        'a token that is called invalid, and asks no more',
        () => refusal(401, undefined, true),
        'disproven',
        'CredentialsRejected',
      ],
      [
        'a token that the registry does not take',
        () => refusal(401, 401),
        'disproven',
        'CredentialsRejected',
      ],
      ['a token of which nothing is known', () => refusal(401, 404), 'unknown', 'PushUnauthorized'],
    ];
    for (const [name, turns, login, reason] of rows) {
      it(`knows ${name}: ${reason}`, async () => {
        const { observation } = await table.run(turns(), { credential: own });
        expect(observation).to.include({ kind: 'UploadRefused', login });
        expect(table.diagnose(observation).reason).to.equal(reason);
        expect(JSON.stringify(observation)).to.not.include('c4nary');
      });
    }

    it('is not asked for another one where the challenge comes with the upload', async () => {
      const { observation } = await table.run(
        [
          [PING, answer(200)],
          [`${POST} ${AS_TOKEN}`, table.wantsBearer()],
        ],
        { credential: own },
      );
      expect(observation).to.include({ kind: 'UploadRefused', login: 'unchecked' });
    });
  });

  describe('B5: of token services', () => {
    it('asks one that the Secret allows, and none without its word', async () => {
      const { host, url } = table.elsewhere;
      const elsewhere = challenge(`Bearer realm="${url}/token",service="scripted"`);
      const refused = await table.run([[PING, elsewhere]], {});
      expect(refused.observation).to.include({ kind: 'RealmNotTrusted' });

      const { probed } = table.start(
        [
          [PING, elsewhere],
          [`${POST} as Bearer t1`, answer(403)],
        ],
        {
          credential: { tokenHosts: [host] },
        },
      );
      table.elsewhere.play([
        [TOKEN, token('t1')],
        ['GET /token?service=scripted as ci', token('t2')],
      ]);
      expect((await probed).observation).to.include({ kind: 'UploadRefused', login: 'proven' });
      expect(table.elsewhere.conversation).to.have.length(2);
    });

    it('asks none over http, whatever the Secret allows', async () => {
      const realm = table.elsewhere.url.replace('https:', 'http:');
      const { observation } = await table.run([[PING, challenge(`Bearer realm="${realm}/token"`)]], {
        credential: { tokenHosts: [table.elsewhere.host] },
      });
      expect(observation).to.include({ kind: 'RealmNotTrusted', why: 'insecure' });
    });
  });

  describe('of TLS', () => {
    it('B1, TLS, Trust: trusts its authority, shows its certificate to the registry, and not to a token service', async () => {
      const authority = await createAuthority('one team');
      const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'r', ...LOOPBACK });
      const pair = await authority.issue({ commonName: 'ci', client: true });
      const mutual = { requestCert: true, rejectUnauthorized: true, ca: authority.pem };
      const registry = await startScriptedRegistry({ cert, key, ...mutual });
      // It would take a certificate, and goes on without one.
      const tokens = await startScriptedRegistry({ cert, key, ...mutual, rejectUnauthorized: false });
      try {
        const client = { certificate: pair.certPem, key: new Secret(pair.keyPem) };
        const tls = { authorities: authority.pem, client };
        const { probed } = table.start([], {
          url: registry.url,
          credential: { tls, tokenHosts: [tokens.host] },
        });
        registry.play([
          [PING, challenge(`Bearer realm="${tokens.url}/token",service="scripted"`)],
          [`${POST} as Bearer t1`, accepted],
          [`${DELETE} as Bearer t1`, cancelled],
        ]);
        tokens.play([[TOKEN, token('t1')]]);
        const { observation, certificateEndsMs } = await probed;
        expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven' });
        expect(certificateEndsMs).to.be.a('number');
        expect(registry.clients).to.deep.equal(['ci']);
        expect(tokens.clients).to.deep.equal([undefined]);
      } finally {
        await registry.stop();
        await tokens.stop();
      }
    });

    it('fails where the registry wants a certificate and the Secret has none', async () => {
      const authority = await createAuthority('one team');
      const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'r', ...LOOPBACK });
      const registry = await startScriptedRegistry({
        cert,
        key,
        requestCert: true,
        ca: authority.pem,
        maxVersion: 'TLSv1.2',
      });
      try {
        const tls = { authorities: authority.pem, client: undefined };
        const { observation } = await table.start([], { url: registry.url, credential: { tls } }).probed;
        expect(observation).to.include({ kind: 'NetworkFailed', step: 'ping' });
      } finally {
        await registry.stop();
      }
    });
  });
});
