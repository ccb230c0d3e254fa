import { expect } from 'chai';
import { answer, token, type Reply, type Turn } from '../support/scripted-registry.ts';
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

const to = (location: string, status = 307): Reply => answer(status, { Location: location });
const cancelled = answer(204);
const manifest = { repository: 'team/app', reference: 'v1' };

describe('B7: probe of a registry that redirects', () => {
  let table: ProbeTable;
  before(async () => {
    table = await openTable();
  });
  after(() => table.stop());

  /** Each request that follows: what goes before it, its line, and the line of the same request at `path`. */
  type Place = readonly [
    step: string,
    before: () => Turn[],
    asked: string,
    at: (path: string) => string,
    after: () => Turn[],
  ];
  const inside = (): Turn[] => [
    [PING, wantsBasic],
    [LOGIN, answer(200)],
  ];
  const ended = (): Turn[] => [
    [`${POST} as ci`, accepted],
    [`${DELETE} as ci`, cancelled],
  ];
  const places: readonly Place[] = [
    ['ping', () => [], PING, (path) => `GET ${path}`, () => [[LOGIN, answer(200)], ...ended()]],
    ['login', () => [[PING, wantsBasic]], LOGIN, (path) => `GET ${path} as ci`, ended],
    [
      'upload',
      inside,
      `${POST} as ci`,
      (path) => `POST ${path} as ci`,
      () => [[`${DELETE} as ci`, cancelled]],
    ],
    [
      'manifest',
      () => [...inside(), ...ended()],
      'HEAD /v2/team/app/manifests/v1 as ci',
      (path) => `HEAD ${path} as ci`,
      () => [],
    ],
  ];
  const success = (step: string): Reply =>
    step === 'ping' ? wantsBasic : step === 'upload' ? accepted : answer(200);

  for (const [step, before, asked, at, after] of places) {
    // An upload is followed to one of the same repository alone.
    const path = step === 'upload' ? '/v2/team/app/blobs/uploads/' : '/v2/';
    for (const [name, location, status] of [
      ['a 307 to a path', () => `/x${path}?a=1`, 307],
      ['a 308 to a URL of the same origin', () => `${table.registry.url}/x${path}?a=1`, 308],
    ] as const) {
      it(`follows ${name} at ${step} with the same method and login, and counts one step`, async () => {
        const { observation, pull, steps } = await table.run(
          [...before(), [asked, to(location(), status)], [at(`/x${path}?a=1`), success(step)], ...after()],
          step === 'manifest' ? { pull: manifest } : {},
        );
        expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
        if (step === 'manifest') expect(pull).to.deep.equal({ kind: 'ManifestReadable' });
        expect(steps.filter((trace) => trace.step === step)).to.have.length(1);
        expect(steps.every(({ httpStatus = 0 }) => httpStatus < 300 || httpStatus === 401)).to.equal(true);
      });
    }

    for (const [name, location, status] of [
      ['another host', () => `${table.elsewhere.url}/v2/`, 307],
      ['another scheme', () => `${table.registry.url.replace('https:', 'http:')}/v2/`, 308],
      ['a login of its own', () => `${table.registry.url.replace('://', '://me:pw@')}/v2/`, 307],
      ['a path, by a 301', () => '/x/v2/', 301],
      ['a path, by a 302', () => '/x/v2/', 302],
      ['a path, by a 303', () => '/x/v2/', 303],
    ] as const) {
      it(`does not follow ${step} to ${name}`, async () => {
        const { observation, pull } = await table.run(
          [...before(), [asked, to(location(), status)]],
          step === 'manifest' ? { pull: manifest } : {},
        );
        expect(step === 'manifest' ? pull : observation).to.include({ kind: 'Redirected', step });
      });
    }

    if (step === 'upload') {
      for (const elsewhere of [
        '/v2/team/other/blobs/uploads/',
        '/x',
        `${path}?mount=sha256:0&from=team/other`,
      ]) {
        it(`does not follow ${step} to ${elsewhere}: that is another question`, async () => {
          const { observation } = await table.run([...before(), [asked, to(elsewhere)]]);
          expect(observation).to.include({ kind: 'Redirected', step });
        });
      }
    }

    it(`follows ${step} three times in a row, and calls the fourth a circle`, async () => {
      const { observation, pull } = await table.run(
        [
          ...before(),
          [asked, to(`/1${path}`)],
          [at(`/1${path}`), to(`/2${path}`)],
          [at(`/2${path}`), to(`/3${path}`, 308)],
          [at(`/3${path}`), to(`/1${path}`)],
        ],
        step === 'manifest' ? { pull: manifest } : {},
      );
      const end = step === 'manifest' ? pull : observation;
      expect(end).to.include({ kind: 'Redirected', step, within: true, loops: true });
      const { reason, message, pull: stage } = table.diagnose(observation, { manifest, pulled: pull });
      expect(step === 'manifest' ? stage : { reason, message })
        .to.have.property('message')
        .that.matches(/again and again to paths of its own: its redirects go round in a circle/);
      expect(step === 'manifest' ? stage?.reason : reason).to.equal('RedirectedElsewhere');
    });
  }

  it('goes where the last redirect leads, and no further than the same origin', async () => {
    const { observation } = await table.run([
      [PING, to('/a')],
      ['GET /a', to(`${table.elsewhere.url}/v2/`)],
    ]);
    expect(observation).to.deep.equal({
      kind: 'Redirected',
      step: 'ping',
      to: table.elsewhere.url,
      within: false,
    });
  });

  it('follows no token request, even at the same origin', async () => {
    const { observation } = await table.run([
      [PING, table.wantsBearer()],
      [TOKEN, to('/token2')],
    ]);
    expect(observation).to.include({ kind: 'Redirected', step: 'token', within: true });
    expect(table.diagnose(observation).reason).to.equal('TokenServiceFailed');
  });

  it('follows no cancel', async () => {
    const { observation } = await table.run([
      [PING, table.wantsBearer()],
      [TOKEN, token('t1')],
      [`${POST} as Bearer t1`, accepted],
      [`${DELETE} as Bearer t1`, to('/v2/team/app/blobs/uploads/2')],
    ]);
    expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Failed' });
  });
});
