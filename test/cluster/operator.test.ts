import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { startDistribution, type Distribution } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { check, login, namespace } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import { runProcess, type RunningProcess } from '../support/processes.ts';
import { startTokenServer, type TokenServer, type Users } from '../support/token-server.ts';
import { apply, install, kubectl, stored, until, untilVerdict, verdictOf } from './fixture.ts';

const ONE = 'operator-one';
const TWO = 'operator-two';
const UNWATCHED = 'operator-unwatched';
const PASSWORD = 'canary-pw-0815';

const pusher: Users = {
  ci: { password: PASSWORD, grants: [{ repository: 'team/*', actions: ['pull', 'push', 'delete'] }] },
};
const puller: Users = { ci: { password: PASSWORD, grants: [{ repository: 'team/*', actions: ['pull'] }] } };

describe('the operator as a child process with its own identity', () => {
  let tokens: TokenServer;
  let registry: Distribution;
  let operator: RunningProcess;
  let kubeconfig: string;
  let config: Readonly<Record<string, unknown>>;
  let output = '';
  let silent: Server | undefined;

  before(async () => {
    const { tools, authority, authorityFile, dir, controlPlane } = lab();
    await install();
    await apply(...[ONE, TWO, UNWATCHED].map(namespace));
    tokens = await startTokenServer({ dir: join(dir, 'operator-tokens'), authority, users: pusher });
    const { realm, service, issuer, jwksFile } = tokens;
    registry = await startDistribution({
      dir: join(dir, 'operator-registry'),
      tools,
      authority,
      auth: { kind: 'token', realm, service, issuer, jwksFile },
    });
    await apply(...[ONE, TWO, UNWATCHED].map((ns) => login(ns, 'login', registry.host, 'ci', PASSWORD)));
    kubeconfig = await controlPlane.serviceAccountKubeconfig(
      'registry-push-check-system',
      'registry-push-check',
    );
    config = {
      watchNamespaces: [ONE, TWO],
      egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
      caBundle: authorityFile,
      tokenHosts: [`${registry.host}=${new URL(realm).host}`],
      log: { level: 'debug', format: 'json' },
    };
    operator = await startOperator({ dir: join(dir, 'operator'), kubeconfig, config });
  });
  after(async () => {
    await operator.stop();
    silent?.close();
    await registry.stop();
    await tokens.stop();
  });
  beforeEach(() => tokens.setUsers(pusher));

  const spec = (more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
    registryUrl: registry.url,
    pushTestRepository: 'team/app',
    existingSecret: 'login',
    failureThreshold: 1,
    ...more,
  });
  const request = (ns: string, name: string, token: string): Promise<string> =>
    kubectl([
      'annotate',
      '--overwrite',
      `rpc/${name}`,
      '-n',
      ns,
      `doctor.stella-ops.org/requestedAt=${token}`,
    ]);

  it('turns checks of every watched namespace green and leaves the others alone', async () => {
    await apply(...[ONE, TWO, UNWATCHED].map((ns) => check(ns, 'green', spec())));
    const { status, metadata } = await untilVerdict(ONE, 'green', 'True/PushAuthorized');
    await untilVerdict(TWO, 'green', 'True/PushAuthorized');
    expect(status).to.include({ observedGeneration: metadata.generation, consecutiveFailures: 0 });
    expect(status?.remediation).to.equal(undefined);
    expect(status?.lastProbe).to.include({ trigger: 'FirstProbe', cleanup: 'Cancelled' });
    expect((await stored(UNWATCHED, 'green')).status).to.deep.equal({ observedGeneration: -1 });
  });

  it('shows the verdict in kubectl get and the event in kubectl describe', async () => {
    const row = await kubectl(['get', 'registrypushchecks', '-n', ONE, 'green', '--no-headers']);
    expect(row.split(/\s+/).slice(0, 5)).to.deep.equal([
      'green',
      'True',
      'PushAuthorized',
      registry.url,
      'team/app',
    ]);
    expect(await kubectl(['describe', 'rpc', 'green', '-n', ONE])).to.match(
      /Normal\s+PushAuthorized\s.*opened an upload session for team\/app/,
    );
  });

  it('goes red with a fix, and green again without a trace of it', async () => {
    tokens.setUsers(puller);
    await apply(check(ONE, 'swing', spec()));
    const red = await untilVerdict(ONE, 'swing', 'False/PushDenied');
    expect(red.status?.remediation?.steps?.length).to.be.greaterThan(1);
    tokens.setUsers(pusher);
    await kubectl(['patch', 'rpc', 'swing', '-n', ONE, '--type=merge', '-p', '{"spec":{"timeout":"29s"}}']);
    const green = await untilVerdict(ONE, 'swing', 'True/PushAuthorized');
    expect(green.status).not.to.have.any.keys('remediation', 'findings');
    expect(green.status?.conditions?.map(({ type }) => type)).not.to.include.members(['Stalled']);
    expect(green.status?.history?.map(({ reason }) => reason)).to.deep.equal([
      'PushAuthorized',
      'PushDenied',
    ]);
    expect(await kubectl(['describe', 'rpc', 'swing', '-n', ONE])).to.match(
      /it had failed since .* \(PushDenied\)/,
    );
  });

  it('answers the command that its remediation ends with', async () => {
    tokens.setUsers(puller);
    await apply(check(ONE, 'pasted', spec()));
    await kubectl(['wait', 'rpc/pasted', '-n', ONE, '--for=condition=Stalled', '--timeout=30s']);
    const red = await untilVerdict(ONE, 'pasted', 'False/PushDenied');
    tokens.setUsers(pusher);
    const command = red.status?.remediation?.steps?.at(-1)?.replace(/^Check again[^:]*: /, '') ?? '';
    const { tools, controlPlane, dir } = lab();
    const env = {
      PATH: `${dirname(tools.kubectl)}:/usr/bin:/bin`,
      KUBECONFIG: controlPlane.kubeconfig,
      HOME: dir,
    };
    const { code, stdout, stderr } = await runProcess({
      name: 'sh',
      file: '/bin/sh',
      args: ['-c', command],
      env,
    });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(/pasted\s+True\s+PushAuthorized/);
    await kubectl(['wait', 'rpc/pasted', '-n', ONE, '--for=condition=Ready', '--timeout=0']);
  }).timeout(60_000);

  it('probes an edited check at once, whatever the old question is waiting for', async () => {
    silent = createServer((socket) => socket.on('error', () => {}));
    const asked = once(silent, 'connection');
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const old = {
      registryUrl: `https://localhost:${String(port)}`,
      existingSecret: undefined,
      timeout: '2m',
    };
    await apply(check(ONE, 'edited', spec(old)));
    await asked;
    // Longer than a second: until there is a verdict, status says that there will be one.
    const waiting = await untilVerdict(ONE, 'edited', 'Unknown/Progressing');
    expect(waiting.status).to.include({ observedGeneration: -1 }).and.not.have.any.keys('history');
    const patch = JSON.stringify({ spec: { registryUrl: registry.url, existingSecret: 'login' } });
    await kubectl(['patch', 'rpc', 'edited', '-n', ONE, '--type=merge', '-p', patch]);
    const green = await untilVerdict(ONE, 'edited', 'True/PushAuthorized');
    expect(green.status?.observedGeneration).to.equal(green.metadata.generation);
    expect(green.status?.conditions?.map(({ type }) => type)).to.not.include('Reconciling');
    const { items } = JSON.parse(
      await kubectl([
        'get',
        'events',
        '-n',
        ONE,
        '--field-selector=involvedObject.name=edited',
        '-o',
        'json',
      ]),
    ) as { readonly items: readonly { readonly reason: string }[] };
    expect(items.map(({ reason }) => reason)).to.not.include.members(['Progressing']);
  });

  it('probes at once when a new token asks for it, and echoes the token with the verdict', async () => {
    await apply(check(TWO, 'asked', spec()));
    const first = await untilVerdict(TWO, 'asked', 'True/PushAuthorized');
    await request(TWO, 'asked', 'one');
    await request(TWO, 'asked', 'two');
    const { status } = await until(TWO, 'asked', (seen) => seen.status?.lastHandledReconcileAt === 'two');
    expect(status?.lastProbe?.trigger).to.equal('Requested');
    const spacing = Date.parse(status?.lastProbeTime ?? '') - Date.parse(first.status?.lastProbeTime ?? '');
    expect(spacing).to.be.at.least(15_000);
  }).timeout(60_000);

  it('finds a Secret that comes after its check', async () => {
    await apply(check(ONE, 'early', spec({ existingSecret: 'late-login' })));
    const waiting = await untilVerdict(ONE, 'early', 'False/SecretNotFound');
    expect(waiting.status?.conditions?.map(({ type }) => type))
      .to.include('Reconciling')
      .and.not.to.include('Stalled');
    await apply(login(ONE, 'late-login', registry.host, 'ci', PASSWORD));
    await untilVerdict(ONE, 'early', 'True/PushAuthorized');
    const { items } = JSON.parse(await kubectl(['get', 'events.events.k8s.io', '-n', ONE, '-o', 'json'])) as {
      readonly items: readonly { readonly reason: string; readonly related?: object }[];
    };
    expect(items.find(({ reason }) => reason === 'SecretNotFound')?.related).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: ONE,
      name: 'late-login',
    });
  });

  it('withdraws the verdict of a suspended check', async () => {
    await apply(check(ONE, 'resting', spec({ suspend: true })));
    const { status } = await until(
      ONE,
      'resting',
      (seen) => seen.status?.observedGeneration === seen.metadata.generation,
    );
    expect(status?.conditions?.map(({ type, status: value }) => `${type}=${value}`)).to.deep.equal([
      'Suspended=True',
    ]);
  });

  it('does as its role says, and may do no more', async () => {
    const mayNot = [
      ['list', 'secrets'],
      ['watch', 'secrets'],
      ['create', 'secrets'],
      ['update', 'registrypushchecks'],
      ['patch', 'registrypushchecks'],
      ['delete', 'registrypushchecks'],
      ['create', 'pods'],
      ['get', 'configmaps'],
      ['get', 'events.events.k8s.io'],
      ['list', 'events.events.k8s.io'],
      ['update', 'events.events.k8s.io'],
      ['delete', 'events.events.k8s.io'],
      ['create', 'events'],
      ['create', 'serviceaccounts/token'],
    ];
    for (const action of mayNot) {
      const { stdout } = await lab().controlPlane.kubectl(['auth', 'can-i', ...action, '-n', ONE], {
        kubeconfig,
      });
      expect(stdout.trim(), action.join(' ')).to.equal('no');
    }
    const list = await lab().controlPlane.kubectl(['get', 'secrets', '-n', ONE], { kubeconfig });
    expect(list.stderr).to.include('Forbidden').and.to.include('cannot list resource "secrets"');
  }).timeout(60_000);

  it('goes on after an outage of the API server', async () => {
    const { controlPlane } = lab();
    await controlPlane.stopApiServer();
    await controlPlane.startApiServer();
    await apply(check(TWO, 'after-outage', spec()));
    await untilVerdict(TWO, 'after-outage', 'True/PushAuthorized');
  }).timeout(90_000);

  it('ends in order on SIGTERM and starts again without probing what is not due', async () => {
    const before = await stored(ONE, 'green');
    await operator.stop();
    output += operator.output();
    expect(await operator.exited).to.equal('exit code 0');
    operator = await startOperator({ dir: join(lab().dir, 'operator-again'), kubeconfig, config });
    await apply(check(ONE, 'after-restart', spec()));
    await untilVerdict(ONE, 'after-restart', 'True/PushAuthorized');
    expect((await stored(ONE, 'green')).status?.lastProbeTime).to.equal(before.status?.lastProbeTime);
  });

  it('runs from a copy of dist alone, where no node_modules is', async () => {
    await operator.stop();
    const copy = await mkdtemp(join(tmpdir(), 'registry-push-check-dist-'));
    try {
      await cp('dist', copy, { recursive: true });
      await writeFile(join(copy, 'package.json'), '{"type":"module"}');
      operator = await startOperator({
        dir: join(lab().dir, 'operator-dist'),
        kubeconfig,
        config,
        dist: copy,
      });
      await apply(check(ONE, 'from-dist', spec()));
      await untilVerdict(ONE, 'from-dist', 'True/PushAuthorized');
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });

  it('prints no password and no token anywhere', async () => {
    output += operator.output();
    const seen = [output, await kubectl(['get', 'rpc,events', '-A', '-o', 'yaml'])];
    const forms = [
      PASSWORD,
      Buffer.from(PASSWORD).toString('base64'),
      Buffer.from(`ci:${PASSWORD}`).toString('base64'),
      'eyJ',
    ];
    expect(output).to.include('started');
    expect(verdictOf(await stored(ONE, 'green'))).to.equal('True/PushAuthorized');
    for (const text of seen) {
      for (const form of forms) expect(text).not.to.include(form);
      // Other tests have checks whose message names the schemes, or whose steps send a token that is typed.
      expect(text).not.to.match(/Bearer (?!or\s|%s)/);
    }
  });
});
