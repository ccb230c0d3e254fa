import { expect } from 'chai';
import { diagnose, type Diagnosis } from '../../src/check/diagnose.ts';
import type { Observation } from '../../src/check/observation.ts';
import { probe, type ProbeJob } from '../../src/check/probe.ts';
import { remedyFor } from '../../src/check/remediation/remedy.ts';
import { parseConfig } from '../../src/config.ts';
import { openProber } from '../../src/operator-world.ts';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard, type Guard } from '../../src/registry/egress.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { reservedHosts } from '../../src/reserved.ts';
import { aCredential, aRegistry } from '../support/builders.ts';
import { createAuthority } from '../support/certificates.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createNames, type Answers } from '../support/names.ts';
import { answer, CANARY, challenge, startScriptedRegistry, type Turn } from '../support/scripted-registry.ts';
import { openTrap, ownPrivateAddress, type Trap } from '../support/trap.ts';
import { GOOD, startTwins, type Twins } from '../support/twins.ts';
import { accepted, DELETE, LOGIN, PING, POST, wantsBasic } from '../check/probe-table.ts';

const never = new AbortController().signal;
const REGISTRY = 'registry.example.com';
const TOKENS = 'auth.example.com';

const jobOf = (url: string, anonymous: boolean, timeoutMs = 10_000): ProbeJob => ({
  registry: aRegistry(url),
  repository: 'team/app',
  credential: anonymous ? undefined : aCredential(CANARY),
  pull: undefined,
  timeoutMs,
});

const judged = (observation: Observation, host: string): Diagnosis =>
  diagnose(observation, { host, repository: 'team/app', secret: undefined });

/** What the operator finds out with this configuration. */
async function ask(
  url: string,
  { config = '', server = 'https://127.0.0.1:6443', env = {}, anonymous = false, timeoutMs = 10_000 } = {},
): Promise<Diagnosis> {
  const { reserved } = reservedHosts(server, env);
  const answered = await openProber(parseConfig(config), reserved, undefined).ask(
    jobOf(url, anonymous, timeoutMs),
    never,
  );
  if (answered.kind === 'busy') throw new Error('no slot');
  return judged(answered.probed.observation, aRegistry(url).host);
}

describe('E3: the operator and addresses', () => {
  let trap: Trap;
  before(async () => {
    trap = await openTrap();
  });
  after(() => trap.stop());
  afterEach(() => {
    expect(trap.connections).to.equal(0);
    trap.reset();
  });
  const LOOPBACK = 'egress: {allowCIDRs: [127.0.0.0/8, "::1/128"]}';

  const literals: readonly (readonly [row: number, host: string])[] = [
    ...['2130706433', '0x7f000001', '127.1', '0177.0.0.1', '127.0.0.1', '0.0.0.0', '0'].map(
      (host) => [7, host] as const,
    ),
    ...['[::ffff:a9fe:a9fe]', '169.254.169.254', '[::1]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]'].map(
      (host) => [8, host] as const,
    ),
    ...['[2002:7f00:1::]', '[::7f00:1]', '[fd00:ec2::254]', '100.100.100.200', '168.63.129.16'].map(
      (host) => [8, host] as const,
    ),
  ];
  for (const scheme of ['http', 'https']) {
    for (const [row, host] of literals) {
      it(`row ${String(row)}: ${scheme}://${host} is EgressDenied, and no packet is sent`, async () => {
        for (const anonymous of [true, false]) {
          const { reason, stages } = await ask(`${scheme}://${host}:${String(trap.port)}`, { anonymous });
          expect(reason).to.equal('EgressDenied');
          expect(stages.Reachable.status).to.equal('False');
        }
      });
    }
  }

  for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', 'localhost']) {
    it(`row 9: ${host} at the port of the API server is EgressDenied although the range is allowed`, async () => {
      const server = `https://127.0.0.1:${String(trap.port)}`;
      const { reason } = await ask(`https://${host}:${String(trap.port)}`, { server, config: LOOPBACK });
      expect(reason).to.equal('EgressDenied');
    });
  }

  it('row 9: so is the name of the kubeconfig, and the address of the Service of a pod at every port', async () => {
    const url = `https://localhost:${String(trap.port)}`;
    expect((await ask(url, { server: url, config: LOOPBACK })).reason).to.equal('EgressDenied');
    const pod = { server: 'https://127.0.0.1:6443', env: { KUBERNETES_SERVICE_HOST: '127.0.0.1' } };
    expect((await ask(url.replace('localhost', '127.0.0.1'), { ...pod, config: LOOPBACK })).reason).to.equal(
      'EgressDenied',
    );
  });

  describe('without existingSecret', () => {
    it('row 32: a private address is EgressDenied, and what is said names both keys and their values', async () => {
      const own = ownPrivateAddress() ?? '10.255.255.1';
      const host = `${own.includes(':') ? `[${own}]` : own}:${String(trap.port)}`;
      for (const scheme of ['http', 'https']) {
        const { reason, message } = await ask(`${scheme}://${host}`, { anonymous: true });
        expect(reason).to.equal('EgressDenied');
        const range = `${own}/${own.includes(':') ? '128' : '32'}`;
        expect(message).to.equal(
          `${host} is a private address, and the check names no existingSecret: it is reached only if policy.trustedRegistries of the operator has ${host}, or egress.allowCIDRs has ${range}`,
        );
      }
      const facts = { host, url: `https://${host}`, server: host, repository: 'team/app', form: undefined };
      const more = { secret: undefined, namespace: 'team', name: 'mirror', verify: 'x' };
      const steps = remedyFor('EgressDenied', { ...facts, ...more })?.steps.join('\n');
      expect(steps).to.include(`add ${host.includes('[') ? `'${host}'` : host} to policy.trustedRegistries`);
      expect(steps).to.include('egress.allowCIDRs');
    });

    /** That a private address of another machine, where nobody answers, is tried. */
    async function triesElsewhere(address: string): Promise<void> {
      const host = `${address}:${String(trap.port)}`;
      const cases: readonly (readonly [config: string, anonymous: boolean])[] = [
        [`policy: {trustedRegistries: ["${host}"]}`, true],
        [`egress: {allowCIDRs: ["${address}/32"]}`, true],
        ['', false],
      ];
      for (const [config, anonymous] of cases) {
        const { reason } = await ask(`http://${host}`, { config, anonymous, timeoutMs: 500 });
        expect(reason, config).to.not.equal('EgressDenied');
      }
    }

    it('row 32: it is asked once the installation trusts the registry or allows the address, and with a Secret', async () => {
      const own = ownPrivateAddress();
      if (own === undefined) {
        console.log('      this machine has no private address: that one answers was not seen');
        await triesElsewhere('10.255.255.1');
        return;
      }
      const registry = await startScriptedRegistry(undefined, own);
      try {
        const range = `${own}/${own.includes(':') ? '128' : '32'}`;
        const cases: readonly (readonly [config: string, anonymous: boolean])[] = [
          [`policy: {trustedRegistries: ["${registry.host}"]}`, true],
          [`egress: {allowCIDRs: ["${range}"]}`, true],
          ['', false],
        ];
        for (const [config, anonymous] of cases) {
          const as = anonymous ? '' : ' as ci';
          registry.play([
            [PING, answer(200, {}, '{}')],
            [`${POST}${as}`, accepted],
            [`${DELETE}${as}`, answer(204)],
          ]);
          expect((await ask(registry.url, { config, anonymous })).reason, config).to.equal('PushAuthorized');
        }
        registry.play([]);
        const config = 'policy: {trustedRegistries: ["other.example"]}';
        expect((await ask(registry.url, { config, anonymous: true })).reason).to.equal('EgressDenied');
        expect(registry.connections).to.equal(0);
      } finally {
        await registry.stop();
      }
    });

    it('row 32: trust in a registry opens no address that nobody may reach', async () => {
      const host = `127.0.0.1:${String(trap.port)}`;
      const config = `policy: {trustedRegistries: ["${host}"]}`;
      expect((await ask(`http://${host}`, { config, anonymous: true })).message).to.equal(
        `${host} is an address that checks must not reach`,
      );
    });
  });
});

describe('E3: probe of a name whose addresses change', () => {
  let twins: Twins;
  let contexts: ReturnType<typeof createContexts>;
  before(async () => {
    const authority = await createAuthority('names');
    contexts = createContexts(authority.pem);
    const dnsNames = [REGISTRY, TOKENS, 'kubernetes.default.svc'];
    const { certPem: cert, keyPem: key } = await authority.issue({ commonName: 'r', dnsNames });
    twins = await startTwins({ cert, key });
  });
  after(() => twins.stop());

  /** Probes `host` as ci, demands that the registry heard exactly `turns` and that nobody got where nobody may. */
  async function run(
    turns: readonly Turn[],
    names: Readonly<Record<string, Answers>>,
    { host = REGISTRY, guard = createGuard([`${GOOD}/32`]) }: { host?: string; guard?: Guard } = {},
  ): Promise<Observation> {
    twins.reset();
    twins.registry.play(turns);
    const url = `https://${host}:${String(twins.port)}`;
    const { secureContext } = contexts(undefined);
    const world = {
      open: () => createNames(names).serve(openConnection({ guard, secureContext })),
      clock: createFakeClock(),
      tokenHosts: [],
    };
    const { observation } = await probe(jobOf(url, false), world, never);
    expect(twins.registry.conversation).to.deep.equal(turns.map(([asked]) => asked));
    expect(twins.trapped).to.equal(0);
    return observation;
  }
  const reasonOf = (observation: Observation): string => judged(observation, REGISTRY).reason;
  const CLOSE = { Connection: 'close' };
  const FLIPS: Answers = [[GOOD], ['127.0.0.1']];
  const realm = (): string => `Bearer realm="https://${TOKENS}:${String(twins.port)}/token",service="s"`;

  it('row 69: a name with a denied address is EgressDenied', async () => {
    expect(reasonOf(await run([], { [REGISTRY]: [['127.0.0.1']] }))).to.equal('EgressDenied');
    expect(reasonOf(await run([], { [REGISTRY]: [['::1', '169.254.169.254']] }))).to.equal('EgressDenied');
  });

  it('row 69: an answer that flips to 127.0.0.1 is EgressDenied at the login', async () => {
    const wants: Turn = [
      PING,
      answer(401, { 'WWW-Authenticate': 'Basic realm="scripted"', Connection: 'close' }),
    ];
    const flipped = await run([wants], { [REGISTRY]: FLIPS });
    expect(flipped).to.include({ kind: 'NetworkFailed', step: 'login' });
    expect(reasonOf(flipped)).to.equal('EgressDenied');
  });

  it('row 69: so it is at the token service', async () => {
    const observation = await run([[PING, challenge(realm())]], {
      [REGISTRY]: [[GOOD]],
      [TOKENS]: [['127.0.0.1'], ['::1']],
    });
    expect(observation).to.include({ kind: 'NetworkFailed', step: 'token' });
    expect(reasonOf(observation)).to.equal('EgressDenied');
  });

  it('row 69: so it is where a 307 leads', async () => {
    const turns: Turn[] = [
      [PING, wantsBasic],
      [LOGIN, answer(200)],
      [`${POST} as ci`, answer(307, { Location: '/x/v2/team/app/blobs/uploads/', ...CLOSE })],
    ];
    const observation = await run(turns, { [REGISTRY]: FLIPS });
    expect(observation).to.include({ kind: 'NetworkFailed', step: 'upload' });
    expect(reasonOf(observation)).to.equal('EgressDenied');
  });

  it('row 69: a cancel that would go to another address is not sent, and the verdict stands', async () => {
    const turns: Turn[] = [
      [PING, wantsBasic],
      [LOGIN, answer(200)],
      [`${POST} as ci`, answer(202, { Location: '/v2/team/app/blobs/uploads/1?_state=s', ...CLOSE })],
    ];
    const observation = await run(turns, { [REGISTRY]: FLIPS });
    expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Failed' });
    expect(reasonOf(observation)).to.equal('PushAuthorized');
  });

  it('row 9: the name of the API server is EgressDenied at whatever address it has', async () => {
    const { reserved } = reservedHosts('https://10.96.0.1', { KUBERNETES_SERVICE_HOST: '10.96.0.1' });
    const host = 'kubernetes.default.svc';
    for (const address of ['10.96.0.1', GOOD]) {
      const guard = createGuard(['127.0.0.0/8', '10.0.0.0/8'], { reserved });
      expect(reasonOf(await run([], { [host]: [[address]] }, { host, guard }))).to.equal('EgressDenied');
    }
  });
});
