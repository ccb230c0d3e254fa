import { join } from 'node:path';
import { expect } from 'chai';
import { HELMS, type Values } from '../charts/helm.ts';
import { startDistribution, type Distribution } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { check, login, type Manifest } from '../support/manifests.ts';
import { freePort } from '../support/processes.ts';
import { verdictOf } from './fixture.ts';
import { eventually, openSite, type Site } from './helm-site.ts';
import { currentProduct, type Product } from './product.ts';

const PASSWORD = 'canary-pw-4711';
const OPERATOR = 'rpc-registry-push-check';
/** The chart of many checks. */
const CHECKS = 'charts/registry-push-checks';
/** Where the operator is. Beside it is the namespace `team`. */
const NS = 'push-checks';

/** The first line of a text that begins with these words. */
function lineOf(text: string, words: string): string {
  return (
    text.split('\n').find((line) => line.trim().startsWith(words)) ?? expect.fail(`no ${words} in ${text}`)
  );
}

function restricted(name: string): Manifest {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

describe('the charts on an API server', function () {
  this.timeout(120_000);
  let registry: Distribution;
  let current: Product;

  before(async () => {
    const { dir, tools, authority } = lab();
    const auth = { kind: 'htpasswd', users: { ci: PASSWORD } } as const;
    registry = await startDistribution({ dir: join(dir, 'helm-registry'), tools, authority, auth });
    current = await currentProduct();
  });
  after(() => registry.stop());

  /** A pull secret for the registry. */
  const good = (ns: string, name: string): Manifest => login(ns, name, registry.host, 'ci', PASSWORD);
  const checkOf = (ns: string, name: string, existingSecret: string): Manifest =>
    check(ns, name, { registryUrl: registry.url, existingSecret });

  /** What an installation on this machine needs besides its check: registries are on the loopback, and so is what it serves. */
  const valuesWith = async (existingSecret: string): Promise<Values> => ({
    oci: { registryUrl: registry.url, pushTestRepository: 'team/app', existingSecret },
    caBundle: { pem: lab().authority.pem },
    config: {
      // The API server shares its address with the registry here: the exact one has to be allowed besides.
      egress: { allowCIDRs: ['127.0.0.0/8', '127.0.0.1/32', '::1/128'] },
      server: { address: '127.0.0.1', port: await freePort() },
    },
  });

  for (const helm of HELMS) {
    describe(`under ${helm}`, () => {
      let site: Site;
      let values: Values;
      let notes: string;

      before(async () => {
        site = await openSite(`site-${helm}`, [current]);
        await site.apply(restricted(NS), restricted('team'), good(NS, 'good'), good('team', 'good'));
        values = await valuesWith('team-login');
        expect(await site.kind()).to.equal(undefined);
        const install = ['install', 'rpc', current.chart, '-n', NS, '--create-namespace'];
        notes = await site.mustHelm(helm, install, values);
      });
      after(() => site.close());

      const upgrade = (more: Values, ...args: readonly string[]): Promise<string> =>
        site.mustHelm(helm, ['upgrade', 'rpc', current.chart, '-n', NS, ...args], { ...values, ...more });

      it('bring the kind, the operator and a check, which the command of the notes turns green', async () => {
        expect(await site.kind()).to.have.property('version', current.version);
        await site.untilVerdict(NS, `${OPERATOR}-oci`, 'False/SecretNotFound');
        await site.paste(lineOf(notes, 'kubectl create secret').replace('USER', 'ci'), PASSWORD);
        await site.untilVerdict(NS, `${OPERATOR}-oci`, 'True/PushAuthorized');
      });

      it('leave nothing of the hook behind', async () => {
        expect(site.logs(NS, `${OPERATOR}-crds`)).to.match(/^registrypushchecks\S+ unchanged /);
        const kinds = 'jobs,pods,serviceaccounts,clusterroles,clusterrolebindings';
        expect(await site.kubectl(['get', kinds, '-A', '-o', 'name'])).not.to.include(`${OPERATOR}-crds`);
      });

      it('keep by --reset-then-reuse-values what was set before', async () => {
        const args = ['--reset-then-reuse-values', '--set', 'rbac.aggregate=false'];
        await site.mustHelm(helm, ['upgrade', 'rpc', current.chart, '-n', NS, ...args], {});
        expect((await site.stored(NS, `${OPERATOR}-oci`)).spec).to.include({ existingSecret: 'team-login' });
        const aggregated = ['get', 'clusterrole', `${OPERATOR}-view`, '--ignore-not-found', '-o', 'name'];
        expect(await site.kubectl(aggregated)).to.equal('');
      });

      it('serve three checks of one release by their defaults, once their Secrets may be read', async () => {
        await site.paste(lineOf(notes, 'kubectl create rolebinding').replace('NAMESPACE', 'team'), '');
        await site.mustHelm(helm, ['install', 'three', CHECKS, '-n', NS], {
          checkDefaults: {
            labels: { tier: 'critical' },
            spec: { registryUrl: registry.url, existingSecret: 'good', interval: '30m' },
          },
          checks: [
            { name: 'one' },
            { name: 'two', spec: { pushTestRepository: 'other/app', interval: '1h' } },
            { name: 'three', namespace: 'team', spec: { schedule: '30 7 * * *' } },
          ],
        });
        const one = await site.untilVerdict(NS, 'one', 'True/PushAuthorized');
        const two = await site.untilVerdict(NS, 'two', 'True/PushAuthorized');
        const three = await site.untilVerdict('team', 'three', 'True/PushAuthorized');
        const repositories = [one, two, three].map(({ spec }) => spec.pushTestRepository);
        expect(repositories).to.deep.equal(['stellaops/doctor-test', 'other/app', 'stellaops/doctor-test']);
        const times = [one, two, three].map(({ spec }) => [spec.interval, spec.schedule]);
        expect(times).to.deep.equal([
          ['30m', undefined],
          ['1h', undefined],
          [undefined, '30 7 * * *'],
        ]);
        const labelled = ['get', 'registrypushchecks', '-A', '-l', 'tier=critical', '-o', 'name'];
        expect((await site.kubectl(labelled)).trim().split('\n')).to.have.length(3);
      });

      it(`${helm === 'helm' ? 'wait for verdicts and fail' : 'neither wait for verdicts nor fail'} at a red one`, async () => {
        await site.apply(login(NS, 'bad', registry.host, 'ci', 'wrong'));
        const waiting = (existingSecret: string): ReturnType<Site['helm']> =>
          // Longer than this test may take: who fails before that did not wait for its end.
          site.helm(
            helm,
            ['upgrade', '--install', 'one-more', CHECKS, '-n', NS, '--wait', '--timeout', '10m'],
            {
              checks: [{ name: 'waited', spec: { registryUrl: registry.url, existingSecret } }],
            },
          );
        const green = await waiting('good');
        expect(green.code, green.stderr).to.equal(0);
        if (helm === 'helm')
          expect(verdictOf(await site.stored(NS, 'waited'))).to.equal('True/PushAuthorized');
        const red = await waiting('bad');
        expect(red.code, red.stderr).to.equal(helm === 'helm' ? 1 : 0);
        if (helm === 'helm')
          expect(red.stderr).to.include(
            `resource RegistryPushCheck/${NS}/waited not ready. status: Failed, message: ${registry.host} refused the login in Secret bad (401): wrong user name, password or token`,
          );
        await site.untilVerdict(NS, 'waited', 'False/CredentialsRejected');
        // The release of the operator is another one.
        await upgrade({}, '--wait', '--timeout', '1m');
      });

      it('change by an upgrade which Secrets the operator may read', async () => {
        await site.apply(good(NS, 'second'));
        await site.kubectl(['delete', 'rolebinding', `${OPERATOR}-secrets`, '-n', 'team']);
        const all = [`${NS} good`, `${NS} second`, 'team good'];
        const named = [{ namespace: NS, names: ['good'] }];
        const rows: readonly (readonly [rbac: Values, may: readonly string[]])[] = [
          [{ secrets: 'named', namedSecrets: named }, [`${NS} good`]],
          [{ secrets: 'cluster' }, all],
          [{ secretNamespaces: ['team'] }, all],
          [{}, [`${NS} good`, `${NS} second`]],
        ];
        for (const [at, [rbac, may]] of rows.entries()) {
          // The hook has nothing to do here.
          await upgrade({ rbac, crds: { hook: { enabled: false } } });
          const asked = all.map(async (place) => {
            const [ns = '', secret = ''] = place.split(' ');
            await noticed(ns, secret, may.includes(place));
            await site.apply(checkOf(ns, `mode-${String(at)}-${secret}`, secret));
            const verdict = may.includes(place) ? 'True/PushAuthorized' : 'False/SecretForbidden';
            await site.untilVerdict(ns, `mode-${String(at)}-${secret}`, verdict);
          });
          await Promise.all(asked);
        }
      });

      /** Waits until the API server goes by what the operator may read. */
      const noticed = (ns: string, secret: string, may: boolean): Promise<true> =>
        eventually(async () => {
          const as = `system:serviceaccount:${NS}:${OPERATOR}`;
          const asking = ['auth', 'can-i', 'get', `secrets/${secret}`, '-n', ns, '--as', as];
          const { stdout } = await site.controlPlane.kubectl(asking);
          return stdout.trim() === (may ? 'yes' : 'no') || new Error(`${asking.join(' ')}: ${stdout}`);
        });

      it('turn red, with the fix, when the login is no longer right', async () => {
        await site.apply(login(NS, 'team-login', registry.host, 'ci', 'wrong'));
        const name = `${OPERATOR}-oci`;
        const ask = 'doctor.stella-ops.org/requestedAt=1';
        await site.kubectl(['annotate', 'registrypushcheck', name, '-n', NS, ask]);
        const red = await site.untilVerdict(NS, name, 'False/CredentialsRejected');
        const fix = `Put a login into Secret team-login that ${registry.host} accepts, which looks like CNCF Distribution: this one is wrong.`;
        expect(red.status?.remediation?.summary).to.equal(fix);
        const told = /Warning +CredentialsRejected .*refused the login in Secret team-login/;
        const described = await eventually(async () => {
          const text = await site.kubectl(['describe', 'registrypushcheck', name, '-n', NS]);
          return told.test(text) ? text : new Error(text);
        });
        expect(described).to.include(fix);
      });

      it('give the operator all that it asks for', () => {
        expect(site.logs(NS, OPERATOR))
          .to.include('"started"')
          .and.not.match(/"level":"(?:warn|error)"/);
      });

      it('leave the kind and all checks but their own behind', async () => {
        const before = await site.stored('team', 'three');
        await site.mustHelm(helm, ['uninstall', 'rpc', '-n', NS]);
        await eventually(async () => {
          const left = await site.kubectl(['get', 'all', '-n', NS, '-o', 'name']);
          return left === '' || new Error(left);
        });
        const kinds =
          'configmaps,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,registrypushchecks';
        const own = ['get', kinds, '-A', '-l', 'app.kubernetes.io/instance=rpc', '-o', 'name'];
        expect(await site.kubectl(own)).to.equal('');
        expect(await site.kind()).to.have.property('version', current.version);
        expect(await site.stored('team', 'three')).to.deep.equal(before);
        expect(verdictOf(await site.stored(NS, 'mode-0-good'))).to.equal('True/PushAuthorized');
      });

      it('serve some namespaces by the rights of these alone, also of who installs', async () => {
        const [first, second] = ['watched-one', 'watched-two'];
        await site.apply(...[first, second].flatMap((ns) => [restricted(ns), ...everythingIn(ns, first)]));
        await site.apply(
          good(second, 'good'),
          checkOf(second, 'watched', 'good'),
          checkOf('team', 'unwatched', 'good'),
        );
        await site.apply({
          apiVersion: 'v1',
          kind: 'Secret',
          type: 'kubernetes.io/basic-auth',
          metadata: { namespace: first, name: 'bare' },
          stringData: { username: 'ci', password: PASSWORD },
        });
        const installer = await site.controlPlane.serviceAccountKubeconfig(first, 'installer');
        const some = { ...(await valuesWith('bare')), watchNamespaces: [first, second] };
        const install = [
          'install',
          'some',
          current.chart,
          '-n',
          first,
          '--skip-crds',
          '--wait',
          '--timeout',
          '1m',
        ];
        await site.mustHelm(helm, install, some, installer);
        // That Secret names no registry: the one who installs said where its login may be sent.
        await site.untilVerdict(first, 'some-registry-push-check-oci', 'True/PushAuthorized');
        await site.untilVerdict(second, 'watched', 'True/PushAuthorized');
        expect(verdictOf(await site.stored('team', 'unwatched'))).to.equal('');
        const logs = site.logs(first, 'some-registry-push-check');
        expect(logs)
          .to.include('"started"')
          .and.not.match(/"level":"(?:warn|error)"/);
        // What it may not do at all, and who may is not asked for.
        const refused = await site.helm(
          helm,
          ['install', 'more', current.chart, '-n', first],
          some,
          installer,
        );
        expect(refused.stderr).to.match(/failed to install CRD .*forbidden/s);
      });
    });
  }
});

/** Everything that can be done in a namespace, for an account of another one. */
function everythingIn(ns: string, home: string): readonly Manifest[] {
  const api = 'rbac.authorization.k8s.io';
  const metadata = { namespace: ns, name: 'everything' };
  const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }];
  const roleRef = { apiGroup: api, kind: 'Role', name: 'everything' };
  const subjects = [{ kind: 'ServiceAccount', namespace: home, name: 'installer' }];
  return [
    { apiVersion: `${api}/v1`, kind: 'Role', metadata, rules },
    { apiVersion: `${api}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects },
  ];
}
