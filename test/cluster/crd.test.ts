import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { expect } from 'chai';
import { API_VERSION, CRD_NAME, KIND, listPath, statusPath } from '../../src/api/registrypushcheck.ts';
import { BAD_SAMPLES } from '../api/bad-samples.ts';
import { CRD_FILE } from '../api/crd.ts';
import { GOOD_SAMPLES } from '../api/good-samples.ts';
import { rowLabel } from '../api/rows.ts';
import { CANARY, REGULAR_EXPRESSION } from '../api/sample.ts';
import { lab } from '../support/lab.ts';
import { eventually, sendTo, type Answer } from './send.ts';

const NAMESPACE = 'crd-test';

let agent: Agent;

/** One request to the lab's API server, over the connection of this file. */
function send(method: string, path: string, body?: unknown): Promise<Answer> {
  return sendTo(lab().controlPlane, agent, method, path, body);
}

function check(name: string, spec: unknown): object {
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name, namespace: NAMESPACE }, spec };
}

/** Asks for a check to be created without creating it; unknown fields are refused, as kubectl asks for. */
function tryOut(spec: unknown): Promise<Answer> {
  return send('POST', `${listPath(NAMESPACE)}?dryRun=All&fieldValidation=Strict`, check('sample', spec));
}

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const done = await lab().controlPlane.kubectl(args, input === undefined ? {} : { input });
  expect(done.code, done.stderr).to.equal(0);
  return done.stdout;
}

/** The cells of kubectl's table: columns stand three spaces apart, at the least. */
function cells(line: string | undefined): readonly string[] {
  return (line ?? '').trim().split(/ {2,}/);
}

describe('the RegistryPushCheck API on an API server', function () {
  this.timeout(60_000);

  before(async () => {
    agent = new Agent({ keepAlive: true });
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', CRD_FILE]);
    await kubectl(['wait', '--for=condition=Established', `crd/${CRD_NAME}`, '--timeout=30s']);
    await kubectl(['create', 'namespace', NAMESPACE]);
    await eventually(async () => (await tryOut({ registryUrl: 'registry.example.com' })).code === 201);
  });

  after(async () => {
    await kubectl(['delete', 'registrypushchecks', '--all', '-n', NAMESPACE]);
    agent.destroy();
  });

  it('is known without reservations', async () => {
    const crd = await send('GET', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${CRD_NAME}`);
    const conditions = crd.object.status?.['conditions'] as {
      type: string;
      status: string;
      message: string;
    }[];
    const states = conditions.map(({ type, status }) => [type, status]);
    expect(Object.fromEntries(states)).to.deep.equal({ NamesAccepted: 'True', Established: 'True' });
  });

  describe('admission', () => {
    for (const { name, spec, field, says, only } of BAD_SAMPLES) {
      if (only?.by === 'run time') {
        it(`${rowLabel(name)}lets ${name} pass: ${only.because}`, async () => {
          expect(await tryOut(spec)).to.include({ code: 201 });
        });
        continue;
      }
      it(`${rowLabel(name)}refuses ${name}`, async () => {
        const { code, body, message, causes } = await tryOut(spec);
        expect(code).to.be.oneOf([400, 422]);
        expect(message)
          .to.include(typeof says === 'string' ? says : says.atAdmission)
          .and.to.include(field);
        expect(message).not.to.match(REGULAR_EXPRESSION);
        expect(body).not.to.include(CANARY);
        const typed = (spec as { registryUrl?: unknown }).registryUrl;
        if (field === 'spec.registryUrl' && typeof typed === 'string' && typed !== '') {
          expect(message).not.to.include(typed);
        }
        const ours = causes.filter((cause) => cause.message?.includes('for example') === true);
        if (ours.length > 0) expect(causes, 'one sentence for one mistake').to.have.length(1);
      });
    }

    for (const [name, spec] of Object.entries(GOOD_SAMPLES)) {
      it(`accepts ${name}`, async () => {
        const { code, message } = await tryOut(spec);
        expect(code, message).to.equal(201);
      });
    }

    it('sets the defaults', async () => {
      const { object } = await tryOut({ registryUrl: 'registry.example.com' });
      expect(object.spec).to.deep.equal({
        registryUrl: 'registry.example.com',
        pushTestRepository: 'stellaops/doctor-test',
        allowRepositoryCreation: false,
        timeout: '30s',
        failureThreshold: 3,
        suspend: false,
        historyLimit: 5,
      });
      expect(object.status).to.deep.equal({ observedGeneration: -1 });
    });

    it('says through kubectl what is right, and no password', async () => {
      const input = JSON.stringify(
        check('bad', { registryUrl: `https://user:${CANARY}@r.example`, interval: '5s' }),
      );
      const { code, stdout, stderr } = await lab().controlPlane.kubectl(['create', '-f', '-'], { input });
      expect(code).to.equal(1);
      expect(stderr).to.include('put the credential into the Secret that existingSecret names');
      expect(stderr).to.include('interval must be a duration from 1m to 168h');
      expect(stdout + stderr)
        .not.to.include(CANARY)
        .and.not.to.match(REGULAR_EXPRESSION);
    });
  });

  describe('status', () => {
    it('takes words and numbers that this version does not know', async () => {
      await kubectl(['create', '-f', '-'], JSON.stringify(check('words', { registryUrl: 'r.example' })));
      const now = '2026-01-01T00:00:00Z';
      const status = {
        observedGeneration: 1,
        conditions: [
          {
            type: 'Ready',
            status: 'Perhaps',
            reason: 'of-tomorrow/1',
            message: 'm',
            lastTransitionTime: now,
          },
          { type: 'OfTomorrow', status: 'True', reason: 'R', message: '', lastTransitionTime: now },
        ],
        consecutiveFailures: 100_000,
        lastProbe: {
          trigger: 'OfTomorrow',
          cleanup: 'OfTomorrow',
          durationMillis: 12,
          stages: Array.from({ length: 8 }, (_, at) => ({
            name: `Stage${String(at)}`,
            result: 'OfTomorrow',
          })),
        },
        findings: Array.from({ length: 20 }, (_, at) => ({ type: `Finding${String(at)}`, message: 'm' })),
        remediation: {
          summary: 's',
          steps: Array.from({ length: 20 }, () => 'step'),
          docsUrl: 'https://x.example',
        },
        history: Array.from({ length: 40 }, () => ({ time: now, ready: 'Perhaps', reason: 'OfTomorrow' })),
      };
      const { code, message, object } = await send('PATCH', statusPath(NAMESPACE, 'words'), { status });
      expect(code, message).to.equal(200);
      expect(object.status).to.deep.equal(status);
    });

    it('can be written on a check that breaks rules which are newer than it', async () => {
      const group = 'ratchet.example.com';
      const crd = (await readFile(CRD_FILE, 'utf8'))
        .replaceAll('doctor.stella-ops.org', group)
        .replace('[rpc, pushcheck]', '[]');
      const withoutRules = crd.replace(/^ {12}x-kubernetes-validations:\n(?: {12}.*\n)+/m, '');
      expect(withoutRules).not.to.include('x-kubernetes-validations');
      await kubectl(['apply', '--server-side', '-f', '-'], withoutRules);
      const path = `/apis/${group}/v1alpha1/namespaces/${NAMESPACE}/registrypushchecks`;
      const old = {
        ...check('old', { registryUrl: 'ftp://r.example', interval: '1s' }),
        apiVersion: `${group}/v1alpha1`,
      };
      try {
        await eventually(async () => (await send('GET', path)).code === 200);
        expect(await send('POST', path, old)).to.include({ code: 201 });
        await kubectl(['apply', '--server-side', '-f', '-'], crd);
        const another = { ...old, metadata: { name: 'another', namespace: NAMESPACE } };
        await eventually(async () => (await send('POST', `${path}?dryRun=All`, another)).code === 422);
        const { code, message } = await send('PATCH', `${path}/old/status`, {
          status: { observedGeneration: 1 },
        });
        expect(code, message).to.equal(200);
      } finally {
        await kubectl(['delete', 'crd', `registrypushchecks.${group}`]);
      }
    });
  });

  describe('kubectl', () => {
    before(async () => {
      const checks = [
        check('harbor', {
          registryUrl: 'https://harbor.example.com',
          existingSecret: 'push',
          pushTestRepository: 'team/app',
        }),
        check('ghcr', { registryUrl: 'https://ghcr.io', suspend: true }),
      ];
      await kubectl(['create', '-f', '-'], checks.map((one) => JSON.stringify(one)).join('\n---\n'));
      const now = new Date().toISOString();
      const ready = {
        type: 'Ready',
        status: 'False',
        reason: 'PushDenied',
        message: 'No push.',
        lastTransitionTime: now,
      };
      await send('PATCH', statusPath(NAMESPACE, 'harbor'), {
        status: {
          conditions: [ready],
          lastProbeTime: now,
          nextProbeTime: '2099-01-01T00:00:00Z',
          consecutiveFailures: 2,
          lastProbe: { durationMillis: 140 },
          credentials: { expiresAt: '2098-01-01T00:00:00Z' },
        },
      });
    });

    it('prints the table', async () => {
      const [head, ...rows] = (await kubectl(['get', 'rpc', '-n', NAMESPACE])).trimEnd().split('\n');
      expect(cells(head)).to.deep.equal([
        'NAME',
        'READY',
        'REASON',
        'REGISTRY',
        'REPOSITORY',
        'SUSPENDED',
        'LAST PROBE',
        'AGE',
      ]);
      const harbor = cells(rows.find((row) => row.startsWith('harbor')));
      expect(harbor.slice(0, 6)).to.deep.equal([
        'harbor',
        'False',
        'PushDenied',
        'https://harbor.example.com',
        'team/app',
        'false',
      ]);
      expect(harbor.slice(6).join(' ')).to.match(/^\d+[sm]\S* \d+[sm]\S*$/);
      const ghcr = cells(rows.find((row) => row.startsWith('ghcr')));
      expect(ghcr.slice(0, 4)).to.deep.equal(['ghcr', 'https://ghcr.io', 'stellaops/doctor-test', 'true']);
    });

    it('prints the wide table', async () => {
      const args = ['get', 'pushcheck', 'harbor', '-o', 'wide', '-n', NAMESPACE];
      const [head, row] = (await kubectl(args)).trimEnd().split('\n');
      expect(cells(head).slice(8)).to.deep.equal([
        'FAILURES',
        'MILLIS',
        'SECRET',
        'EXPIRES',
        'NEXT PROBE',
        'STATUS',
      ]);
      expect(cells(row).slice(8)).to.deep.equal([
        '2',
        '140',
        'push',
        '2098-01-01T00:00:00Z',
        '2099-01-01T00:00:00Z',
        'No push.',
      ]);
    });

    for (const selector of ['spec.registryUrl=https://harbor.example.com', 'spec.existingSecret=push']) {
      it(`selects by ${selector}`, async () => {
        const names = await kubectl([
          'get',
          'rpc',
          '-n',
          NAMESPACE,
          '--field-selector',
          selector,
          '-o',
          'name',
        ]);
        expect(names.trim()).to.equal('registrypushcheck.doctor.stella-ops.org/harbor');
      });
    }

    it('explains fields', async () => {
      const url = (await kubectl(['explain', 'rpc.spec.registryUrl'])).replaceAll(/\s+/g, ' ');
      expect(url).to.include('Base URL of the registry: a host name or IP address, with an optional port');
      const conditions = (await kubectl(['explain', 'rpc.status.conditions'])).replaceAll(/\s+/g, ' ');
      expect(conditions).to.include('Why, in one sentence for people.');
    });

    it('finds checks by their category', async () => {
      expect(await kubectl(['get', 'registry-checks', '-n', NAMESPACE, '-o', 'name'])).to.include('/harbor');
    });
  });
});
