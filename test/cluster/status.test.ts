import { expect } from 'chai';
import {
  objectPath,
  statusPath,
  type RegistryPushCheck,
  type RegistryPushCheckStatus,
} from '../../src/api/registrypushcheck.ts';
import { systemClock } from '../../src/clock.ts';
import { readCheck } from '../../src/controller/object.ts';
import { progressingStatus } from '../../src/controller/progress.ts';
import { nextStatus } from '../../src/controller/status.ts';
import { writeStatus } from '../../src/controller/write.ts';
import { createKubeClient, type KubeClient } from '../../src/kube/client.ts';
import { createRecorder, type KubeEvent, type Recorder } from '../../src/kube/recorder.ts';

import { green, met, type Step } from '../controller/story.ts';
import { VERDICTS } from '../controller/verdicts.ts';
import { aDiagnosis, aVisit, NOW_MS } from '../support/builders.ts';
import { NEVER } from '../support/kube-client.ts';
import { lab } from '../support/lab.ts';
import { check, namespace } from '../support/manifests.ts';
import { runProcess } from '../support/processes.ts';
import { apply, install, kubectl, stored } from './fixture.ts';

const NS = 'status';
const SPEC = { registryUrl: 'https://registry.example.com', pushTestRepository: 'team/app' };

describe('a status on a real API server', () => {
  let client: KubeClient;
  const patch = (path: string, body: unknown): Promise<RegistryPushCheck> =>
    client.request({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }, NEVER);

  before(async () => {
    await install();
    await apply(namespace(NS));
    client = createKubeClient({ kubeconfig: lab().controlPlane.kubeconfig, clock: systemClock });
  });

  describe('written visit by visit', () => {
    /** Writes the status of a visit as the operator does; what is stored must be what was computed. */
    async function visit(step: Step): Promise<RegistryPushCheckStatus> {
      return put((on) => nextStatus(aVisit({ ...step, check: on })));
    }
    async function put(
      next: (on: RegistryPushCheck) => RegistryPushCheckStatus,
    ): Promise<RegistryPushCheckStatus> {
      const on = readCheck(await stored(NS, 'swing'));
      const written = await writeStatus(client, on, next, NEVER);
      expect(written.kind).to.equal('written');
      const { status = {} } = await stored(NS, 'swing');
      expect(status).to.deep.equal(next(on));
      return status;
    }

    it('is stored as it was computed, from red to green and back: nothing of the old one stays', async () => {
      await apply(check(NS, 'swing', SPEC));
      const secret = { secretVersion: '7', matchedKey: 'registry.example.com' };
      const findings = [{ type: 'UploadNotCancelled', message: 'an upload stays' }] as const;
      const red = await visit(met('CredentialsRejected', secret));
      expect(red).to.include.keys('remediation', 'credentials');
      const passed = await visit(green({ diagnosis: aDiagnosis({ findings }) }));
      expect(passed).to.include.keys('findings').and.not.have.any.keys('remediation', 'credentials');
      await visit(met('RegistryUnavailable'));
      await patch(objectPath(NS, 'swing'), { spec: { timeout: '29s' } });
      const shown = await put((on) => progressingStatus(on, NOW_MS));
      expect(shown).to.include({ observedGeneration: 1 }).and.not.have.any.keys('findings', 'remediation');
      await visit(met('SecretNotFound'));
      const last = await visit(green());
      expect(last).to.include({ observedGeneration: 2 }).and.not.have.any.keys('remediation', 'findings');
    });
  });

  describe('of each kind', () => {
    const rows = Object.entries(VERDICTS).map(([name, row], number) => ({
      ...row,
      name,
      object: `row-${String(number)}`,
    }));

    before(async function () {
      this.timeout(60_000);
      await apply(
        ...rows.map(({ object, check: { spec } }) => {
          return check(NS, object, { ...SPEC, ...spec, historyLimit: 0 });
        }),
      );
      for (const { object, check: wanted } of rows) {
        const { generation } = wanted.metadata;
        for (let edit = 1; edit < generation; edit += 1) {
          await patch(objectPath(NS, object), { spec: { historyLimit: edit } });
        }
        const now = await patch(statusPath(NS, object), { status: wanted.status });
        expect(now.metadata.generation).to.equal(generation);
        expect(now.status).to.deep.equal(wanted.status);
      }
    });

    /** The rows whose condition `kubectl wait` takes for true now. */
    async function waited(condition: string): Promise<readonly string[]> {
      const all = rows.map(({ object }) => `rpc/${object}`);
      const args = ['wait', '-n', NS, ...all, `--for=condition=${condition}`, '--timeout=0'];
      const { stdout } = await lab().controlPlane.kubectl(args);
      const ended = new Set([...stdout.matchAll(/\/(row-\d+) condition met/g)].map(([, object]) => object));
      return rows.filter(({ object }) => ended.has(object)).map(({ name }) => name);
    }
    const named = (wanted: (row: (typeof rows)[number]) => boolean): readonly string[] =>
      rows.filter(wanted).map(({ name }) => name);

    it('ends kubectl wait for Ready where the push is permitted, and nowhere else', async () => {
      expect(await waited('Ready'))
        .to.deep.equal(named(({ ready }) => ready === 'True/PushAuthorized'))
        .and.to.include('push authorized');
    });

    it('ends kubectl wait for Stalled where a person has to act, and nowhere else', async () => {
      expect(await waited('Stalled'))
        .to.deep.equal(named(({ stalled }) => stalled !== undefined))
        .and.to.include('definite refusal');
    });

    it('does not end kubectl wait for Ready by the verdict of an older generation', async () => {
      const { object } = rows.find(({ name }) => name === 'push authorized') ?? expect.fail();
      await patch(objectPath(NS, object), { spec: { historyLimit: 20 } });
      const { status } = await stored(NS, object);
      expect(status?.conditions?.[0]).to.include({ type: 'Ready', status: 'True' });
      expect(await waited('Ready')).to.not.include('push authorized');
      await kubectl(['delete', 'rpc', object, '-n', NS]);
    });

    it('is to kstatus and to Argo CD what the table says', async () => {
      const { tools } = lab();
      const items = rows.map(({ object, check: row }) => {
        return { ...row, metadata: { ...row.metadata, name: object } };
      });
      const { code, stdout, stderr } = await runProcess(
        { name: 'readiness', file: tools.readiness, args: ['deploy/argocd-health.lua'] },
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
      );
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const seen = stdout
        .trim()
        .split('\n')
        .map((line, number) => {
          const { kstatus, health } = JSON.parse(line) as Readonly<Record<string, string>>;
          return [rows[number]?.name, kstatus, health];
        });
      expect(seen).to.deep.equal(rows.map(({ name, kstatus, argo }) => [name, kstatus, argo]));
    });
  });
});

describe('events on a real API server', () => {
  let recorder: Recorder;
  let logs: string[];
  let regarding: KubeEvent['regarding'];
  /** Six whole hours ago, so that kubectl prints no fraction. */
  const sinceMs = Math.floor(Date.now() / 1000) * 1000 - 6 * 3_600_000;

  before(async () => {
    await install();
    await apply(namespace(NS), check(NS, 'told', SPEC));
    const { metadata, apiVersion, kind } = await stored(NS, 'told');
    regarding = { apiVersion, kind, namespace: NS, name: 'told', uid: metadata.uid };
    // With the rights of the operator, and no others.
    const kubeconfig = await lab().controlPlane.serviceAccountKubeconfig(
      'registry-push-check-system',
      'registry-push-check',
    );
    recorder = createRecorder({
      client: createKubeClient({ kubeconfig, clock: systemClock }),
      component: 'doctor.stella-ops.org/registry-push-check',
      instance: 'test',
      clock: systemClock,
      log: (level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
  });
  beforeEach(() => (logs = []));

  const failure = (count: number): KubeEvent => ({
    regarding,
    related: { apiVersion: 'v1', kind: 'Secret', namespace: NS, name: 'login' },
    type: 'Warning',
    reason: 'CredentialsRejected',
    action: 'Probe',
    note: 'the registry refused the login',
    series: { sinceMs, count },
  });
  interface Stored {
    readonly metadata: { readonly name: string };
    readonly series?: { readonly count: number; readonly lastObservedTime: string };
    readonly regarding: Readonly<Record<string, string>>;
    readonly related: Readonly<Record<string, string>>;
  }
  const events = async (): Promise<readonly Stored[]> =>
    (
      JSON.parse(await kubectl(['get', 'events.events.k8s.io', '-n', NS, '-o', 'json'])) as {
        items: Stored[];
      }
    ).items;
  const described = async (): Promise<string> =>
    (await kubectl(['describe', 'rpc', 'told', '-n', NS])).replace(/^[^]*Events:/, '');

  it('are one event where a failure is told again, and kubectl describe counts it', async () => {
    await recorder.record(failure(1), NEVER);
    expect(await described()).to.match(
      /Warning +CredentialsRejected +\S+ +\S.* the registry refused the login/,
    );
    await recorder.record(failure(2), NEVER);
    await recorder.record(failure(3), NEVER);
    const [event, ...others] = await events();
    expect(others).to.deep.equal([]);
    expect(event?.series?.count).to.equal(3);
    expect(logs).to.deep.equal([]);
    expect(await described()).to.match(/CredentialsRejected +\S+ \(x3 over /);
  });

  it('name the check without a version, and the Secret', async () => {
    const [event] = await events();
    expect(event?.regarding).to.deep.equal(regarding);
    expect(event?.related).to.deep.equal(failure(1).related);
  });

  it('are counted where another process has told the first one', async () => {
    await recorder.record(failure(1), NEVER);
    expect((await events()).map(({ series }) => series?.count)).to.deep.equal([2]);
    expect(logs).to.deep.equal([]);
  });

  it('are there again, since when and how often, where the API server has dropped them', async () => {
    await kubectl(['delete', 'events', '--all', '-n', NS]);
    await recorder.record(failure(13), NEVER);
    expect(logs).to.deep.equal([]);
    expect((await events()).map(({ series }) => series?.count)).to.deep.equal([13]);
    expect(await described()).to.match(/CredentialsRejected +\S+ \(x13 over 6h\S*\)/);
  });
});
