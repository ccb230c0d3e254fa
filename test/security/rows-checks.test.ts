import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ANNOTATION } from '../../src/api/registrypushcheck.ts';
import { firesAfter } from '../../src/api/schedule.ts';
import { parseConfig, type Config } from '../../src/config.ts';
import { REMINDER_MS } from '../../src/controller/events.ts';
import { readCheck } from '../../src/controller/object.ts';
import { REQUEST_SPACING_MS } from '../../src/controller/schedule.ts';
import { openProber } from '../../src/operator-world.ts';
import { BAD_SAMPLES } from '../api/bad-samples.ts';
import { rowLabel } from '../api/rows.ts';
import { CANARY } from '../api/sample.ts';
import { aCheck, aCondition, at } from '../support/builders.ts';
import { connectionsOf, storeCheck, type Raw, type Stored, type Surroundings } from './stored-checks.ts';

const PASSWORD = 'c4nary-password';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Above it, a timer of Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function secret(type: string, data: Readonly<Record<string, string>>, more: object = {}): unknown {
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]));
  return { type, data: encoded, metadata: { name: 'push', resourceVersion: '7' }, ...more };
}

function dockerSecret(key: string, user: string, password = PASSWORD): unknown {
  const config = { auths: { [key]: { auth: base64(`${user}:${password}`) } } };
  return secret('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': JSON.stringify(config) });
}

/** All that people can read of a check. */
function shown({ status, events }: Stored): string {
  return JSON.stringify([status, events]);
}

function messageOf({ status }: Stored): string {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
}

describe('a check with bad input that is stored', () => {
  let server: Server;
  let host: string;
  let config: Config;
  /** The logins that the registry was shown. */
  let logins: string[];

  const spec = (over: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
    registryUrl: `http://${host}`,
    pushTestRepository: 'team/app',
    ...over,
  });
  const store = (over: Parameters<typeof storeCheck>[0], more: Partial<Surroundings> = {}): Stored =>
    storeCheck(over, { config, ...more });
  const login = { existingSecret: 'push' };

  before(async () => {
    server = createServer(({ method, headers: { authorization } }, response) => {
      if (authorization !== undefined) logins.push(authorization);
      if (authorization !== `Basic ${base64(`good:${PASSWORD}`)}`) {
        response.setHeader('WWW-Authenticate', 'Basic realm="r"').writeHead(401).end();
      } else if (method === 'POST') {
        response.setHeader('Location', '/v2/team/app/blobs/uploads/1').writeHead(202).end();
      } else response.writeHead(method === 'DELETE' ? 204 : 200).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    host = `localhost:${String((server.address() as AddressInfo).port)}`;
    config = parseConfig(
      JSON.stringify({
        insecureRegistries: [host],
        egress: { allowCIDRs: ['127.0.0.0/8', '::1/128'] },
        policy: { trustedRegistries: [] },
      }),
    );
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  beforeEach(() => (logins = []));

  it('row 12: turns green with a good one, in upper case too, and says that the kubelet goes by case', async () => {
    const secrets = { push: dockerSecret(host.toUpperCase(), 'good') };
    const check = store(
      { spec: spec({ registryUrl: `http://${host.toUpperCase()}`, ...login }) },
      { secrets },
    );
    expect(await connectionsOf(() => check.visit())).to.be.greaterThan(0);
    expect(check.condition('Ready')).to.equal('True PushAuthorized');
    expect(check.status?.registry?.host).to.equal(host);
    expect(check.status?.findings?.map(({ type }) => type)).to.include('KubeletWouldNotMatch');
  });

  const samples = BAD_SAMPLES.filter(({ name, only }) => rowLabel(name) !== '' && only?.by !== 'admission');
  for (const { name, spec: bad, field, says } of samples) {
    it(`${rowLabel(name)}${name} is InvalidSpec, without a packet and until it is changed`, async () => {
      const check = store({ spec: bad });
      const outcomes: unknown[] = [];
      const connections = await connectionsOf(async () => {
        outcomes.push(await check.visit(), await check.visit());
      });
      expect(connections).to.equal(0);
      expect(check.condition('Ready')).to.equal('False InvalidSpec');
      expect(check.condition('Stalled')).to.equal('True InvalidSpec');
      expect(messageOf(check))
        .to.include(typeof says === 'string' ? says : says.atRunTime)
        .and.to.include(field.split('.').at(-1));
      expect(shown(check)).not.to.include(CANARY);
      expect(check.status).to.include({ observedGeneration: 3 }).and.not.have.property('nextProbeTime');
      // Told again while it lasts, and nothing else: the second visit neither writes nor tells.
      expect(outcomes).to.deep.equal([{ requeueAfterMs: REMINDER_MS }, { requeueAfterMs: REMINDER_MS }]);
      expect(check.requests.map(({ method }) => method)).to.deep.equal(['PATCH']);
      expect(check.events.map(({ reason }) => reason)).to.deep.equal(['InvalidSpec']);
    });
  }

  it('row 13: http that the installation does not list gets no packet, and the name of the setting', async () => {
    const strict = { ...config, insecureRegistries: [] };
    const secrets = { push: dockerSecret(host, 'good') };
    const check = store({ spec: spec(login) }, { config: strict, secrets });
    expect(await connectionsOf(() => check.visit())).to.equal(0);
    expect(check.condition('Ready')).to.equal('False InsecureTransportNotAllowed');
    expect(shown(check)).to.include('insecureRegistries').and.not.include(PASSWORD);
  });

  for (const [what, text] of Object.entries({
    'no PEM': 'no certificate',
    'a PEM of nothing': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  })) {
    it(`row 14: ca.crt that is ${what} is SecretInvalid under its key, without a packet`, async () => {
      const data = { username: 'good', password: PASSWORD, registry: host, 'ca.crt': text };
      const check = store({ spec: spec(login) }, { secrets: { push: secret('Opaque', data) } });
      expect(await connectionsOf(() => check.visit())).to.equal(0);
      expect(check.condition('Ready')).to.equal('False SecretInvalid');
      expect(messageOf(check)).to.include('ca.crt');
      expect(shown(check)).not.to.include(PASSWORD).and.not.include('no certificate');
    });
  }

  it('row 18: a Secret that is missing is looked for within a minute, and found without an edit', async () => {
    const secrets: Record<string, unknown> = {};
    const check = store({ spec: spec(login) }, { secrets });
    const waits: number[] = [];
    const connections = await connectionsOf(async () => {
      for (let visits = 0; visits < 20; visits += 1) {
        const { requeueAfterMs = Infinity } = await check.visit();
        waits.push(requeueAfterMs);
        check.later(requeueAfterMs);
      }
    });
    expect(connections).to.equal(0);
    expect(Math.max(...waits)).to.be.at.most(MINUTE);
    expect(waits.at(-1)).to.equal(MINUTE);
    expect(check.condition('Ready')).to.equal('False SecretNotFound');
    expect(check.condition('Stalled')).to.equal('True SecretNotFound');
    secrets['push'] = dockerSecret(host, 'good');
    await check.visit();
    expect(check.condition('Ready')).to.equal('True PushAuthorized');
  });

  for (const type of ['kubernetes.io/service-account-token', 'kubernetes.io/tls', 'helm.sh/release.v1']) {
    it(`row 19: a Secret of type ${type} is SecretTypeUnsupported, and its data stays unread`, async () => {
      const read: (string | symbol)[] = [];
      const data = new Proxy(
        { token: base64(PASSWORD), username: base64('good'), password: base64(PASSWORD) },
        { get: (target, key) => (read.push(key), Reflect.get(target, key)) },
      );
      const check = store({ spec: spec(login) }, { secrets: { push: secret(type, {}, { data }) } });
      expect(await connectionsOf(() => check.visit())).to.equal(0);
      expect(check.condition('Ready')).to.equal('False SecretTypeUnsupported');
      expect(messageOf(check)).to.include(type).and.to.include('kubernetes.io/dockerconfigjson');
      expect(read).to.deep.equal([]);
    });
  }

  it('row 20: the login of a database is CredentialsNotBound, without a packet, and says how to bind it', async () => {
    const data = { host: 'db', username: 'good', password: PASSWORD };
    const check = store({ spec: spec(login) }, { secrets: { push: secret('Opaque', data) } });
    expect(await connectionsOf(() => check.visit())).to.equal(0);
    expect(check.condition('Ready')).to.equal('False CredentialsNotBound');
    expect(shown(check))
      .to.include(`kubectl annotate secret push -n team doctor.stella-ops.org/registries=${host}`)
      .and.not.include(PASSWORD);
  });

  const times: readonly (readonly [row: string, spec: object, atLeastMs: number, atMostMs: number])[] = [
    ['row 21', { interval: '1m' }, MINUTE / 2, 1.5 * MINUTE],
    ['row 21', { interval: '168h' }, 84 * HOUR, 252 * HOUR],
    ['row 24', { schedule: '* * * * *' }, 0, 2 * MINUTE],
    ['row 25', { schedule: '0 0 29 2 *' }, HOUR, LONGEST_TIMER_MS * 100],
  ];
  for (const [row, part, atLeastMs, atMostMs] of times) {
    it(`${row}: ${JSON.stringify(part)} is as far as it goes, and is kept`, async () => {
      const secrets = { push: dockerSecret(host, 'good') };
      const check = store({ spec: spec({ ...part, ...login }) }, { secrets });
      const { requeueAfterMs } = await check.visit();
      expect(check.condition('Ready')).to.equal('True PushAuthorized');
      expect(requeueAfterMs).to.be.within(atLeastMs, atMostMs);
    });
  }

  it('row 24: a schedule never fires twice within a minute', () => {
    const fires = firesAfter('* * * * *', undefined, new Date(), 5).map((fire) => fire.getTime());
    expect(fires.slice(1).map((ms, index) => ms - (fires[index] ?? 0))).to.deep.equal(
      Array.from({ length: 4 }, () => MINUTE),
    );
  });

  it('row 28: of 200 kB of annotations and 2,000 labels nothing is kept, and nothing is sent', async () => {
    const metadata = {
      labels: Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`label-${index}`, 'x'])),
      annotations: { 'example.com/huge': 'x'.repeat(200_000) },
      managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': {} } }],
    };
    expect(readCheck({ ...aCheck(), metadata: { ...aCheck().metadata, ...metadata } })).to.deep.equal(
      aCheck(),
    );
    const check = store({ metadata, spec: spec(login) }, { secrets: { push: dockerSecret(host, 'good') } });
    await check.visit();
    expect(check.condition('Ready')).to.equal('True PushAuthorized');
    for (const { body } of check.requests) expect(JSON.stringify(body ?? '').length).to.be.below(10_000);
  });

  it('row 29: 100 requests one after the other are one probe, 15 s after the last, for the newest', async () => {
    const check = store({ spec: spec(login) }, { secrets: { push: dockerSecret(host, 'good') } });
    await check.visit();
    const before = check.requests.length;
    const connections = await connectionsOf(async () => {
      for (let token = 1; token <= 100; token += 1) {
        check.change((raw) => withRequest(raw, String(token)));
        check.later(10);
        const { requeueAfterMs = 0 } = await check.visit();
        expect(requeueAfterMs).to.be.within(1, REQUEST_SPACING_MS);
      }
    });
    expect(connections).to.equal(0);
    expect(check.requests.length, 'requests to the API server').to.equal(before);
    check.later(REQUEST_SPACING_MS);
    logins = [];
    await check.visit();
    expect(check.status).to.include({ lastHandledReconcileAt: '100' });
    expect(logins, 'of GET, POST and DELETE').to.have.lengthOf(3);
  });

  it('row 30: checks of one repository with different logins at once are asked for each, and told each its own', async () => {
    const prober = openProber(config, [], undefined);
    const [right, wrong] = ['good', 'bad'].map((user) =>
      store({ spec: spec(login) }, { prober, secrets: { push: dockerSecret(host, user) } }),
    );
    await Promise.all([right?.visit(), wrong?.visit()]);
    expect(right?.condition('Ready')).to.equal('True PushAuthorized');
    expect(wrong?.condition('Ready')).to.equal('False CredentialsRejected');
    expect(new Set(logins)).to.deep.equal(
      new Set(['good', 'bad'].map((user) => `Basic ${base64(`${user}:${PASSWORD}`)}`)),
    );
  });

  const green = { observedGeneration: 3, conditions: [aCondition({ type: 'Ready' })], lastProbeTime: at(0) };
  const forged: Readonly<
    Record<string, { status: object; spec: Readonly<Record<string, unknown>>; verdict: string }>
  > = {
    'for good': {
      status: { ...green, nextProbeTime: '2999-01-01T00:00:00Z' },
      spec: login,
      verdict: 'False CredentialsRejected',
    },
    'without a next time': { status: green, spec: login, verdict: 'False CredentialsRejected' },
    'although its spec cannot be run': {
      status: green,
      spec: { interval: '1s' },
      verdict: 'False InvalidSpec',
    },
    'for good, although its spec cannot be run': {
      status: { ...green, nextProbeTime: '2999-01-01T00:00:00Z' },
      spec: { interval: '1s' },
      verdict: 'False InvalidSpec',
    },
  };
  for (const [what, row] of Object.entries(forged)) {
    it(`row 33: a status that somebody made look green ${what} is judged by the next visit`, async () => {
      const secrets = { push: dockerSecret(host, 'bad') };
      const check = store({ status: row.status, spec: spec(row.spec) }, { secrets });
      await check.visit();
      expect(check.condition('Ready')).to.equal(row.verdict);
    });
  }

  it('row 33: one that was made look green until the next probe is judged by that', async () => {
    const secrets = { push: dockerSecret(host, 'bad') };
    const check = store({ status: { ...green, nextProbeTime: at(MINUTE) }, spec: spec(login) }, { secrets });
    expect(await check.visit()).to.deep.equal({ requeueAfterMs: MINUTE });
    check.later(MINUTE);
    await check.visit();
    expect(check.condition('Ready')).to.equal('False CredentialsRejected');
  });
});

function withRequest(raw: Raw, token: string): Raw {
  return { ...raw, metadata: { ...raw.metadata, annotations: { [ANNOTATION.requestedAt]: token } } };
}
