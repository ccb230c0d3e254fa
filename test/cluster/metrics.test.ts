import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock as clock } from '../../src/clock.ts';
import { missingFields } from '../../src/controller/served-schema.ts';
import { createKubeClient } from '../../src/kube/client.ts';
import { METRICS, PREFIX } from '../../src/metrics-table.ts';
import { startDistribution, type Distribution } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { check, login, namespace } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import {
  freePort,
  runProcess,
  startProcess,
  type Finished,
  type RunningProcess,
} from '../support/processes.ts';
import { apply, install, kubectl, untilVerdict } from './fixture.ts';

const NS = 'metrics';
const PASSWORD = 'canary-pw-0816';

async function promtool(args: readonly string[], input = ''): Promise<Finished> {
  return runProcess({ name: 'promtool', file: lab().tools.promtool, args }, input);
}

describe('the alert rules', () => {
  it('fire and are silent as their tests say', async () => {
    const { code, stdout, stderr } = await promtool(['test', 'rules', 'test/alerts/rules.test.yaml']);
    expect(`${stdout}${stderr}`).to.include('SUCCESS');
    expect(code, stderr).to.equal(0);
    const lint = await promtool([
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      'charts/registry-push-check/files/rules.yaml',
    ]);
    expect(lint.code, lint.stderr).to.equal(0);
  });

  it('have a case in which they fire and one in which they are silent', async () => {
    const tests = await readFile('test/alerts/rules.test.yaml', 'utf8');
    const rules = await readFile('charts/registry-push-check/files/rules.yaml', 'utf8');
    for (const [, alert = ''] of rules.matchAll(/- alert: (\w+)/g)) {
      const cases = [
        ...tests.matchAll(new RegExp(`- alertname: ${alert}\\n\\s+eval_time: .*\\n\\s+exp_alerts:(.*)`, 'g')),
      ];
      expect(
        cases.some(([, list]) => list === ' []'),
        `${alert} silent`,
      ).to.equal(true);
      expect(
        cases.some(([, list]) => list === ''),
        `${alert} firing`,
      ).to.equal(true);
    }
  });
});

describe('the server of a running operator', () => {
  let registry: Distribution;
  let operator: RunningProcess;
  let kubeconfig: string;
  let config: Readonly<Record<string, unknown>>;
  let url: string;

  before(async () => {
    const { tools, authority, authorityFile, dir, controlPlane } = lab();
    await install();
    await apply(namespace(NS));
    registry = await startDistribution({
      dir: join(dir, 'metrics-registry'),
      tools,
      authority,
      auth: { kind: 'htpasswd', users: { ci: PASSWORD } },
    });
    await apply(
      login(NS, 'login', registry.host, 'ci', PASSWORD),
      login(NS, 'wrong', registry.host, 'ci', 'wrong-pw-0816'),
      check(NS, 'green', spec('login')),
      check(NS, 'red', spec('wrong')),
    );
    kubeconfig = await controlPlane.serviceAccountKubeconfig(
      'registry-push-check-system',
      'registry-push-check',
    );
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    config = {
      watchNamespaces: [NS],
      egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
      caBundle: authorityFile,
      server: { address: '127.0.0.1', port },
    };
    operator = await startOperator({ dir: join(dir, 'metrics-operator'), kubeconfig, config });
    await untilVerdict(NS, 'green', 'True/PushAuthorized');
    await untilVerdict(NS, 'red', 'False/CredentialsRejected');
  });
  after(async () => {
    await operator.stop();
    await registry.stop();
    await install();
    await kubectl(['delete', 'namespace', NS, '--wait=false']);
  });

  const spec = (existingSecret: string): Readonly<Record<string, unknown>> => ({
    registryUrl: registry.url,
    pushTestRepository: 'team/app',
    existingSecret,
  });
  const scrape = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  /** Waits until the text of the metrics is as wanted; throws with what it was last. */
  const scraped = async (wanted: (text: string) => boolean): Promise<string> => {
    const deadline = performance.now() + 30_000;
    for (;;) {
      const text = await scrape();
      if (wanted(text)) return text;
      if (performance.now() > deadline) throw new Error(`not in time:\n${text}`);
      await sleep(100);
    }
  };

  it('says in the log where it listens', () => {
    expect(operator.output()).to.include(`"url":"${url}"`);
  });

  it('is alive and ready', async () => {
    for (const path of ['/livez', '/readyz']) {
      const response = await fetch(url + path);
      expect([response.status, await response.text()], path).to.deep.equal([200, 'ok\n']);
    }
  });

  it('has metrics that promtool has nothing to say about', async () => {
    const text = await scraped((seen) => seen.includes(`${PREFIX}crd_outdated 0\n`));
    expect(await promtool(['check', 'metrics'], text)).to.deep.equal({ code: 0, stdout: '', stderr: '' });
    for (const name of Object.keys(METRICS)) expect(text).to.include(`# TYPE ${PREFIX}${name} `);
  });

  it('tells what the operator met', async () => {
    const { host } = registry;
    const text = await scraped((seen) => seen.includes('name="red"'));
    const has = (line: string | RegExp): void => {
      if (typeof line === 'string') expect(text).to.include(`${PREFIX}${line}\n`);
      else expect(text).to.match(new RegExp(`^${PREFIX}${line.source}$`, 'm'));
    };
    has(`ready{namespace="${NS}",name="green",registry="${host}"} 1`);
    has(`ready{namespace="${NS}",name="red",registry="${host}"} 0`);
    has(`stage_ok{namespace="${NS}",name="green",stage="PushAuthorized"} 1`);
    has(`stage_ok{namespace="${NS}",name="red",stage="Authenticated"} 0`);
    has(`probes_total{registry="${host}",stage="PushAuthorized",reason="PushAuthorized"} 1`);
    has(`probes_total{registry="${host}",stage="Authenticated",reason="CredentialsRejected"} 1`);
    has(/status_writes_total\{result="written"\} [2-9]/);
    has(/tls_cert_not_after_timestamp_seconds\{registry="localhost:\d+"\} \d{10}/);
    has(/watch_last_event_timestamp_seconds\{resource="registrypushchecks"\} \d{10}\.?\d*/);
    has(/build_info\{version="\d+\.\d+\.\d+"\} 1/);
    has('due_checks 0');
    expect(text).not.to.include(PASSWORD).and.not.include('wrong-pw').and.not.include('team/app');
  });

  it('has series of a check from its verdict to its end, and none while it is suspended', async () => {
    const lines = (text: string): number => text.split('name="brief"').length - 1;
    expect(lines(await scrape())).to.equal(0);
    await apply(check(NS, 'brief', spec('login')));
    const text = await scraped((seen) => seen.includes('name="brief"'));
    expect(text).to.include(`${PREFIX}ready{namespace="${NS}",name="brief",registry="${registry.host}"} 1\n`);
    await kubectl(['patch', 'rpc', 'brief', '-n', NS, '--type=merge', '-p', '{"spec":{"suspend":true}}']);
    await scraped((seen) => !/(?:ready|stage_ok|next_probe\w+)\{[^}]*name="brief"/.test(seen));
    await kubectl(['delete', 'rpc', 'brief', '-n', NS]);
    expect(lines(await scraped((seen) => lines(seen) === 0))).to.equal(0);
    expect(await scrape()).to.include('name="green"');
  });

  it('does not become ready without the checks, and says so in a word', async () => {
    const port = await freePort();
    const { dir } = lab();
    // An identity without any right: it lists nothing.
    const powerless = await lab().controlPlane.serviceAccountKubeconfig('default', 'powerless');
    const other = await startOperator({
      dir: join(dir, 'metrics-powerless'),
      kubeconfig: powerless,
      config: { ...config, server: { address: '127.0.0.1', port } },
    });
    try {
      const deadline = performance.now() + 30_000;
      while (!other.output().includes('may not list') && performance.now() < deadline) await sleep(100);
      const response = await fetch(`http://127.0.0.1:${port}/readyz`);
      expect([response.status, await response.text()]).to.deep.equal([503, 'starting\n']);
      expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).to.equal(200);
      // Nothing else would raise an alert: there are no series of checks.
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      expect(text).to.include(`\n${PREFIX}leader 0\n`);
    } finally {
      await other.stop();
    }
    expect(await other.exited).to.equal('exit code 0');
  });

  it('lives through what a neighbour on the network can send', async () => {
    const { port } = new URL(url);
    const script = `
      const { connect } = require('node:net');
      const send = (text) => new Promise((done) => {
        const socket = connect(${port}, '127.0.0.1').on('error', () => {}).on('close', done);
        socket.write(text); socket.resume();
        setTimeout(() => socket.destroy(), 500);
      });
      const all = [];
      for (let i = 0; i < 300; i += 1) all.push(send(['GET /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', 'GET /livez HTTP/1.1\\r\\nX: ', 'POST / HTTP/1.1\\r\\nContent-Length: 9999\\r\\n\\r\\n', '\\u0000\\u0001', 'GET /canary-0816\\u0007 HTTP/1.1\\r\\n\\r\\n'][i % 5]));
      Promise.all(all).then(() => process.exit(0));`;
    const flood = await startProcess({ name: 'flood', file: process.execPath, args: ['-e', script] });
    expect(await flood.exited).to.equal('exit code 0');
    expect((await fetch(`${url}/livez`)).status).to.equal(200);
    expect(operator.output()).not.to.include('canary-0816');
  });
});

describe('missingFields', () => {
  after(install);

  it('reads from the API server, as the operator, what an older kind lacks', async () => {
    const kubeconfig = await lab().controlPlane.serviceAccountKubeconfig(
      'registry-push-check-system',
      'registry-push-check',
    );
    const client = createKubeClient({ kubeconfig, clock });
    const signal = AbortSignal.timeout(60_000);
    const until = async (wanted: readonly string[]): Promise<void> => {
      for (;;) {
        // The API server publishes a schema some time after it serves it.
        const found = await missingFields(client, signal);
        if (JSON.stringify(found) === JSON.stringify(wanted)) return;
        if (signal.aborted) throw new Error(`not in time: ${JSON.stringify(found)}`);
        await sleep(200);
      }
    };
    await install();
    await until([]);
    const crd = (await readFile('crds/registrypushchecks.yaml', 'utf8')).replace(
      /^( +)transientFailures:\n(?:\1 +.*\n)+/m,
      '',
    );
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], crd);
    await until(['status.transientFailures']);
    await install();
    await until([]);
  }).timeout(90_000);
});
