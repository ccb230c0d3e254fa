import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { canaryLogins, type CanaryLogin } from '../security/canary-logins.ts';
import { echo, PLACEMENTS, type OpenRegistry } from '../security/echo-registry.ts';
import { createCanary, leaksIn, passwordCanary, type Canary } from '../support/canaries.ts';
import { startDistribution, type Distribution } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { check, login, type Manifest } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import { freePort, runProcess, type RunningProcess } from '../support/processes.ts';
import { challenge, type Reply } from '../support/scripted-registry.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';
import { setUpCanaries } from './canary-setup.ts';
import { apply, kubectl, until, untilVerdict, verdictOf } from './fixture.ts';

const NS = 'canaries';
const CLI = join(import.meta.dirname, '..', '..', 'dist', 'cli.js');

/** A Secret of {@link canaryLogins} as an object. */
function secretOf(ns: string, name: string, { secret }: CanaryLogin): Manifest {
  const { annotations } = secret;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: ns, name, annotations },
    type: secret.type,
    data: secret.data,
  };
}

/** Everything of a namespace that is no Secret, as YAML. */
async function everythingIn(ns: string): Promise<string> {
  const listed = await kubectl(['api-resources', '--namespaced', '--verbs=list', '-o', 'name']);
  const kinds = listed.split('\n').filter((kind) => kind !== '' && kind !== 'secrets');
  expect(kinds).to.include.members(['events', 'registrypushchecks.doctor.stella-ops.org']);
  return kubectl(['get', kinds.join(','), '-n', ns, '-o', 'yaml', '--show-managed-fields']);
}

describe('L1, L2, L3, L4, L6, L7, L8: the operator shows no login', function () {
  this.timeout(120_000);

  let kubeconfig: string;
  let authorityFile: string;
  let hostile: OpenRegistry;
  before(async () => {
    ({ kubeconfig, authorityFile, hostile } = await setUpCanaries(NS));
  });
  after(() => hostile.stop());

  const config = (ns: string, more: Manifest = {}): Manifest => ({
    watchNamespaces: [ns],
    egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
    caBundle: authorityFile,
    log: { level: 'debug', format: 'json' },
    ...more,
  });

  describe('in its outputs, its metrics, and what it writes to the API', () => {
    const good = passwordCanary();
    const bad = passwordCanary();
    const typed = createCanary('typed password');
    let tokens: TokenServer;
    let registry: Distribution;
    let operator: RunningProcess;
    let logins: readonly CanaryLogin[];
    let url: string;
    before(async () => {
      const { dir, tools, authority } = lab();
      const users = {
        ci: {
          password: good.value,
          grants: [{ repository: 'team/*', actions: ['pull', 'push', 'delete'] as const }],
        },
      };
      tokens = await startTokenServer({ dir: join(dir, 'canary-tokens'), authority, users });
      const { realm, service, issuer, jwksFile } = tokens;
      registry = await startDistribution({
        dir: join(dir, 'canary-registry'),
        tools,
        authority,
        auth: { kind: 'token', realm, service, issuer, jwksFile },
      });
      logins = canaryLogins(new URL(hostile.url).host, hostile.client);
      const port = await freePort();
      url = `http://127.0.0.1:${String(port)}`;
      operator = await startOperator({
        dir: join(dir, 'canary-operator'),
        kubeconfig,
        config: config(NS, {
          tokenHosts: [`${registry.host}=${new URL(realm).host}`],
          server: { address: '127.0.0.1', port },
        }),
      });
    });
    after(async () => {
      await operator.stop();
      await registry.stop();
      await tokens.stop();
    });

    const canaries = (): readonly Canary[] => [good, bad, typed, ...logins.flatMap((one) => one.canaries)];
    const search = async (): Promise<Readonly<Record<string, readonly string[]>>> => {
      const texts: Readonly<Record<string, string>> = {
        output: operator.output(),
        metrics: await (await fetch(`${url}/metrics`)).text(),
        objects: await everythingIn(NS),
        described: await kubectl(['describe', 'rpc', '-n', NS]),
      };
      expect(texts['output']).to.include('"level":"debug"');
      expect(texts['metrics']).to.include(`namespace="${NS}"`);
      expect(texts['objects']).to.include('kind: Event').and.include('kind: RegistryPushCheck');
      const found = Object.entries(texts).map(([sink, text]) => [sink, leaksIn(text, canaries())] as const);
      return Object.fromEntries(found.filter(([, leaks]) => leaks.length > 0));
    };
    const spec = (registryUrl: string, existingSecret: string): Manifest => ({
      registryUrl,
      existingSecret,
      pushTestRepository: 'team/app',
      pull: { repository: 'team/app' },
      timeout: '5s',
      failureThreshold: 1,
    });

    it('of a good and of a refused login', async () => {
      await apply(
        login(NS, 'good', registry.host, 'ci', good.value),
        login(NS, 'bad', registry.host, 'ci', bad.value),
        ...['good', 'bad'].map((name) => check(NS, name, spec(registry.url, name))),
      );
      await untilVerdict(NS, 'good', 'True/PushAuthorized');
      await untilVerdict(NS, 'bad', 'False/CredentialsRejected');
      expect(await search()).to.deep.equal({});
    });

    it('of any kind, at a registry that says back everywhere what it is shown', async () => {
      const wanted = challenge(`Bearer realm="${hostile.url}/token",service="x"`);
      const statuses = [200, 202, 307, 401, 403, 500];
      let asked = 0;
      hostile.answer((shown): Reply => {
        if (shown.logins.length === 0) return wanted;
        asked += 1;
        const place = PLACEMENTS[asked % PLACEMENTS.length] ?? PLACEMENTS[0];
        const status = statuses[asked % statuses.length] ?? 403;
        if (place === undefined) throw new Error('no placement');
        return echo(status, place, shown, hostile.url);
      });
      for (let round = 0; round < 4; round += 1) {
        const names = logins.map((_, at) => `echo-${String(at)}-${String(round)}`);
        await apply(
          ...logins.flatMap((one, at) => {
            const name = names[at] ?? '';
            return [secretOf(NS, name, one), check(NS, name, spec(hostile.url, name))];
          }),
        );
        for (const name of names) await until(NS, name, (seen) => verdictOf(seen) !== '');
      }
      expect(asked).to.be.greaterThan(4 * logins.length);
      expect(await search()).to.deep.equal({});
    });

    it('where every byte of the Secret is one', async () => {
      const odd: Readonly<Record<string, Readonly<Record<string, string>>>> = {
        'no-json': { '.dockerconfigjson': `{"auths": ${typed.value}` },
        'no-base64': { '.dockerconfigjson': `{"auths":{"${registry.host}":{"auth":"${typed.value}!"}}}` },
        'no-pem': { username: 'ci', password: typed.value, registry: registry.host, 'ca.crt': typed.value },
        'no-registry': {
          username: 'ci',
          password: typed.value,
          registry: `https://ci:${typed.value}@x.example`,
        },
      };
      await apply(
        ...Object.entries(odd).flatMap(([name, stringData]) => [
          { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: NS, name }, stringData },
          check(NS, name, spec(registry.url, name)),
        ]),
      );
      for (const name of Object.keys(odd)) await untilVerdict(NS, name, 'False/SecretInvalid');
      expect(await search()).to.deep.equal({});
    });

    it('that was typed into a check by mistake: the API server refuses it without repeating it', async () => {
      const { controlPlane } = lab();
      for (const registryUrl of [
        `https://ci:${typed.value}@reg.example`,
        `https://reg.example/?password=${typed.value}`,
      ]) {
        const input = JSON.stringify(check(NS, 'typed', spec(registryUrl, 'good')));
        for (const more of [[], ['--server-side']]) {
          const { code, stdout, stderr } = await controlPlane.kubectl(['apply', ...more, '-f', '-'], {
            input,
          });
          expect(code).to.not.equal(0);
          expect(stderr).to.include('spec.registryUrl');
          expect(leaksIn(stdout + stderr, [typed])).to.deep.equal([]);
        }
      }
    });

    it('by the command line, in any format', async () => {
      const { dir } = lab();
      for (const [at, one] of logins.entries()) {
        const file = join(dir, `canary-${String(at)}.yaml`);
        const objects = [secretOf(NS, 'login', one), check(NS, 'mine', spec(hostile.url, 'login'))];
        await writeFile(file, objects.map((object) => stringify(object)).join('---\n'));
        const { host } = new URL(hostile.url);
        for (const format of ['table', 'json', 'yaml']) {
          const { stdout, stderr } = await runProcess({
            name: 'registry-push-check check',
            file: process.execPath,
            args: [
              CLI,
              'check',
              '-f',
              file,
              '--ca-file',
              authorityFile,
              '--trust-registry',
              host,
              '-o',
              format,
            ],
            env: { HOME: dir },
          });
          expect(stdout, stderr).to.include('team/app');
          expect(leaksIn(stdout + stderr, canaries()), `${one.name} as ${format}`).to.deep.equal([]);
        }
      }
    });

    it('and the search would find one that stands in an object', async () => {
      const told = createCanary('told');
      expect(leaksIn(await everythingIn(NS), [told])).to.deep.equal([]);
      await kubectl(['annotate', 'rpc/good', '-n', NS, `example.com/note=${btoa(`ci:${told.value}`)}`]);
      expect(leaksIn(await everythingIn(NS), [told])).to.deep.equal(['told (base64)']);
    });

    it('and the search would find one that stands in the metrics', async () => {
      const told = createCanary('told');
      const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
      expect(leaksIn(await metrics(), [told])).to.deep.equal([]);
      await apply(check(NS, `x${told.value}`, spec(registry.url, 'good')));
      await untilVerdict(NS, `x${told.value}`, 'True/PushAuthorized');
      expect(leaksIn(await metrics(), [told])).to.deep.equal(['told (plain)']);
    });
  });
});
