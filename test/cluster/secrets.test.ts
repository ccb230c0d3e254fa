import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { createAuthority, type Authority } from '../support/certificates.ts';
import { startDistribution, type Distribution } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { check, namespace, type Manifest } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import { runProcess, type RunningProcess } from '../support/processes.ts';
import { apply, install, kubectl, untilVerdict } from './fixture.ts';
import { commandOf, paste } from './paste.ts';

const NS = 'secret-forms';
const PASSWORD = 'canary-pw-4711';

describe('the operator and the forms of Secrets', () => {
  let authority: Authority;
  let registry: Distribution;
  let operator: RunningProcess;
  before(async () => {
    const { tools, dir, controlPlane } = lab();
    await install();
    await apply(namespace(NS));
    authority = await createAuthority('authority of one team');
    registry = await startDistribution({
      dir: join(dir, 'secrets-registry'),
      tools,
      authority,
      auth: { kind: 'htpasswd', users: { ci: PASSWORD } },
    });
    operator = await startOperator({
      dir: join(dir, 'secrets-operator'),
      kubeconfig: await controlPlane.serviceAccountKubeconfig(
        'registry-push-check-system',
        'registry-push-check',
      ),
      // No caBundle: what the operator knows of the authority stands in the Secrets.
      config: {
        watchNamespaces: [NS],
        egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
        bindings: [{ namespace: NS, secret: 'of-the-installer', registry: registry.host }],
        status: { showPrincipal: true },
      },
    });
  });
  after(async () => {
    await operator.stop();
    await registry.stop();
  });

  const secret = (name: string, type: string, stringData: Readonly<Record<string, string>>): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { namespace: NS, name },
    stringData: { 'ca.crt': authority.pem, ...stringData },
  });
  const login = { username: 'ci', password: PASSWORD };
  const spec = (existingSecret: string): Manifest => ({
    registryUrl: registry.url,
    pushTestRepository: 'team/app',
    existingSecret,
  });

  it('asks where a login may go, takes the answer, and keeps to the Secret’s own authority', async () => {
    await apply(secret('bare', 'kubernetes.io/basic-auth', login), check(NS, 'bare', spec('bare')));
    const unbound = await untilVerdict(NS, 'bare', 'False/CredentialsNotBound');
    expect(unbound.status?.lastProbeTime).to.equal(undefined);
    await paste(commandOf(unbound, 'kubectl annotate secret'));
    await paste(commandOf(unbound, 'Check again'));
    const green = await untilVerdict(NS, 'bare', 'True/PushAuthorized');
    expect(green.status?.credentials).to.include({ principal: 'ci' });
    expect(green.status?.credentials).to.have.property('firstSeenTime');
    expect(green.status).to.not.have.any.keys('findings', 'remediation');
  }).timeout(60_000);

  it('takes the installer’s word for a Secret, and for no other', async () => {
    const names = ['of-the-installer', 'of-nobody'];
    await apply(...names.flatMap((name) => [secret(name, 'Opaque', login), check(NS, name, spec(name))]));
    await untilVerdict(NS, 'of-the-installer', 'True/PushAuthorized');
    await untilVerdict(NS, 'of-nobody', 'False/CredentialsNotBound');
  });

  it('writes another password by the command that it gives, and leaves the rest of the Secret', async () => {
    const wrong = { ...login, password: 'old', registry: registry.host, expiresAt: '2026-01-01T00:00:00Z' };
    await apply(secret('expired', 'kubernetes.io/basic-auth', wrong), check(NS, 'expired', spec('expired')));
    const red = await untilVerdict(NS, 'expired', 'False/CredentialsExpired');
    expect(red.status?.credentials).to.include({
      expiresAt: '2026-01-01T00:00:00Z',
      expirySource: 'SecretKey',
    });
    await paste(commandOf(red, 'Write the login into the Secret'), PASSWORD);
    await paste(commandOf(red, 'still states the old end'));
    await paste(commandOf(red, 'Check again'));
    const green = await untilVerdict(NS, 'expired', 'True/PushAuthorized');
    expect(green.status?.credentials).to.not.have.any.keys('expiresAt', 'expirySource');
    const { data, type } = JSON.parse(
      await kubectl(['get', 'secret', 'expired', '-n', NS, '-o', 'json']),
    ) as {
      readonly data: Readonly<Record<string, string>>;
      readonly type: string;
    };
    expect(type).to.equal('kubernetes.io/basic-auth');
    expect(Object.keys(data)).to.have.members(['ca.crt', 'password', 'registry', 'username']);
  }).timeout(60_000);

  const docker = (): string =>
    JSON.stringify({ auths: { [registry.host]: { username: 'ci', password: PASSWORD } } });
  const ill: readonly (readonly [
    name: string,
    values: () => Readonly<Record<string, string>>,
    annotations?: Readonly<Record<string, string>>,
    reason?: string,
  ])[] = [
    ['an-empty-user-name', () => ({ username: '', password: PASSWORD, registry: registry.host })],
    ['a-token-beside-a-password', () => ({ ...login, token: 'canary', registry: registry.host })],
    ['a-password-beside-a-docker-configuration', () => ({ '.dockerconfigjson': docker(), ...login })],
    ['the-file-of-docker', () => ({ 'config.json': docker() })],
    [
      'a-bad-authority',
      () => ({ ...login, registry: registry.host, 'ca.crt': Buffer.from(authority.pem).toString('base64') }),
    ],
    ['a-bad-client-certificate', () => ({ ...login, registry: registry.host, 'tls.crt': 'canary' })],
    ['a-wildcard-for-a-registry', () => ({ ...login, registry: '*.example' })],
    ['a-wildcard-in-a-list', () => login, { 'doctor.stella-ops.org/registries': '*.example' }],
    [
      'a-url-for-a-token-service',
      () => ({ '.dockerconfigjson': docker() }),
      { 'doctor.stella-ops.org/token-hosts': 'https://auth.example/token' },
    ],
    ['no-authority', () => ({ '.dockerconfigjson': docker(), 'ca.crt': '' }), {}, 'TLSVerificationFailed'],
  ];
  for (const [name, values, annotations = {}, reason = 'SecretInvalid'] of ill) {
    it(`mends a Secret with ${name.replaceAll('-', ' ')} by the commands that it gives`, async () => {
      const folder = join(lab().dir, `mend-${name}`);
      const pair = await authority.issue({ commonName: 'ci', client: true });
      const files = {
        'ca.crt': authority.pem,
        'tls.crt': pair.certPem,
        'tls.key': pair.keyPem,
        'config.json': docker(),
      };
      await mkdir(folder);
      for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
      const { metadata, stringData, ...rest } = secret(name, 'Opaque', values());
      const given = Object.entries(stringData as object).filter(
        ([, value]) => value !== '' || reason === 'SecretInvalid',
      );
      const manifest = {
        ...rest,
        stringData: Object.fromEntries(given) as Manifest,
        metadata: { ...(metadata as object), annotations },
      };
      await apply(manifest, check(NS, name, spec(name)));
      const red = await untilVerdict(NS, name, `False/${reason}`);
      // The first asks for a login at the terminal, the second starts a pod, which nobody would run here.
      const commands = (red.status?.remediation?.steps ?? [])
        .flatMap((step) => /: ((?:kubectl (?!run )|T=)[^]*)$/.exec(step)?.[1] ?? [])
        .map((command) => command.replace(' --type=kubernetes', ' --from-file=ca.crt --type=kubernetes'));
      expect(commands.length).to.be.above(1);
      for (const command of commands) await paste(command, PASSWORD, folder);
      await untilVerdict(NS, name, 'True/PushAuthorized');
    }).timeout(90_000);
  }

  it('does what docs/secrets.md says by the commands that stand there', async () => {
    const { dir, tools, controlPlane } = lab();
    const folder = join(dir, 'secrets-docs');
    const pair = await authority.issue({ commonName: 'ci', client: true });
    const files = {
      'ca.crt': authority.pem,
      'client.crt': pair.certPem,
      'client.key': pair.keyPem,
      'config.json': '{"auths":{}}',
      'dockercfg.json': '{}',
    };
    await mkdir(folder);
    for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
    await apply(namespace('team'));
    const text = await readFile('docs/secrets.md', 'utf8');
    const blocks = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block = '']) => block);
    expect(blocks.length).to.be.greaterThan(5);
    const env = {
      PATH: `${dirname(tools.kubectl)}:/usr/bin:/bin`,
      KUBECONFIG: controlPlane.kubeconfig,
      HOME: dir,
      REGISTRY_PASSWORD: PASSWORD,
      REGISTRY_TOKEN: PASSWORD,
    };
    const script = ['set -e', 'set -o pipefail', ...blocks].join('\n');
    const bash = { name: 'bash', file: '/bin/bash', args: ['-c', script], env, cwd: folder };
    const { code, stderr } = await runProcess(bash);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const secrets = JSON.parse(await kubectl(['get', 'secrets', '-n', 'team', '-o', 'json'])) as {
      readonly items: readonly {
        readonly metadata: { readonly name: string };
        readonly data: Readonly<Record<string, string>>;
      }[];
    };
    const keys = secrets.items.map(
      ({ metadata, data }) => `${metadata.name}: ${Object.keys(data).toSorted().join(' ')}`,
    );
    expect(keys).to.have.members([
      'team-basic: password username',
      'team-login: .dockerconfigjson ca.crt tls.crt tls.key',
      'team-logins: .dockerconfigjson',
      'team-old-login: .dockercfg',
      'team-token: registry token',
    ]);
  });

  it('shows no password and no certificate anywhere', async () => {
    const seen = [operator.output(), await kubectl(['get', 'rpc,events', '-n', NS, '-o', 'yaml'])].join('\n');
    for (const form of [PASSWORD, Buffer.from(PASSWORD).toString('base64'), 'BEGIN CERTIFICATE'])
      expect(seen).not.to.include(form);
  });
});
