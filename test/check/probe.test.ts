import { expect } from 'chai';
import { answer, challenge, errors, token, type Reply, type Turn } from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  LOGIN,
  openTable,
  PING,
  POST,
  TOKEN,
  wantsBasic,
  type ProbeTable,
} from './probe-table.ts';

const ok = answer(200, {}, '{}');
const refused = (status: number, ...codes: readonly string[]): Reply => answer(status, {}, errors(...codes));
const cancelled = answer(204);
describe('probe', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  describe('of an open registry', () => {
    it('pushes without a login', async () => {
      const { observation, scheme } = await table.run(
        [
          [PING, ok],
          [POST, accepted],
          [DELETE, cancelled],
        ],
        { anonymous: true },
      );
      expect(observation).to.deep.equal({
        kind: 'UploadAccepted',
        login: 'none',
        location: { kind: 'here' },
        cleanup: 'Cancelled',
      });
      expect(scheme).to.equal(undefined);
      expect(table.diagnose(observation)).to.deep.include({
        reason: 'PushAuthorized',
        findings: [
          { type: 'AnonymousPushAccepted', message: `${table.registry.host} lets anybody push to team/app` },
        ],
      });
    });

    it('sends a login along that nobody asked for, and does not call it good', async () => {
      const { observation } = await table.run([
        [PING, ok],
        [`${POST} as ci`, accepted],
        [`${DELETE} as ci`, cancelled],
      ]);
      expect(observation).to.include({ kind: 'UploadAccepted', login: 'unchecked', cleanup: 'Cancelled' });
      expect(table.diagnose(observation).stages.Authenticated).to.include({
        status: 'Unknown',
        reason: 'CredentialsNotChecked',
      });
    });

    it('logs in where the challenge comes with the upload', async () => {
      const { observation, scheme } = await table.run([
        [PING, ok],
        [`${POST} as ci`, table.wantsBearer()],
        [TOKEN, token('t1')],
        [`${POST} as Bearer t1`, accepted],
        [`${DELETE} as Bearer t1`, cancelled],
      ]);
      expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven' });
      expect(scheme).to.equal('bearer');
    });

    const refusals: readonly [name: string, reply: Reply, anonymous: boolean, reason: string][] = [
      ['a 403 to a login that was sent along', refused(403, 'DENIED'), false, 'PushUnauthorized'],
      ['a Basic challenge to nobody', wantsBasic, true, 'CredentialsRequired'],
      ['a 403 to nobody', refused(403, 'DENIED'), true, 'CredentialsRequired'],
      ['a 405', refused(405, 'UNSUPPORTED'), true, 'RegistryReadOnly'],
      ['a 404', refused(404, 'NAME_UNKNOWN'), true, 'RepositoryNotFound'],
      ['NAME_INVALID', refused(400, 'NAME_INVALID'), true, 'RepositoryInvalid'],
      ['a 201', answer(201, { Location: '/v2/team/app/blobs/uploads/1' }), true, 'UnexpectedResponse'],
      ['a 200', answer(200), true, 'UnexpectedResponse'],
    ];
    for (const [name, reply, anonymous, reason] of refusals) {
      it(`takes ${name} for ${reason}, without another request`, async () => {
        const turns: Turn[] = [
          [PING, ok],
          [anonymous ? POST : `${POST} as ci`, reply],
        ];
        const { observation } = await table.run(turns, { anonymous });
        expect(observation.kind).to.equal('UploadRefused');
        expect(table.diagnose(observation).reason).to.equal(reason);
      });
    }

    for (const [status, login, reason] of [
      [200, 'unchecked', 'PushUnauthorized'],
      [401, 'disproven', 'CredentialsRejected'],
      [403, 'unchecked', 'PushUnauthorized'],
    ] as const) {
      it(`asks once more after a Basic challenge to a login that was sent along: ${status} is ${reason}`, async () => {
        const { observation } = await table.run([
          [PING, ok],
          [`${POST} as ci`, wantsBasic],
          [LOGIN, answer(status)],
        ]);
        expect(observation).to.include({ kind: 'UploadRefused', login });
        expect(table.diagnose(observation).reason).to.equal(reason);
      });
    }
  });

  describe('of a registry with Basic logins', () => {
    it('pushes with a good login', async () => {
      const { observation, steps, scheme } = await table.run([
        [PING, wantsBasic],
        [LOGIN, ok],
        [`${POST} as ci`, accepted],
        [`${DELETE} as ci`, cancelled],
      ]);
      expect(observation).to.include({ kind: 'UploadAccepted', login: 'proven', cleanup: 'Cancelled' });
      expect(scheme).to.equal('basic');
      expect(steps.slice(0, 3)).to.deep.equal([
        { step: 'ping', httpStatus: 401, errorCode: undefined, durationMs: 0 },
        { step: 'login', httpStatus: 200, errorCode: undefined, durationMs: 0 },
        { step: 'upload', httpStatus: 202, errorCode: undefined, durationMs: 0 },
      ]);
    });

    it('stops after a wrong password: no second try, no upload', async () => {
      const password = 'c4nary-of-another-kind';
      const { observation } = await table.run(
        [
          [PING, wantsBasic],
          [`${LOGIN} with another password`, wantsBasic],
        ],
        { password },
      );
      expect(observation.kind).to.equal('LoginRefused');
      expect(table.diagnose(observation).reason).to.equal('CredentialsRejected');
      expect(JSON.stringify(observation)).to.not.include(password);
    });

    const refusals: readonly [status: number, reason: string][] = [
      [401, 'CredentialsRejected'],
      [403, 'CredentialsRejected'],
      [429, 'RateLimited'],
      [503, 'RegistryUnavailable'],
    ];
    for (const [status, reason] of refusals) {
      it(`finds ${reason} at the login where it gets a ${status}: the registry had answered without one`, async () => {
        const { observation } = await table.run([
          [PING, wantsBasic],
          [LOGIN, refused(status)],
        ]);
        expect(observation.kind).to.equal('LoginRefused');
        const { stages } = table.diagnose(observation);
        expect([stages.Reachable.status, stages.Authenticated.reason]).to.deep.equal(['True', reason]);
      });
    }

    it('knows that the login is good where the upload gets a 403', async () => {
      const { observation } = await table.run([
        [PING, wantsBasic],
        [LOGIN, ok],
        [`${POST} as ci`, refused(403, 'DENIED')],
      ]);
      expect(observation).to.deep.include({ kind: 'UploadRefused', login: 'proven' });
      expect(table.diagnose(observation).reason).to.equal('PushDenied');
    });

    it('knows that the login is good where the upload gets a 401', async () => {
      const { observation } = await table.run([
        [PING, wantsBasic],
        [LOGIN, ok],
        [`${POST} as ci`, challenge('Basic realm="scripted"')],
      ]);
      expect(table.diagnose(observation).reason).to.equal('PushDenied');
    });

    it('asks nothing more of it without a login', async () => {
      const { observation } = await table.run([[PING, wantsBasic]], { anonymous: true });
      expect(observation).to.deep.equal({ kind: 'LoginWanted' });
    });
  });

  describe('of what is no registry', () => {
    const rows: readonly [name: string, reply: Reply, reason: string][] = [
      ['a web page', answer(200, { 'Content-Type': 'text/html; charset=utf-8' }, '<html>'), 'NotARegistry'],
      ['a 404', answer(404, { 'Content-Type': 'text/html' }, '<html>'), 'NotARegistry'],
      ['a 204', answer(204), 'NotARegistry'],
      ['a 400', answer(400), 'NotARegistry'],
      ['a 403', answer(403), 'AccessBlocked'],
      ['a 401 without a challenge', answer(401), 'UnsupportedAuthScheme'],
      ['a 401 for Negotiate only', challenge('Negotiate', 'NTLM'), 'UnsupportedAuthScheme'],
      ['a 401 for Digest only', challenge('Digest realm="x", qop="auth"'), 'UnsupportedAuthScheme'],
    ];
    it('names the schemes that it knows, and none in words of the registry', async () => {
      const offered = challenge('DPoP, Digest realm="x"', 'C4nary realm="x"');
      const known = await table.run([[PING, offered]]);
      expect(known.observation).to.deep.equal({ kind: 'SchemeUnsupported', schemes: ['Digest', 'DPoP'] });
      const unknown = await table.run([[PING, challenge('Please-Call-C4nary realm="x"')]]);
      expect(unknown.observation).to.deep.equal({
        kind: 'SchemeUnsupported',
        schemes: ['an unknown scheme'],
      });
    });

    for (const [name, reply, reason] of rows) {
      for (const anonymous of [false, true]) {
        it(`finds ${reason} in ${name}, and sends no login (${anonymous ? 'there is none' : 'there is one'})`, async () => {
          const { observation } = await table.run([[PING, reply]], { anonymous });
          expect(table.diagnose(observation).reason).to.equal(reason);
        });
      }
    }
  });
});
