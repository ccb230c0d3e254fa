import { expect } from 'chai';
import { isHook, template, type Rendered } from '../charts/helm.ts';
import { lab } from '../support/lab.ts';
import { check, namespace, type Manifest } from '../support/manifests.ts';
import type { Finished } from '../support/processes.ts';
import { apply, install, kubectl, stored } from './fixture.ts';
import { paste } from './paste.ts';
import { eventually } from './send.ts';

const NS = 'policy';
const OTHER = 'policy-elsewhere';
const URL = 'https://registry.example.com';

/** May write checks, and get the Secret `login` of {@link NS}. */
const OWNER = 'owner';
/** May write checks, and get no Secret. */
const STRANGER = 'stranger@example.com';
/** The same, as what a GitOps controller runs as. */
const CONTROLLER = `system:serviceaccount:${NS}:gitops`;

describe('B9: the policy on who may name a Secret', function () {
  this.timeout(60_000);
  let policy: readonly Rendered[] = [];

  before(async () => {
    await install();
    await apply(namespace(NS), namespace(OTHER));
    await apply(
      ...[NS, OTHER].flatMap((ns) => [
        ...grant(ns, 'write-checks', writing(['registrypushchecks']), [
          OWNER,
          STRANGER,
          CONTROLLER,
          'x; echo',
        ]),
        ...grant(ns, 'write-status', writing(['registrypushchecks/status']), [STRANGER]),
      ]),
      ...grant(NS, 'get-login', reading('login'), [OWNER]),
    );
    await apply(check(NS, 'older', { registryUrl: URL, existingSecret: 'login' }));
    const rendered = await template(
      { watchNamespaces: [NS], admissionPolicy: { enabled: true } },
      { release: 'policy-test', namespace: NS },
    );
    policy = rendered.filter((object) => object.kind.startsWith('ValidatingAdmission') && !isHook(object));
    expect(policy).to.have.length(2);
    await apply(...policy);
    // It holds a moment after it is stored.
    await eventually(
      async () => (await create(STRANGER, 'probe', 'login', NS, ['--dry-run=server'])).code !== 0,
    );
  });
  after(async () => {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: policy });
    await kubectl(['delete', '--ignore-not-found', '-f', '-'], input);
  });

  describe('on create', () => {
    it('refuses who may not get the Secret, and says what is missing', async () => {
      const { code, stderr } = await create(STRANGER, 'refused', 'login');
      expect(code).to.equal(1);
      expect(stderr).to.include(
        `a check may name only a Secret that its author may get, and ${STRANGER} may not get login in namespace ${NS}`,
      );
      const { stderr: sought } = await as(OWNER, ['get', 'rpc', 'refused', '-n', NS]);
      expect(sought).to.include('NotFound');
    });

    it('refuses a Secret that does not exist by the same words: they do not tell', async () => {
      const [there, absent] = [await create(STRANGER, 'a', 'login'), await create(STRANGER, 'a', 'logim')];
      expect(absent.stderr.replaceAll('logim', 'login')).to.equal(there.stderr);
    });

    it('takes who may get the Secret, be it by its name alone, and no other Secret', async () => {
      expect((await create(OWNER, 'mine', 'login')).code).to.equal(0);
      expect((await create(OWNER, 'not-mine', 'other-login')).code).to.equal(1);
    });

    it('takes everybody where no Secret is named', async () => {
      const spec = { registryUrl: URL };
      expect((await as(STRANGER, ['create', '-f', '-'], check(NS, 'open', spec))).code).to.equal(0);
    });

    it('asks about a GitOps controller what it may do itself, whoever wrote what it applies', async () => {
      const { stderr } = await create(CONTROLLER, 'git', 'login');
      expect(stderr).to.include(`${CONTROLLER} may not get login`);
    });

    it('says nothing in namespaces that the installation does not watch', async () => {
      expect((await create(STRANGER, 'free', 'login', OTHER)).code).to.equal(0);
    });
  });

  describe('on update', () => {
    const update = (user: string, name: string, patch: Manifest): Promise<Finished> =>
      as(user, ['patch', 'rpc', name, '-n', NS, '--type=merge', '-p', JSON.stringify(patch)]);

    it('refuses to add the name of a Secret to a check that had none', async () => {
      await apply(check(NS, 'grows', { registryUrl: URL }));
      expect((await update(STRANGER, 'grows', { spec: { interval: '1h' } })).code).to.equal(0);
      const { code, stderr } = await update(STRANGER, 'grows', { spec: { existingSecret: 'login' } });
      expect(code).to.equal(1);
      expect(stderr).to.include('may not get login');
    });

    const steered: readonly [field: string, spec: Manifest][] = [
      ['its registry', { registryUrl: 'https://registry.example.org' }],
      ['its repository', { pushTestRepository: 'victim/app' }],
      ['its Secret', { existingSecret: 'other' }],
      ['its interval', { interval: '1m' }],
    ];
    for (const [field, spec] of steered) {
      it(`refuses to change ${field} under somebody else's Secret, also after an update that changes nothing`, async () => {
        await apply(check(NS, 'steered', { registryUrl: URL, existingSecret: 'login' }));
        const before = (await stored(NS, 'steered')).spec;
        expect((await update(STRANGER, 'steered', { spec: { existingSecret: 'login' } })).code).to.equal(0);
        expect(
          (await update(STRANGER, 'steered', { metadata: { labels: { touched: 'yes' } } })).code,
        ).to.equal(0);
        expect((await update(STRANGER, 'steered', { spec })).code).to.equal(1);
        expect((await stored(NS, 'steered')).spec).to.deep.equal(before);
      });
    }

    it('lets everybody label a check, ask it to be done again, and take the Secret out of it', async () => {
      await apply(check(NS, 'shared', { registryUrl: URL, existingSecret: 'login' }));
      const metadata = { labels: { team: 'a' }, annotations: { 'doctor.stella-ops.org/requestedAt': '1' } };
      expect((await update(STRANGER, 'shared', { metadata })).code).to.equal(0);
      expect((await update(STRANGER, 'shared', { spec: { existingSecret: null } })).code).to.equal(0);
      expect((await stored(NS, 'shared')).spec).to.not.have.property('existingSecret');
    });

    it('takes any change by who may get the Secret', async () => {
      await apply(check(NS, 'owned', { registryUrl: URL, existingSecret: 'login' }));
      expect((await update(OWNER, 'owned', { spec: { interval: '1h' } })).code).to.equal(0);
    });

    it('takes a status, which the operator writes without that question', async () => {
      const status = ['--subresource=status', '--type=merge', '-p', '{"status":{"consecutiveFailures":1}}'];
      expect((await as(STRANGER, ['patch', 'rpc', 'older', '-n', NS, ...status])).code).to.equal(0);
    });

    it('leaves checks that were there before it as they are, and their specs to who may get the Secret', async () => {
      expect((await stored(NS, 'older')).spec).to.include({ existingSecret: 'login' });
      expect((await update(STRANGER, 'older', { spec: { suspend: true } })).code).to.equal(1);
      expect((await as(STRANGER, ['delete', 'rpc', 'older', '-n', NS])).code).to.equal(0);
    });
  });

  describe('in its message', () => {
    it('has commands that give the right, and no other one, to one user after the other', async () => {
      for (const [user, name] of [
        [STRANGER, 'pasted-first'],
        [CONTROLLER, 'pasted'],
      ] as const) {
        const { stderr } = await create(user, name, 'pasted-login');
        const command = /kubectl create role .*/.exec(stderr)?.[0] ?? '';
        for (const one of command.split(' && ')) await paste(one);
        await eventually(async () => (await create(user, name, 'pasted-login')).code === 0);
      }
      const may = await as(CONTROLLER, ['auth', 'can-i', 'get', 'secrets/login', '-n', NS]);
      expect(may.stdout.trim()).to.equal('no');
      const lists = await as(CONTROLLER, ['auth', 'can-i', 'list', 'secrets', '-n', NS]);
      expect(lists.stdout.trim()).to.equal('no');
    });

    it('has no command with a user name that a shell would run', async () => {
      const { stderr } = await create('x; echo', 'evil', 'login');
      expect(stderr).to.include('USER may not get login').and.to.include('--user=USER');
      expect(stderr).to.not.include('x; echo');
    });

    it('has no command with the name of a Secret that a shell would run', async () => {
      const { code, stderr } = await create(STRANGER, 'evil', '$(reboot)');
      expect(code).to.equal(1);
      expect(stderr).to.not.include('--resource-name=$(');
    });
  });
});

/** Runs kubectl as a user, with an object on its standard input where one is given. */
function as(user: string, args: readonly string[], object?: Manifest): Promise<Finished> {
  const options = object === undefined ? {} : { input: JSON.stringify(object) };
  return lab().controlPlane.kubectl([...args, `--as=${user}`], options);
}

function create(
  user: string,
  name: string,
  existingSecret: string,
  ns = NS,
  args: readonly string[] = [],
): Promise<Finished> {
  return as(user, ['create', '-f', '-', ...args], check(ns, name, { registryUrl: URL, existingSecret }));
}

const writing = (resources: readonly string[]): Manifest => ({
  apiGroups: ['doctor.stella-ops.org'],
  resources,
  verbs: ['get', 'create', 'update', 'patch', 'delete'],
});
const reading = (name: string): Manifest => ({
  apiGroups: [''],
  resources: ['secrets'],
  resourceNames: [name],
  verbs: ['get'],
});

function grant(ns: string, name: string, rule: Manifest, users: readonly string[]): readonly Manifest[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const metadata = { namespace: ns, name };
  return [
    { apiVersion, kind: 'Role', metadata, rules: [rule] },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'Role', name },
      subjects: users.map((user) => ({ apiGroup, kind: 'User', name: user })),
    },
  ];
}
