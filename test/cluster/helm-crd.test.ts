import { join } from 'node:path';
import { expect } from 'chai';
import { CRD_NAME } from '../../src/api/registrypushcheck.ts';
import { HELMS, type Helm } from '../charts/helm.ts';
import { lab } from '../support/lab.ts';
import { openSite, type Site } from './helm-site.ts';
import { buildProduct, currentProduct, type Product } from './product.ts';

/** No operator runs: this is about the kind alone. */
const VALUES = { replicaCount: 0 };
/** The release that was there before. */
const RELEASE = ['standing', '-n', 'standing'];

/** Whose kind the cluster has. */
type Version = 'older' | 'this' | 'newer';

/** What charts/registry-push-check/README.md promises: one row of its table, or one sentence below it. */
interface Row {
  readonly what: string;
  /** Whose kind is there before, and who put it there (default: the chart). */
  readonly there: Version | undefined;
  readonly by?: 'kubectl';
  /** Version of the chart, and what Helm is to do with it. */
  readonly chart: Version;
  readonly args: readonly string[];
  /** Whose kind is there afterwards. */
  readonly ends: Version | Readonly<Record<Helm, Version>>;
  /** What Helm says where it fails. */
  readonly fails?: Readonly<Partial<Record<Helm, RegExp>>>;
  readonly values?: Readonly<Record<string, unknown>>;
}

const INSTALL = ['install', 'another', '-n', 'another', '--create-namespace'];
const UPGRADE = ['upgrade', ...RELEASE];

const OWNED = /exists and cannot be imported into the current release: invalid ownership metadata/;

const ROWS: readonly Row[] = [
  {
    what: 'comes by the hook alone where Helm is to leave it',
    there: undefined,
    chart: 'this',
    args: [...INSTALL, '--skip-crds'],
    ends: 'this',
  },
  { what: 'is updated by an upgrade', there: 'this', chart: 'newer', args: UPGRADE, ends: 'newer' },
  {
    what: 'is updated by one more installation',
    there: 'this',
    chart: 'newer',
    args: INSTALL,
    ends: 'newer',
  },
  {
    what: 'is left alone by an upgrade to an older chart',
    there: 'newer',
    chart: 'this',
    args: UPGRADE,
    ends: 'newer',
  },
  {
    what: 'is replaced by an older one only where Helm 4 installs an older chart',
    there: 'newer',
    chart: 'this',
    args: INSTALL,
    ends: { helm: 'this', helm3: 'newer' },
  },
  {
    what: 'is left alone by the installation of an older chart that skips it',
    there: 'newer',
    chart: 'this',
    args: [...INSTALL, '--skip-crds'],
    ends: 'newer',
  },
  {
    what: 'of somebody else is taken over, by Helm 4 only where it is told to',
    there: 'older',
    by: 'kubectl',
    chart: 'this',
    args: INSTALL,
    ends: { helm: 'older', helm3: 'this' },
    fails: { helm: /failed to install CRD .* conflicts? with "kubectl"/s },
  },
  {
    what: 'of somebody else is taken over by the hook',
    there: 'older',
    by: 'kubectl',
    chart: 'this',
    args: [...INSTALL, '--skip-crds'],
    ends: 'this',
  },
  {
    what: 'is not updated where the hook is off',
    there: 'this',
    chart: 'newer',
    args: UPGRADE,
    ends: 'this',
    values: { crds: { hook: { enabled: false } } },
  },
  {
    what: 'stays as it is when a second release may not have the names of the first',
    there: 'this',
    chart: 'this',
    args: ['install', 'standing', '-n', 'another', '--create-namespace'],
    ends: 'this',
    fails: { helm: OWNED, helm3: OWNED },
  },
];

describe('the kind, when Helm installs and upgrades', function () {
  this.timeout(120_000);
  let site: Site;
  let products: Readonly<Record<Version, Product>>;

  before(async () => {
    const { dir } = lab();
    products = {
      older: await buildProduct(join(dir, 'older'), '0.0.9', (fields) => {
        delete fields['suspend'];
      }),
      this: await currentProduct(),
      newer: await buildProduct(join(dir, 'newer'), '99.0.0', (fields) => {
        fields['later'] = { type: 'string' };
      }),
    };
    site = await openSite('site-crd', Object.values(products));
  });
  after(() => site.close());

  for (const helm of HELMS) {
    describe(`under ${helm}`, () => {
      before(() =>
        site.mustHelm(helm, ['install', ...RELEASE, products.this.chart, '--create-namespace'], VALUES),
      );
      after(() => site.mustHelm(helm, ['uninstall', ...RELEASE]));

      for (const { what, there, by, chart, args, ends, fails, values } of ROWS) {
        it(what, async () => {
          await prepare(there, by);
          const { code, stderr } = await site.helm(helm, [...args, products[chart].chart], {
            ...VALUES,
            ...values,
          });
          const failure = fails?.[helm];
          expect(code, stderr).to.equal(failure === undefined ? 0 : 1);
          if (failure !== undefined) expect(stderr).to.match(failure);
          await expectKind(typeof ends === 'string' ? ends : ends[helm]);
          if (code === 0 && args.includes('another'))
            await site.mustHelm(helm, ['uninstall', 'another', '-n', 'another']);
        });
      }

      it('is updated again by the next upgrade, and stays so when that is rolled back', async () => {
        await prepare('this');
        await site.mustHelm(helm, [...UPGRADE, products.newer.chart], VALUES);
        await expectKind('newer');
        expect(site.logs('standing', 'standing-registry-push-check-crds')).to.match(
          /updated: \S+ → 99\.0\.0\n$/,
        );
        await site.mustHelm(helm, ['rollback', ...RELEASE]);
        await expectKind('newer');
      });

      it('stops an upgrade where the hook fails, and its Job stays to say why', async () => {
        const deployment = [
          'get',
          'deployment',
          '-n',
          'standing',
          '-o',
          'jsonpath={.items[*].metadata.generation}',
        ];
        const before = await site.kubectl(deployment);
        const values = { ...VALUES, image: { tag: 'absent' } };
        const { code, stderr } = await site.helm(helm, [...UPGRADE, products.this.chart], values);
        expect(code).to.equal(1);
        expect(stderr).to.match(/pre-upgrade hooks? failed/);
        expect(await site.kubectl(deployment)).to.equal(before);
        const job = 'job/standing-registry-push-check-crds';
        expect(await site.kubectl(['get', job, '-n', 'standing', '-o', 'name'])).to.include('job');
      });
    });
  }

  /** Makes the kind be that of a version, as a chart or as somebody else leaves it. */
  async function prepare(version: Version | undefined, by?: 'kubectl'): Promise<void> {
    if (version === undefined || by === 'kubectl')
      await site.kubectl(['delete', 'crd', CRD_NAME, '--ignore-not-found', '--timeout=30s']);
    if (version === undefined) return;
    const file = join(products[version].chart, 'crds');
    const asHelm = ['--field-manager=helm', '--force-conflicts'];
    await site.kubectl(['apply', '--server-side', ...(by === 'kubectl' ? [] : asHelm), '-f', file]);
  }

  async function expectKind(version: Version): Promise<void> {
    const kind = await site.kind();
    expect(kind).to.have.property('version', products[version].version);
    expect(kind?.fields.includes('suspend')).to.equal(version !== 'older');
    expect(kind?.fields.includes('later')).to.equal(version === 'newer');
  }
});
