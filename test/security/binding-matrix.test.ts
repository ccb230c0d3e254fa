import type { RequestListener, ServerResponse } from 'node:http';
import type { LookupFunction } from 'node:net';
import { expect } from 'chai';
import { readCredential } from '../../src/check/credential.ts';
import type { Probed } from '../../src/check/observation.ts';
import { probe, type ProbeWorld } from '../../src/check/probe.ts';
import type { SecretContent } from '../../src/check/secret-content.ts';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { aRegistry } from '../support/builders.ts';
import { createAuthority, type KeyPair } from '../support/certificates.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startRecordingListener, type RecordingListener } from '../support/recording-listener.ts';
import { CANARY, leaksOf } from '../support/scripted-registry.ts';
import { aDockerSecret, aSecret, aWanted } from '../support/secrets.ts';
import { LURES, MINTED, respond, type Answer, type Scheme, type Script } from './lures.ts';

const TOKEN_HOSTS = 'doctor.stella-ops.org/token-hosts';
const REGISTRIES = 'doctor.stella-ops.org/registries';
const CLIENT = 'c4nary client';

const OWN = '127.0.0.2';
const TOKENS = '127.0.0.3';
const THIEF = '127.0.0.9';

/** What a Secret holds, besides what every login here may have: an annotation, or a client certificate. */
type Make = (host: string, annotations: Readonly<Record<string, string>>, client: KeyPair) => SecretContent;

interface Kind {
  readonly name: string;
  readonly secret: Make;
  readonly canary: string;
  readonly schemes: readonly Scheme[];
}

const password = { username: 'ci', password: CANARY };
const KINDS: readonly Kind[] = [
  {
    name: 'a password',
    secret: (host, annotations) => aDockerSecret({ [host]: password }, {}, annotations),
    canary: CANARY,
    schemes: ['basic', 'bearer'],
  },
  {
    name: 'an identity token',
    secret: (host, annotations) =>
      aDockerSecret({ [host]: { identitytoken: '1dentity-c4nary/+=' } }, {}, annotations),
    canary: '1dentity-c4nary/+=',
    schemes: ['bearer'],
  },
  {
    name: 'a token of the registry',
    secret: (host, annotations) =>
      aDockerSecret({ [host]: { registrytoken: 'reg1stry-c4nary.t' } }, {}, annotations),
    canary: 'reg1stry-c4nary.t',
    schemes: ['bearer'],
  },
  {
    name: 'a client certificate',
    secret: (host, annotations, { certPem, keyPem }) =>
      aDockerSecret({ [host]: password }, { 'tls.crt': certPem, 'tls.key': keyPem }, annotations),
    canary: CANARY,
    schemes: ['bearer'],
  },
  {
    name: 'a Secret of type basic-auth',
    secret: (host, annotations) =>
      aSecret('kubernetes.io/basic-auth', password, { [REGISTRIES]: host, ...annotations }),
    canary: CANARY,
    schemes: ['basic'],
  },
];

/** Where a lure leads. `port` is that of the registry, which others have at other addresses, and `more` another one of it. */
interface Target {
  readonly name: string;
  readonly url: (port: number, more: number) => string;
  /** The registry's name, where it is not {@link REGISTRY}. */
  readonly registry?: string;
  /** A token service there would be trusted (B5). */
  readonly mayBeRealm?: true;
}

const REGISTRY = 'reg.corp.internal';
const TARGETS: readonly Target[] = [
  { name: 'another host', url: (port) => `https://evil.corp.internal:${port}` },
  { name: 'another port', url: (_, more) => `https://${REGISTRY}:${more}` },
  { name: 'http', url: (port) => `http://${REGISTRY}:${port}` },
  { name: 'http at another host', url: (port) => `http://evil.corp.internal:${port}` },
  { name: 'an address', url: (port) => `https://${THIEF}:${port}` },
  { name: 'an address as a number', url: (port) => `https://2130706441:${port}` },
  { name: 'an address within IPv6', url: (port) => `https://[::ffff:${THIEF}]:${port}` },
  { name: 'its own address', url: (port) => `https://${OWN}:${port}` },
  { name: 'a longer name', url: (port) => `https://${REGISTRY}.evil.example:${port}` },
  { name: 'a user name like its own', url: (port) => `https://${REGISTRY}:${port}@evil.example:${port}` },
  { name: 'a backslash', url: (port) => `https://evil.example:${port}\\@${REGISTRY}:${port}` },
  { name: 'no scheme', url: (port) => `//evil.corp.internal:${port}` },
  { name: 'a dot at the end', url: (port) => `https://${REGISTRY}.:${port}` },
  { name: 'another customer', registry: 'a.azurecr.io', url: (port) => `https://b.azurecr.io:${port}` },
  {
    name: 'another namespace of the cluster',
    registry: 'reg.a.svc.example.com',
    url: (port) => `https://reg.b.svc.example.com:${port}`,
  },
  {
    name: 'a sibling',
    registry: 'reg.example.com',
    url: (port) => `https://b.example.com:${port}`,
    mayBeRealm: true,
  },
];

const STATUSES = [301, 302, 303, 307, 308];

describe('B1: a login is heard only by who it is bound to', () => {
  let own: RecordingListener;
  let ownMore: RecordingListener;
  let tokens: RecordingListener;
  let thief: RecordingListener;
  let contexts: ReturnType<typeof createContexts>;
  let client: KeyPair;
  let script: Script;
  let sprung: boolean;

  before(async () => {
    const authority = await createAuthority('everybody');
    client = await authority.issue({ commonName: CLIENT, client: true });
    const wild = ['corp.internal', 'example.com', 'azurecr.io', 'a.svc.example.com', 'b.svc.example.com'];
    // Whoever asks, under whatever name, the certificate is good: nothing but the rule is in the way.
    const dnsNames = [...wild.map((domain) => `*.${domain}`), 'evil.example', `${REGISTRY}.evil.example`];
    const pair = await authority.issue({ commonName: 'x', dnsNames, ipAddresses: [OWN, THIEF] });
    const tls = { cert: pair.certPem, key: pair.keyPem, ca: authority.pem };
    contexts = createContexts(authority.pem);
    const serve: RequestListener = (request, response) => {
      const given = respond(script, request);
      sprung ||= given.sprung;
      send(response, given.answer);
    };
    // Takes whatever comes, gives whatever is wanted.
    const steal: RequestListener = (_, response) =>
      send(response, [200, {}, { token: 'st0len', access_token: 'st0len' }]);
    own = await startRecordingListener(tls, [OWN, 0], serve);
    ownMore = await startRecordingListener(tls, [OWN, 0], steal);
    tokens = await startRecordingListener(tls, [TOKENS, own.port], serve);
    thief = await startRecordingListener(tls, [THIEF, own.port], steal);
  });
  after(() => Promise.all([own, ownMore, tokens, thief].map((one) => one.stop())));

  const lookup =
    (registry: string): LookupFunction =>
    (name, _, answer) => {
      const address = name === registry ? OWN : name === 'auth.corp.internal' ? TOKENS : THIEF;
      answer(null, [{ address, family: 4 }]);
    };

  async function run(
    kind: Kind,
    registry: string,
    next: Script,
    annotations: Readonly<Record<string, string>> = {},
  ): Promise<Probed> {
    for (const one of [own, ownMore, tokens, thief]) one.forget();
    [script, sprung] = [next, false];
    const target = aRegistry(next.own);
    const wanted = aWanted({ registry: target, nowMs: Date.now() });
    const read = readCredential(kind.secret(target.host, annotations, client), wanted);
    if ('problem' in read) throw new Error(read.problem.detail);
    const open: ProbeWorld['open'] = ({ origin }, tls) => {
      const { secureContext, ownContext } = contexts(tls);
      const policy = { secureContext, registry: { origin, secureContext: ownContext } };
      const connection = openConnection({ guard: createGuard(['127.0.0.0/8']), ...policy });
      for (const agent of [connection.http, connection.https]) {
        const connect = agent.createConnection.bind(agent);
        agent.createConnection = (args, ...more) => connect({ ...args, lookup: lookup(registry) }, ...more);
      }
      return connection;
    };
    const { credential } = read;
    const job = { registry: target, repository: 'team/app', credential, timeoutMs: 30_000 };
    const pull = { repository: 'team/app', reference: 'v1' };
    const { signal } = new AbortController();
    return probe({ ...job, pull }, { open, clock: createFakeClock(), tokenHosts: [] }, signal);
  }

  /** What must hold after every probe of a registry, whatever it did. */
  function verify(host: string, what: string): void {
    const silent = [thief, ownMore, tokens].map(({ connections, heard }) => ({ connections, heard }));
    expect(silent, what).to.deep.equal(silent.map(() => ({ connections: 0, heard: '' })));
    expect(own.plain, what).to.equal(0);
    expect([...new Set(own.hosts)], what).to.deep.equal([host]);
  }

  for (const kind of KINDS) {
    for (const scheme of kind.schemes) {
      describe(`${kind.name}, where the registry wants ${scheme}`, () => {
        it('comes to the registry, and is enough for a push and a pull', async () => {
          const { observation, pull } = await run(kind, REGISTRY, {
            scheme,
            own: `https://${REGISTRY}:${own.port}`,
          });
          expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
          expect(pull).to.deep.equal({ kind: 'ManifestReadable' });
          expect(found(own.heard, kind.canary)).to.equal(true);
          expect(own.clients.length > 0).to.equal(kind.name === 'a client certificate');
          verify(`${REGISTRY}:${own.port}`, 'an honest registry');
        });

        for (const lure of LURES) {
          if (lure.only !== undefined && lure.only !== scheme) continue;
          if (lure.notFor === 'registrytoken' && kind.name === 'a token of the registry') continue;
          it(`${lure.rule}: does not follow ${lure.name}`, async () => {
            for (const [at, target] of TARGETS.entries()) {
              if (lure.rule === 'B5' && target.mayBeRealm === true) continue;
              const name = target.registry ?? REGISTRY;
              const to = target.url(own.port, ownMore.port);
              const status = STATUSES[(at + lure.name.length) % STATUSES.length] ?? 307;
              await run(kind, name, { scheme, own: `https://${name}:${own.port}`, lure, target: to, status });
              const what = `${target.name}: ${to}`;
              expect(sprung, what).to.equal(true);
              verify(`${name}:${own.port}`, what);
            }
          }).timeout(60_000);
        }
      });
    }
  }

  for (const kind of KINDS.filter(({ schemes }) => schemes.includes('bearer'))) {
    it(`B2, B5, B6: ${kind.name} comes to a token service that the Secret allows, and the token of it to the registry alone`, async () => {
      const realm = `https://auth.corp.internal:${own.port}`;
      const annotations = { [TOKEN_HOSTS]: `auth.corp.internal:${own.port}` };
      const base = `https://${REGISTRY}:${own.port}`;
      const { observation } = await run(kind, REGISTRY, { scheme: 'bearer', own: base, realm }, annotations);
      expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Cancelled' });
      const exchanged = kind.name !== 'a token of the registry';
      expect(found(tokens.heard, kind.canary)).to.equal(exchanged);
      expect(tokens.connections > 0).to.equal(exchanged);
      expect(found(own.heard, kind.canary)).to.equal(!exchanged);
      expect([found(own.heard, MINTED), found(tokens.heard, MINTED)]).to.deep.equal([exchanged, false]);
      expect(tokens.heard).to.not.include('victim');
      expect(tokens.clients).to.deep.equal([]);
      expect([thief.connections, ownMore.connections]).to.deep.equal([0, 0]);
    });
  }
});

/** Whether a secret stands in what was heard: as it is, in base64, in a URL, or as a Basic login. */
function found(heard: string, secret: string): boolean {
  const basic = Buffer.from(`ci:${secret}`).toString('base64').replace(/=+$/, '');
  return leaksOf(heard, secret).length > 0 || heard.includes(basic);
}

function send(response: ServerResponse, [status, headers = {}, body]: Answer): void {
  response.writeHead(status, { ...headers }).end(body === undefined ? '' : JSON.stringify(body));
}
