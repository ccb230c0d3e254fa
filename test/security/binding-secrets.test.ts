import { expect } from 'chai';
import { probe, type ProbeWorld } from '../../src/check/probe.ts';
import type { SecretContent } from '../../src/check/secret-content.ts';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { visit, type Told } from '../controller/world.ts';
import { accepted, DELETE, LOGIN, PING, POST, wantsBasic } from '../check/probe-table.ts';
import { aCheck } from '../support/builders.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { answer, CANARY, type Turn } from '../support/scripted-registry.ts';
import { aDockerSecret, aSecret } from '../support/secrets.ts';
import { conditionOf, openSecretVisits, type SecretVisits } from './secret-visit.ts';

const login = { username: 'ci', password: CANARY };
const REGISTRIES = 'doctor.stella-ops.org/registries';
const OTHERS = { 'other.example': login };

const pushes: readonly Turn[] = [
  [PING, wantsBasic],
  [LOGIN, answer(200)],
  [`${POST} as ci`, accepted],
  [`${DELETE} as ci`, answer(204)],
];

describe('a check at reg.example', () => {
  let visits: SecretVisits;
  before(async () => {
    visits = await openSecretVisits();
  });
  after(() => visits.stop());

  async function packetsOf(secret: SecretContent): Promise<readonly [ready: string, packets: number]> {
    const told = await visits.visit(secret);
    return [conditionOf(told, 'Ready'), visits.listener.connections];
  }

  type Row = readonly [name: string, secret: SecretContent, reason: string];

  describe('B2: sends no packet with a Secret that does not say for which registry it is', () => {
    const rows: readonly Row[] = [
      ['basic-auth', aSecret('kubernetes.io/basic-auth', login), 'CredentialsNotBound'],
      ['Opaque', aSecret('Opaque', login), 'CredentialsNotBound'],
      ['no type', aSecret('', login), 'CredentialsNotBound'],
      ['Opaque with a token', aSecret('Opaque', { token: 'c4nary.t' }), 'CredentialsNotBound'],
      [
        'a database',
        aSecret('Opaque', { ...login, host: 'reg.example', port: '443' }),
        'CredentialsNotBound',
      ],
      ['a wildcard', aSecret('Opaque', login, { [REGISTRIES]: '*.example' }), 'SecretInvalid'],
      ['a key for everybody', aDockerSecret({ '*': login }), 'CredentialsNotMatched'],
      ['a key for a whole suffix', aDockerSecret({ '*.example': login }), 'CredentialsTooBroad'],
    ];
    for (const [name, secret, reason] of rows) {
      it(name, async () => expect(await packetsOf(secret)).to.deep.equal([`False ${reason}`, 0]));
    }
  });

  describe('B2: sends no packet with a Secret of a type that holds no login', () => {
    for (const type of [
      'kubernetes.io/tls',
      'kubernetes.io/ssh-auth',
      'kubernetes.io/service-account-token',
      'bootstrap.kubernetes.io/token',
      'helm.sh/release.v1',
      'example.com/own',
    ]) {
      it(type, async () => {
        const secret = aSecret(type, { ...login, registry: 'reg.example' }, { [REGISTRIES]: 'reg.example' });
        expect(await packetsOf(secret)).to.deep.equal(['False SecretTypeUnsupported', 0]);
      });
    }
  });

  describe('B3: sends no packet, not even as nobody, with a Secret that is for others', () => {
    const rows: readonly Row[] = [
      ['dockerconfigjson', aDockerSecret(OTHERS), 'CredentialsNotMatched'],
      ['dockerconfigjson without entries', aDockerSecret({}), 'CredentialsNotMatched'],
      [
        'dockerconfigjson for another port',
        aDockerSecret({ 'reg.example:8443': login }),
        'CredentialsNotMatched',
      ],
      [
        'dockerconfigjson for another path',
        aDockerSecret({ 'reg.example/x': login }),
        'CredentialsNotMatched',
      ],
      [
        'dockercfg',
        aSecret('kubernetes.io/dockercfg', { '.dockercfg': JSON.stringify(OTHERS) }),
        'CredentialsNotMatched',
      ],
      [
        'Opaque with a docker configuration',
        { ...aDockerSecret(OTHERS), type: 'Opaque' },
        'CredentialsNotMatched',
      ],
      [
        'basic-auth',
        aSecret('kubernetes.io/basic-auth', login, { [REGISTRIES]: 'a.example' }),
        'CredentialsNotMatched',
      ],
      ['Opaque', aSecret('Opaque', { ...login, registry: 'a.example' }), 'CredentialsNotMatched'],
    ];
    for (const [name, secret, reason] of rows) {
      it(name, async () => expect(await packetsOf(secret)).to.deep.equal([`False ${reason}`, 0]));
    }
  });

  describe('B2: sends the login of a Secret that says so', () => {
    const rows: readonly (readonly [name: string, secret: SecretContent])[] = [
      ['dockerconfigjson', aDockerSecret({ ...OTHERS, 'reg.example': login })],
      [
        'dockercfg',
        aSecret('kubernetes.io/dockercfg', { '.dockercfg': JSON.stringify({ 'reg.example': login }) }),
      ],
      ['basic-auth', aSecret('kubernetes.io/basic-auth', login, { [REGISTRIES]: 'reg.example' })],
      ['Opaque', aSecret('Opaque', { ...login, registry: 'reg.example' })],
    ];
    for (const [name, secret] of rows) {
      it(name, async () => {
        const told = await visits.visit(secret, pushes);
        expect(conditionOf(told, 'Ready')).to.equal('True PushAuthorized');
        expect(visits.listener.conversation).to.deep.equal(pushes.map(([asked]) => asked));
      });
    }
  });

  describe('B4: sends no packet to a URL that must not be one', () => {
    const urls: readonly (readonly [name: string, url: (port: string) => string])[] = [
      ['with a login', (port) => `https://ci:${CANARY.replaceAll('/', '')}@localhost:${port}`],
      ['with a user name', (port) => `https://ci@localhost:${port}`],
      ['with a query', (port) => `https://localhost:${port}/?x=1`],
      ['with a fragment', (port) => `https://localhost:${port}/#x`],
      ['with a dot after the host', (port) => `https://localhost.:${port}`],
      ['with an empty label', (port) => `https://localhost..localhost:${port}`],
      ['with a backslash', (port) => `https://localhost:${port}\\@reg.example`],
      ['with an encoded host', (port) => `https://%6cocalhost:${port}`],
      ['that climbs', (port) => `https://localhost:${port}/../../admin`],
      ['that climbs in code', (port) => `https://localhost:${port}/%2e%2e/admin`],
      ['with a zone', (port) => `https://[::1%25lo]:${port}`],
      ['with a port of zero', () => 'https://localhost:0'],
      ['with a tab', (port) => `https://local\thost:${port}`],
      ['of another scheme', (port) => `ftp://localhost:${port}`],
    ];
    const contexts = createContexts(undefined);
    const open: ProbeWorld['open'] = (_registry, tls) =>
      openConnection({ guard: createGuard(['127.0.0.0/8', '::1']), ...contexts(tls) });
    const seek = (registryUrl: string): Promise<Told> => {
      visits.listener.play([]);
      const world: ProbeWorld = { open, clock: createFakeClock(), tokenHosts: [] };
      return visit({
        check: aCheck({ spec: { registryUrl } }),
        asks: async (job, stop) => ({ kind: 'answered', probed: await probe(job, world, stop) }),
      });
    };
    for (const [name, url] of urls) {
      it(name, async () => {
        const told = await seek(url(new URL(visits.listener.url).port));
        expect(conditionOf(told, 'Ready')).to.equal('False InvalidSpec');
        expect(visits.listener.connections).to.equal(0);
        expect(JSON.stringify(told.status)).to.not.include('c4nary');
      });
    }

    it('and would reach the listener by a good one', async () => {
      await seek(visits.listener.url.replace('127.0.0.1', 'localhost'));
      expect(visits.listener.connections).to.equal(1);
    });
  });
});
