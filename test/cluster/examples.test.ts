import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { KIND, type Condition, type RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { REASONS } from '../../src/check/reason.ts';
import { lab } from '../support/lab.ts';
import { namespace } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import { freePort, runProcess, type RunningProcess } from '../support/processes.ts';
import { leaksOf } from '../support/scripted-registry.ts';
import { startExampleServers, type ExampleServers } from './examples-servers.ts';
import { SETUPS, WITHOUT_FILE, type ExampleName, type Setup } from './examples-setups.ts';
import { apply, install, kubectl } from './fixture.ts';
import { narrowRole } from './narrow-role.ts';

const DIR = 'deploy/examples';
const NAMESPACE = 'registry-push-check-examples';
/** The host that a test's server takes the place of. */
const HOST = 'registry.example.com';
/** The hosts of examples that are run as they are written, but not that of RegistryNotAllowed. */
const ALLOWED = [HOST, 'registry.invalid', '169.254.169.254', 'not-a-real-registry.azurecr.io'];
const PATIENCE_MS = 30_000;
const ALL = Object.entries(SETUPS) as readonly [ExampleName, Setup][];

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: { readonly existingSecret?: string };
}

interface Example {
  readonly text: string;
  /** The lines of the comment at its top. */
  readonly comment: readonly string[];
  readonly documents: readonly Document[];
}

async function readExample(name: string): Promise<Example> {
  const text = await readFile(join(DIR, `${name}.yaml`), 'utf8');
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Document);
  const [head = ''] = /^(?:# .*\n)*/.exec(text) ?? [];
  return { text, comment: head.trim().split('\n'), documents };
}

/** `dns-lookup-failed` for DNSLookupFailed. */
function checkName(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase();
}

function secretName(name: string): string {
  return `${checkName(name)}-login`;
}

/** `True/PushAuthorized` or, without a verdict, what is there instead. */
function outcomeOf(check: RegistryPushCheck | undefined): string {
  const conditions: readonly Condition[] = check?.status?.conditions ?? [];
  const told = ['Ready', 'Suspended'].map((type) => conditions.find((one) => one.type === type));
  return told.flatMap((one) => (one === undefined ? [] : [`${one.type}=${one.status}/${one.reason}`])).join();
}

function expectedOf(name: ExampleName): string {
  if (name === 'Suspended') return 'Suspended=True/Suspended';
  const course = REASONS[name];
  return `Ready=${course === 'ok' ? 'True' : course === 'open' ? 'Unknown' : 'False'}/${name}`;
}

/** The rows of a table of the README, cells without their marks. */
function rowsOf(readme: string, firstHead: string): readonly (readonly string[])[] {
  const [, table = ''] =
    new RegExp(`^\\| ${firstHead} .*\\n\\|[ -|]*\\n((?:\\|.*\\n)*)`, 'm').exec(readme) ?? [];
  return table
    .trim()
    .split('\n')
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

describe('deploy/examples', () => {
  it('has a file for each reason that a file can end in, and no other', async () => {
    const files = await readdir(DIR);
    expect(files).to.have.members([...ALL.map(([name]) => `${name}.yaml`), 'README.md']);
  });

  it('says in its README what makes each reason so, and why some have no file', async () => {
    const readme = await readFile(join(DIR, 'README.md'), 'utf8');
    const rows = rowsOf(readme, 'reason');
    expect(rows.map(([reason, file]) => [reason, file])).to.have.deep.members(
      ALL.map(([name]) => [`\`${name}\``, `[${name}.yaml](${name}.yaml)`]),
    );
    for (const [name, , needs, why = ''] of rows) {
      const setup = SETUPS[name?.replaceAll('`', '') as ExampleName];
      const needed = setup.kind === 'as-written' ? (setup.needs ?? 'nothing') : 'such a registry';
      expect(needs, name).to.equal(needed);
      expect(why.length, name).to.be.greaterThan(20);
    }
    expect(rowsOf(readme, 'no file for')).to.have.deep.members(
      Object.entries(WITHOUT_FILE).map(([reason, why]) => [`\`${reason}\``, why]),
    );
  });

  for (const [name, setup] of ALL) {
    it(`explains ${name} at the top of its file, and has no more in it than a check and its Secret`, async () => {
      const { comment, documents } = await readExample(name);
      expect(comment.length).to.be.within(2, 5);
      for (const line of comment) expect(line).to.match(/^# \S.{10,120}$/);
      if (setup.kind === 'as-written' && setup.needs !== undefined)
        expect(comment.join(' ')).to.include(setup.needs);
      const check = documents.at(-1);
      const secrets = documents.slice(0, -1);
      expect(check).to.deep.include({
        kind: KIND,
        metadata: { name: checkName(name), namespace: NAMESPACE },
      });
      const named = check?.spec?.existingSecret;
      const expected = named === undefined || name === 'SecretNotFound' ? [] : [named];
      expect(secrets.map(({ kind, metadata }) => [kind, metadata.name, metadata.namespace])).to.deep.equal(
        expected.map((secret) => ['Secret', secret, NAMESPACE]),
      );
      if (named !== undefined) expect(named).to.equal(secretName(name));
    });
  }

  describe('applied to a cluster with an operator', () => {
    let servers: ExampleServers | undefined;
    let operator: RunningProcess | undefined;
    let texts: readonly string[] = [];
    let seen = new Map<string, RegistryPushCheck>();

    before(async function () {
      this.timeout(120_000);
      await install();
      await apply(namespace(NAMESPACE));
      const { hosts, tokenHosts } = (servers = await startExampleServers());
      texts = await Promise.all(
        ALL.map(async ([name]) => (await readExample(name)).text.replaceAll(HOST, hosts.get(name) ?? HOST)),
      );
      await kubectl(['apply', '--server-side', '-f', '-'], texts.join('---\n'));
      operator = await startNarrowOperator({
        policy: { allowedRegistries: [...ALLOWED, ...hosts.values()] },
        egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
        caBundle: lab().authorityFile,
        tokenHosts,
      });
      seen = await checksAsExpected();
    });
    after(async () => {
      await operator?.stop();
      await servers?.stop();
    });

    it('are taken by the API server as they are', async () => {
      const said = await kubectl(['apply', '--dry-run=server', '-f', DIR]);
      const taken = [...said.matchAll(/^registrypushcheck\S*\/(\S+) \w+ \(server dry run\)$/gm)];
      expect(taken.map(([, name]) => name)).to.have.members(ALL.map(([name]) => checkName(name)));
    }).timeout(60_000);

    for (const [name] of ALL) {
      it(`end in ${expectedOf(name)}`, () => {
        const check = seen.get(checkName(name));
        expect(outcomeOf(check), JSON.stringify(check?.status, undefined, 1)).to.equal(expectedOf(name));
        const script = servers?.scripts.get(name);
        if (script !== undefined) expect(script.conversation).to.deep.equal(script.expected);
      });
    }

    it('show no password anywhere', async () => {
      const passwords = texts.flatMap((text) => [...text.matchAll(/\bpassword"?: "?([^"\n]+)/g)]);
      expect(passwords.length).to.be.greaterThan(20);
      const shown = await kubectl(['get', 'rpc,events', '-n', NAMESPACE, '-o', 'yaml']);
      for (const [, password] of passwords)
        expect(leaksOf(`${String(operator?.output())}${shown}`, password)).to.deep.equal([]);
    });

    it('can be tried with the commands of the README', async () => {
      const readme = await readFile(join(DIR, 'README.md'), 'utf8');
      const [, commands = ''] = /^```sh\nkubectl create namespace \S+\n([^]*?)^```/m.exec(readme) ?? [];
      const [binding = ''] = commands.split('\n');
      const installed = await readFile('deploy/install.yaml', 'utf8');
      expect(installed).to.include(binding.replace(NAMESPACE, 'NAMESPACE'));
      const { tools, controlPlane, dir } = lab();
      const env = {
        PATH: `${dirname(tools.kubectl)}:/usr/bin:/bin`,
        KUBECONFIG: controlPlane.kubeconfig,
        HOME: dir,
      };
      const args = ['-ec', commands];
      const { stdout, stderr } = await runProcess({ name: 'bash', file: '/bin/bash', args, env });
      expect(stdout, stderr).to.match(/Warning +DNSLookupFailed .*registry\.invalid has no address in DNS/);
    });
  });
});

/** Starts an operator for the namespace of the examples, which may read all their Secrets but that of SecretForbidden. */
async function startNarrowOperator(config: Readonly<Record<string, unknown>>): Promise<RunningProcess> {
  const { controlPlane, dir } = lab();
  const account = 'narrow-operator';
  const kubeconfig = await controlPlane.serviceAccountKubeconfig(NAMESPACE, account);
  const readable = ALL.flatMap(([name]) => (name === 'SecretForbidden' ? [] : [secretName(name)]));
  await apply(...narrowRole(NAMESPACE, account, readable));
  return startOperator({
    dir: join(dir, 'examples-operator'),
    kubeconfig,
    config: { ...config, watchNamespaces: [NAMESPACE], server: { port: 0 } },
    // Nothing listens there. Loopback, where the servers are, is asked directly; so are the names that nothing shall be sent to.
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${String(await freePort())}`,
      NO_PROXY: 'registry.invalid,not-a-real-registry.azurecr.io',
    },
  });
}

/** The checks as soon as they all are as expected, or as they are when that takes too long. */
async function checksAsExpected(): Promise<Map<string, RegistryPushCheck>> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await storedChecks();
    const done = ALL.every(([name]) => outcomeOf(seen.get(checkName(name))) === expectedOf(name));
    if (done || performance.now() > deadline) return seen;
    await sleep(200);
  }
}

async function storedChecks(): Promise<Map<string, RegistryPushCheck>> {
  const { items } = JSON.parse(await kubectl(['get', 'rpc', '-n', NAMESPACE, '-o', 'json'])) as {
    readonly items: readonly RegistryPushCheck[];
  };
  return new Map(items.map((check) => [check.metadata.name, check]));
}
