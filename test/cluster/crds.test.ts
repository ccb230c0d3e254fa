import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { CRD_NAME } from '../../src/api/registrypushcheck.ts';
import { applyCrd } from '../../src/cli/crd-apply.ts';
import { parseCrd, VERSION_ANNOTATION, type Crd } from '../../src/cli/crd.ts';
import { version } from '../../src/cli/version.ts';
import { systemClock } from '../../src/clock.ts';
import { createKubeClient } from '../../src/kube/client.ts';
import { CRD_FILE } from '../api/crd.ts';
import { startControlPlane, type ControlPlane } from '../support/control-plane.ts';
import { NEVER } from '../support/kube-client.ts';
import { lab } from '../support/lab.ts';
import { runProcess, type Finished } from '../support/processes.ts';
import { eventually } from './send.ts';

const RESOURCE = 'customresourcedefinitions.apiextensions.k8s.io';

/** A CustomResourceDefinition as the API server shows it. */
interface Stored extends Crd {
  readonly metadata: Crd['metadata'] & { readonly resourceVersion: string };
}

/** The API server of this file: what is done to the kind here would break the tests of all others. */
let controlPlane: ControlPlane;
let dir: string;
let ours: Crd;

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const done = await controlPlane.kubectl(args, input === undefined ? {} : { input });
  expect(done.code, done.stderr).to.equal(0);
  return done.stdout;
}

/** `registry-push-check crds apply`, as it is built. */
function apply(kubeconfig = controlPlane.kubeconfig): Promise<Finished> {
  const args = ['dist/cli.js', 'crds', 'apply', '--kubeconfig', kubeconfig];
  return runProcess({ name: 'crds apply', file: process.execPath, args, env: { HOME: dir } });
}

async function stored(): Promise<Stored> {
  return JSON.parse(await kubectl(['get', 'crd', CRD_NAME, '-o', 'json'])) as Stored;
}

/** Our kind as another version had it: one field of today is not there yet, one field of then is gone today. */
function another(of: string): Crd {
  const crd = structuredClone(ours);
  const { properties } = specSchema(crd);
  delete properties['suspend'];
  properties['retired'] = { type: 'string' };
  return { ...crd, metadata: { ...crd.metadata, annotations: { [VERSION_ANNOTATION]: of } } };
}

function specSchema(crd: Crd): { readonly properties: Record<string, unknown> } {
  type Schema = { readonly properties: Record<string, unknown> };
  const [latest] = crd.spec['versions'] as unknown as [{ readonly schema: { openAPIV3Schema: Schema } }];
  return latest.schema.openAPIV3Schema.properties['spec'] as Schema;
}

/** A chart with nothing but this in its `crds/`. */
async function chart(name: string, crd: Crd): Promise<string> {
  const folder = join(dir, name);
  await mkdir(join(folder, 'crds'), { recursive: true });
  await writeFile(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: trivial\nversion: 0.1.0\n');
  await writeFile(join(folder, 'crds', 'crd.yaml'), stringify(crd));
  return folder;
}

let releases = 0;

async function helmInstall(tool: 'helm' | 'helm3', folder: string): Promise<void> {
  releases += 1;
  const done = await runProcess({
    name: tool,
    file: lab().tools[tool],
    args: ['install', `release-${String(releases)}`, folder],
    env: { HOME: dir, KUBECONFIG: controlPlane.kubeconfig, PATH: '/usr/bin:/bin' },
  });
  expect(done.code, done.stderr).to.equal(0);
}

/** The ways in which a kind comes into a cluster. */
const INSTALLERS: Readonly<Record<string, (crd: Crd, name: string) => Promise<unknown>>> = {
  'kubectl create': (crd) => kubectl(['create', '-f', '-'], JSON.stringify(crd)),
  'kubectl apply': (crd) => kubectl(['apply', '-f', '-'], JSON.stringify(crd)),
  'kubectl apply --server-side': (crd) => kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(crd)),
  'helm install of Helm 3': async (crd, name) => helmInstall('helm3', await chart(name, crd)),
  'helm install of Helm 4': async (crd, name) => helmInstall('helm', await chart(name, crd)),
};

describe('registry-push-check crds apply on an API server', function () {
  this.timeout(60_000);

  before(async () => {
    dir = join(lab().dir, 'crds');
    ours = parseCrd();
    controlPlane = await startControlPlane({ dir: join(dir, 'control-plane'), tools: lab().tools });
  });
  after(async () => {
    await controlPlane.stop();
    await rm(dir, { recursive: true });
  });
  // Deleting a kind takes the API server several steps: on a busy machine one of them can need a second try.
  beforeEach(() =>
    eventually(async () => {
      const { code } = await controlPlane.kubectl(['delete', 'crd', '--all', '--wait', '--timeout=15s']);
      return code === 0;
    }),
  );

  it('installs the kind, which is served when it ends', async () => {
    expect(await apply()).to.include({ code: 0, stdout: `${CRD_NAME} created (${version})\n` });
    expect((await stored()).spec).to.deep.equal(ours.spec);
    expect(await kubectl(['get', 'crd', CRD_NAME, '-o', 'jsonpath={.status.conditions[*].status}'])).to.equal(
      'True True',
    );
  });

  it('writes nothing the second time', async () => {
    await apply();
    const { metadata } = await stored();
    expect(await apply()).to.deep.equal({
      code: 0,
      stdout: `${CRD_NAME} unchanged (${version})\n`,
      stderr: '',
    });
    expect((await stored()).metadata.resourceVersion).to.equal(metadata.resourceVersion);
  });

  it('is done twice at once without harm', async () => {
    const both = await Promise.all([apply(), apply()]);
    for (const { code, stderr } of both) expect(code, stderr).to.equal(0);
    expect((await stored()).spec).to.deep.equal(ours.spec);
  });

  for (const [name, install] of Object.entries(INSTALLERS)) {
    it(`updates what ${name} made of an older version, and every helm install works afterwards`, async () => {
      await install(another('0.0.1'), 'older');
      expect(await apply()).to.include({ code: 0, stdout: `${CRD_NAME} updated: 0.0.1 → ${version}\n` });
      const { properties } = specSchema(await stored());
      expect(properties).to.have.property('suspend').and.not.equal(undefined);
      expect(properties).not.to.have.property('retired');
      expect((await stored()).spec).to.deep.equal(ours.spec);
      const same = await chart('same', ours);
      await helmInstall('helm', same);
      await helmInstall('helm3', same);
      expect((await stored()).spec).to.deep.equal(ours.spec);
    });
  }

  for (const name of ['kubectl create', 'kubectl apply', 'helm install of Helm 3'] as const) {
    it(`lets Helm 4 install the next version where ${name} had made this one`, async () => {
      await INSTALLERS[name]?.(ours, 'this');
      expect(await apply()).to.include({ code: 0, stdout: `${CRD_NAME} unchanged (${version})\n` });
      await helmInstall('helm', await chart('next', another('99.0.0')));
      expect((await stored()).spec).to.deep.equal(another('').spec);
    });
  }

  it('takes away what an applier of the same content had set and this version does not name', async () => {
    await INSTALLERS['kubectl apply --server-side']?.(ours, 'this');
    const { shortNames, ...names } = ours.spec['names'] as Readonly<Record<string, string>>;
    expect(shortNames).to.not.equal(undefined);
    const client = createKubeClient({ kubeconfig: controlPlane.kubeconfig, clock: systemClock });
    const next = { ...ours, spec: { ...ours.spec, names } };
    const outcome = await applyCrd(next, { client, clock: systemClock, tell: () => undefined }, NEVER);
    expect(outcome).to.deep.equal({ kind: 'updated', from: version });
    expect((await stored()).spec).to.deep.equal(next.spec);
  });

  it('leaves a newer one alone', async () => {
    await kubectl(['create', '-f', '-'], JSON.stringify(another('99.0.0-rc.1')));
    const before = await stored();
    expect(await apply()).to.deep.equal({
      code: 0,
      stdout: `${CRD_NAME} left alone: 99.0.0-rc.1 in the cluster is newer than ${version}\n`,
      stderr: '',
    });
    expect((await stored()).spec).to.deep.equal(before.spec);
  });

  it('takes a version that is none for older, and says so', async () => {
    await kubectl(['create', '-f', '-'], JSON.stringify(another('latest')));
    const { code, stdout } = await apply();
    expect(code).to.equal(0);
    expect(stdout).to.include('"latest", which is no version and taken for older');
    expect((await stored()).spec).to.deep.equal(ours.spec);
  });

  it('leaves annotations and labels of others where they are', async () => {
    await kubectl(['create', '-f', '-'], JSON.stringify(another('0.0.1')));
    await kubectl(['annotate', 'crd', CRD_NAME, 'example.com/owner=team']);
    await kubectl(['label', 'crd', CRD_NAME, 'example.com/tier=1']);
    await apply();
    const { metadata } = await stored();
    expect(metadata.annotations).to.include({ 'example.com/owner': 'team', [VERSION_ANNOTATION]: version });
    expect(metadata).to.have.deep.property('labels', { 'example.com/tier': '1' });
  });

  it('says whose names stand in the way', async () => {
    const other = (await readFile(CRD_FILE, 'utf8'))
      .replaceAll('registrypushcheck', 'other')
      .replaceAll('RegistryPushCheck', 'Other');
    await kubectl(['create', '-f', '-'], other);
    await kubectl([
      'wait',
      '--for=condition=Established',
      'crd/others.doctor.stella-ops.org',
      '--timeout=30s',
    ]);
    const { code, stdout, stderr } = await apply();
    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.match(
      /its names are refused \(.*pushcheck.*already in use.*\): delete the other CustomResourceDefinition that has them, then run this again\n$/,
    );
  });

  describe('under a service account', () => {
    /** A kubeconfig of an account with these rights, once the API server goes by them. */
    const accountThatMay = async (...verbs: readonly string[]): Promise<string> => {
      const name = ['may', ...verbs].join('-');
      const kubeconfig = await controlPlane.serviceAccountKubeconfig('default', name);
      if (verbs.length === 0) return kubeconfig;
      await kubectl(['create', 'clusterrole', name, `--verb=${verbs.join()}`, `--resource=${RESOURCE}`]);
      const to = [`--clusterrole=${name}`, `--serviceaccount=default:${name}`];
      await kubectl(['create', 'clusterrolebinding', name, ...to]);
      const mayNow = async (verb: string): Promise<boolean> =>
        (await controlPlane.kubectl(['auth', 'can-i', verb, RESOURCE], { kubeconfig })).code === 0;
      await eventually(async () => (await Promise.all(verbs.map(mayNow))).every(Boolean));
      return kubeconfig;
    };

    const rows: readonly (readonly [verbs: readonly string[], found: boolean, missing: string])[] = [
      [[], false, 'get'],
      [['get'], true, 'patch'],
      [['get', 'patch'], false, 'create and patch'],
    ];
    for (const [verbs, found, missing] of rows) {
      it(`that may ${verbs.join(' and ') || 'nothing'} says that ${missing} is missing`, async () => {
        const kubeconfig = await accountThatMay(...verbs);
        if (found) await kubectl(['create', '-f', '-'], JSON.stringify(another('0.0.1')));
        expect(await apply(kubeconfig)).to.deep.equal({
          code: 1,
          stdout: '',
          stderr: `registry-push-check: this identity may not ${missing} ${RESOURCE}: give it a ClusterRole with get, create and patch of them, or let an administrator run this command\n`,
        });
      });
    }

    it('that may get, create and patch installs, updates and takes over', async () => {
      const kubeconfig = await accountThatMay('get', 'create', 'patch');
      expect(await apply(kubeconfig)).to.include({ code: 0, stdout: `${CRD_NAME} created (${version})\n` });
      await kubectl(['replace', '-f', '-'], JSON.stringify(another('0.0.1')));
      expect(await apply(kubeconfig)).to.include({
        code: 0,
        stdout: `${CRD_NAME} updated: 0.0.1 → ${version}\n`,
      });
      expect((await stored()).spec).to.deep.equal(ours.spec);
    });
  });
});
