import { expect } from 'chai';
import { ANNOTATION, type RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { createRecent } from '../../src/controller/recent.ts';
import { REQUEST_SPACING_MS } from '../../src/controller/schedule.ts';
import { createUnwritten } from '../../src/controller/unwritten.ts';
import { aCheck, anAnswer, at } from '../support/builders.ts';
import { kubeError } from '../support/scripted-client.ts';
import { visit, type Scene, type Told } from './world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

const VERSION = 'secretVersion team/push';
const withSecret = edited({});
const REFUSED = {
  kind: 'UploadRefused',
  answer: anAnswer(403),
  login: 'proven',
  granted: undefined,
} as const;

/** The check after a write of somebody. */
function edited(over: Partial<RegistryPushCheck['metadata']>): RegistryPushCheck {
  return aCheck({ metadata: over, spec: { existingSecret: 'push' } });
}

describe('reconcile of a check whose status cannot be written', () => {
  /** Visits one after the other, of an operator that remembers; each a second later. */
  async function visits(scenes: readonly Scene[]): Promise<readonly Told[]> {
    const unwritten = createUnwritten();
    const told: Told[] = [];
    for (const [number, scene] of scenes.entries()) {
      told.push(await visit({ afterMs: number * SECOND, ...scene, unwritten }));
    }
    return told;
  }
  const asks = (told: readonly Told[]): number =>
    told.flatMap(({ said }) => said).filter((line) => line.startsWith('ask ')).length;
  const fails: Scene = { check: withSecret, meets: REFUSED, versionThen: '7', write: kubeError(500) };
  const works: Scene = { ...fails, meets: new Error('nobody asks twice'), write: withSecret };

  it('asks the registry once, however often the write fails', async () => {
    const told = await visits([...Array.from({ length: 10 }, () => fails), works]);
    expect(asks(told)).to.equal(1);
    for (const { outcome } of told.slice(0, 10)) expect(outcome).to.be.an('error');
    const { status, said, outcome } = told.at(-1) ?? expect.fail();
    expect(said).to.deep.equal([
      VERSION,
      'write Ready=False PushDenied',
      'record team/mirror Warning PushDenied',
    ]);
    expect(status).to.include({ lastProbeTime: at(0), consecutiveFailures: 1 });
    expect(outcome).to.have.property('requeueAfterMs').that.is.above(0);
  });

  it('asks once, too, where it is the version of the Secret that cannot be read', async () => {
    const unread: Scene = { ...fails, versionThen: kubeError(500) };
    const told = await visits([...Array.from({ length: 5 }, () => unread), { ...works, versionThen: '7' }]);
    expect(asks(told)).to.equal(1);
    expect(told.at(-1)?.status).to.include({ lastProbeTime: at(0) });
  });

  it('asks no more for a success, and writes the version that it was found with', async () => {
    const success: Scene = { check: withSecret, write: kubeError(503) };
    const told = await visits([success, { ...works, versionThen: '8' }]);
    expect(asks(told)).to.equal(1);
    expect(told[1]?.status?.credentials?.secretResourceVersion).to.equal('7');
  });

  it('asks again once it was written', async () => {
    const told = await visits([fails, works, { ...works, meets: REFUSED }]);
    expect(asks(told)).to.equal(2);
  });

  const again: Readonly<Record<string, Scene>> = {
    'the check was edited': { ...fails, check: edited({ generation: 4 }) },
    'the check was replaced': { ...fails, check: edited({ uid: 'u-2' }) },
    'somebody asks for a probe': {
      ...fails,
      check: edited({ annotations: { [ANNOTATION.requestedAt]: '1' } }),
    },
    'an interval has passed': { ...fails, afterMs: 10 * MINUTE + SECOND },
  };
  for (const [name, scene] of Object.entries(again)) {
    it(`asks again where ${name}`, async () => expect(asks(await visits([fails, scene]))).to.equal(2));
  }

  it('does not ask again within an interval', async () => {
    expect(asks(await visits([fails, { ...fails, afterMs: 10 * MINUTE }]))).to.equal(1);
  });

  it('drops a failure where the Secret was changed meanwhile, and asks again later', async () => {
    const told = await visits([fails, { ...works, versionThen: '8' }, fails]);
    expect(told[1]?.said).to.deep.equal([VERSION]);
    expect(told[1]?.outcome).to.deep.equal({ requeueAfterMs: REQUEST_SPACING_MS });
    expect(asks(told)).to.equal(2);
  });

  it('forgets the result where the check is suspended', async () => {
    const suspended = aCheck({ spec: { existingSecret: 'push', suspend: true } });
    const told = await visits([fails, { check: suspended }, fails]);
    expect(asks(told)).to.equal(2);
  });
});

describe('reconcile of a check whose Secret changes during every probe', () => {
  it('throws a refusal away once, and publishes the next one with the version it was found with', async () => {
    const recent = createRecent();
    const scene: Scene = { check: withSecret, meets: REFUSED, versionThen: '8', write: withSecret, recent };
    const first = await visit(scene);
    const second = await visit({ ...scene, afterMs: REQUEST_SPACING_MS });
    expect(first.outcome).to.deep.equal({ requeueAfterMs: REQUEST_SPACING_MS });
    expect(first.status).to.equal(undefined);
    expect(second.status?.credentials?.secretResourceVersion).to.equal('7');
    expect(second.said).to.include('write Ready=False PushDenied');
  });

  it('does not ask again before the spacing is over', async () => {
    const recent = createRecent();
    const scene: Scene = { check: withSecret, meets: REFUSED, versionThen: '8', recent };
    await visit(scene);
    const early = await visit({ ...scene, afterMs: 5 * SECOND });
    expect(early.said).to.deep.equal([]);
    expect(early.outcome).to.deep.equal({ requeueAfterMs: REQUEST_SPACING_MS - 5 * SECOND });
  });
});
