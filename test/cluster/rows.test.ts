import { Agent } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import {
  API_VERSION,
  KIND,
  listPath,
  statusPath,
  type Condition,
  type RegistryPushCheck,
} from '../../src/api/registrypushcheck.ts';
import { CANARY } from '../api/sample.ts';
import { startDistribution, type Distribution } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { check, login, namespace } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import { freePort, type RunningProcess } from '../support/processes.ts';
import { apply, install, kubectl, until, untilVerdict } from './fixture.ts';
import { laxCrd, POISONS, type Poison } from './poison.ts';
import { eventually, sendTo, type Answer } from './send.ts';

const NAMESPACE = 'rows';
const PASSWORD = 'canary-pw-0815';

/** Every refusal names the field that it is about. */
const FIELD =
  /\b(?:spec|registryUrl|pushTestRepository|allowRepositoryCreation|existingSecret|pull|interval|schedule|timeZone|timeout|retryInterval|failureThreshold|suspend|historyLimit)\b/;

interface Told {
  readonly metadata: { readonly name: string };
  readonly regarding: { readonly name: string };
  readonly reason: string;
  readonly note: string;
}

/** Everything of the namespace that people can read, by the name of the check. */
interface Seen {
  readonly checks: ReadonlyMap<string, RegistryPushCheck>;
  readonly events: readonly Told[];
}

function nameOf(poison: Poison): string {
  const name = poison.metadata?.['name'];
  return typeof name === 'string' ? name : `poison-${String(POISONS.indexOf(poison))}`;
}

/** As {@link verdictOf}, of a status in which nothing is sure. */
function verdictOf({ checks, events }: Seen, poison: Poison): string {
  const name = nameOf(poison);
  if (poison.unwritable === true) {
    const told = events.find(({ regarding }) => regarding.name === name);
    return told === undefined ? '' : `False/${told.reason}`;
  }
  const conditions: unknown = checks.get(name)?.status?.conditions;
  const all = Array.isArray(conditions) ? (conditions as readonly (Condition | null)[]) : [];
  const ready = all.find((one) => one?.type === 'Ready');
  return `${String(ready?.status)}/${String(ready?.reason)}`;
}

/** How often a turn of each check has failed since then, by the log of the operator. */
function failedTurns(output: string, since: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const line of output.split('\n')) {
    if (!line.startsWith('{') || !line.includes('"a turn failed"')) continue;
    const { key, timestamp } = JSON.parse(line) as { readonly key: string; readonly timestamp: string };
    if (timestamp >= since) times.set(key, (times.get(key) ?? 0) + 1);
  }
  return times;
}

describe('objects that were stored under an older CRD', function () {
  this.timeout(180_000);
  let agent: Agent;
  let registry: Distribution;
  let operator: RunningProcess;
  let metricsUrl = '';
  let seen: Seen;
  const send = (method: string, path: string, body?: unknown): Promise<Answer> =>
    sendTo(lab().controlPlane, agent, method, path, body);
  const good = (): Readonly<Record<string, unknown>> => ({
    registryUrl: registry.url,
    pushTestRepository: 'team/app',
    existingSecret: 'login',
  });
  const object = (name: string, spec: unknown, metadata: object = {}): object => ({
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { namespace: NAMESPACE, ...metadata, name },
    spec,
  });
  /** Whether the API server takes a spec now, unknown values and all. */
  const taken = async (spec: unknown): Promise<boolean> =>
    (await send('POST', `${listPath(NAMESPACE)}?dryRun=All`, object('try', spec))).code === 201;

  const put = async (poison: Poison): Promise<void> => {
    const name = nameOf(poison);
    const spec = 'spec' in poison ? poison.spec : good();
    const created = await send('POST', listPath(NAMESPACE), object(name, spec, poison.metadata));
    expect(created.code, `${poison.what}: ${created.message}`).to.equal(201);
    if (poison.status === undefined) return;
    const { code, message } = await send('PATCH', statusPath(NAMESPACE, name), { status: poison.status });
    expect(code, `${poison.what}: ${message}`).to.equal(200);
  };

  /** Right after a kind has changed, the API server asks for a moment. */
  const listed = async <T>(path: string): Promise<readonly T[]> => {
    let items: readonly T[] | undefined;
    await eventually(async () => {
      const { code, body } = await send('GET', path);
      if (code === 200) items = (JSON.parse(body) as { readonly items: readonly T[] }).items;
      return items !== undefined;
    });
    return items ?? [];
  };
  const look = async (): Promise<Seen> => {
    const checks = await listed<RegistryPushCheck>(listPath(NAMESPACE));
    const events = await listed<Told>(`/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events`);
    return { checks: new Map(checks.map((one) => [one.metadata.name, one])), events };
  };

  /** What is there as soon as every verdict is, or after a long time. */
  const settled = async (): Promise<Seen> => {
    for (let asked = 0; ; asked += 1) {
      const now = await look();
      if (asked === 120 || POISONS.every((one) => verdictOf(now, one) === one.verdict)) return now;
      await sleep(500);
    }
  };

  before(async () => {
    const { tools, authority, authorityFile, dir, controlPlane } = lab();
    agent = new Agent({ keepAlive: true });
    await install();
    await apply(namespace(NAMESPACE));
    registry = await startDistribution({
      dir: join(dir, 'rows-registry'),
      tools,
      authority,
      auth: { kind: 'htpasswd', users: { ci: PASSWORD } },
    });
    await apply(login(NAMESPACE, 'login', registry.host, 'ci', PASSWORD));
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], await laxCrd());
    await eventually(() => taken(7));
    for (const poison of POISONS) await put(poison);
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', 'crds/']);
    await eventually(async () => !(await taken({})));
    const kubeconfig = await controlPlane.serviceAccountKubeconfig(
      'registry-push-check-system',
      'registry-push-check',
    );
    const port = await freePort();
    metricsUrl = `http://127.0.0.1:${String(port)}/metrics`;
    const config = {
      watchNamespaces: [NAMESPACE],
      egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
      caBundle: authorityFile,
      server: { address: '127.0.0.1', port },
      log: { level: 'info', format: 'json' },
    };
    operator = await startOperator({ dir: join(dir, 'rows-operator'), kubeconfig, config });
    seen = await settled();
  });

  after(async () => {
    await operator.stop();
    await registry.stop();
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', 'crds/']);
    await send('DELETE', listPath(NAMESPACE));
    agent.destroy();
  });

  for (const poison of POISONS) {
    const where =
      poison.unwritable === true ? 'in an event, as nobody can write its status' : 'in its status';
    it(`${poison.what}: ${poison.verdict} ${where}`, async () => {
      expect(verdictOf(seen, poison), JSON.stringify(seen.checks.get(nameOf(poison))?.status)).to.equal(
        poison.verdict,
      );
      const { code } = await send('PATCH', `${statusPath(NAMESPACE, nameOf(poison))}?dryRun=All`, {
        status: { consecutiveFailures: 3 },
      });
      expect(code === 422, 'unwritable').to.equal(poison.unwritable === true);
    });
  }

  it('tell what is wrong without what was typed', () => {
    const shown = [...seen.checks.values()].map(({ status }) => status);
    expect(JSON.stringify([shown, seen.events])).not.to.include(CANARY);
    expect(operator.output()).not.to.include(CANARY);
    const invalid = seen.events.filter(({ reason }) => reason === 'InvalidSpec');
    expect(invalid.length).to.be.greaterThan(100);
    for (const { note } of invalid) expect(note).to.match(FIELD);
  });

  it('row 34: have events under a name that the API server takes, however long their own is', () => {
    const long = 'n'.repeat(253);
    const told = seen.events.filter(({ regarding }) => regarding.name === long);
    expect(told.map(({ reason }) => reason)).to.deep.equal(['PushAuthorized']);
    expect(told[0]?.metadata.name)
      .to.match(/^n+\.[0-9a-f]{16}$/)
      .and.to.have.lengthOf(253);
  });

  it('leave the metrics readable', async () => {
    const answer = await fetch(metricsUrl);
    expect(answer.status).to.equal(200);
    expect(await answer.text()).to.match(
      new RegExp(`_ready\\{namespace="${NAMESPACE}",name="poison-0",.*\\} 0`),
    );
  });

  it('leave a good check alone, and keep nobody busy: what is refused is tried ever more rarely', async () => {
    await apply(check(NAMESPACE, 'good', good()));
    const { status } = await untilVerdict(NAMESPACE, 'good', 'True/PushAuthorized');
    const { lastProbeTime = '', nextProbeTime = '' } = status ?? {};
    expect(Date.parse(nextProbeTime) - Date.parse(lastProbeTime), 'next probe').to.be.within(
      300_000,
      900_000,
    );
    const since = new Date().toISOString();
    const { checks: before } = await look();
    await kubectl(['annotate', 'rpc/good', '-n', NAMESPACE, 'doctor.stella-ops.org/requestedAt=again']);
    await until(NAMESPACE, 'good', (now) => now.status?.lastHandledReconcileAt === 'again');
    const { checks: after } = await look();
    const written = [...before].filter(
      ([name, { metadata }]) => after.get(name)?.metadata.resourceVersion !== metadata.resourceVersion,
    );
    expect(written.map(([name]) => name)).to.deep.equal(['good']);

    const unwritable = POISONS.filter((one) => one.unwritable).map((one) => `${NAMESPACE}/${nameOf(one)}`);
    for (const [key, times] of failedTurns(operator.output(), since)) {
      expect(unwritable).to.include(key);
      // Every 1, 2, 4, 8 … seconds, half of it random, and the first ones have passed.
      expect(times, key).to.be.at.most(6);
    }
  });

  it('end no process', async () => {
    expect(await Promise.race([operator.exited, sleep(0, 'it runs')])).to.equal('it runs');
  });
});
