import { once } from 'node:events';
import { createServer, type AddressInfo, type LookupFunction } from 'node:net';
import type { ServerOptions } from 'node:https';
import { expect } from 'chai';
import { CANCEL_BUDGET_MS } from '../../src/check/cancel.ts';
import { diagnose, type Diagnosis } from '../../src/check/diagnose.ts';
import type { Probed } from '../../src/check/observation.ts';
import { probe } from '../../src/check/probe.ts';
import type { Course, Reason, Stage } from '../../src/check/reason.ts';
import { openConnection } from '../../src/registry/connection.ts';
import { createGuard } from '../../src/registry/egress.ts';
import type { NetworkCause } from '../../src/registry/failure.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { aCredential, aRegistry } from '../support/builders.ts';
import {
  createAuthority,
  LOOPBACK,
  type Authority,
  type CertificateRequest,
} from '../support/certificates.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { DRIPS, HOSTILE } from '../support/hostile-servers.ts';
import { freePort, runProcess } from '../support/processes.ts';
import {
  answer,
  CANARY,
  leaksOf,
  reset,
  stall,
  startScriptedRegistry,
  token,
  type Turn,
} from '../support/scripted-registry.ts';
import {
  accepted,
  DELETE,
  LOGIN,
  openTable,
  PING,
  POST,
  TIMEOUT_MS,
  TOKEN,
  wantsBasic,
  type ProbeTable,
} from '../check/probe-table.ts';

const { signal } = new AbortController();

/** What a probe of this registry finds, where names are looked up so. */
async function probeAt(
  url: string,
  { lookup, authorities }: { readonly lookup?: LookupFunction; readonly authorities?: string } = {},
): Promise<{ readonly probed: Probed; readonly found: Diagnosis }> {
  const registry = aRegistry(url);
  const guard = createGuard(['127.0.0.0/8', '::1']);
  const contexts = createContexts(authorities);
  const probed = await probe(
    {
      registry,
      repository: 'team/app',
      credential: aCredential(CANARY),
      pull: undefined,
      timeoutMs: TIMEOUT_MS,
    },
    {
      clock: createFakeClock(),
      tokenHosts: [],
      open: (_registry, tls) => {
        const connection = openConnection({ guard, ...contexts(tls) });
        for (const agent of [connection.http, connection.https]) {
          const connect = agent.createConnection.bind(agent);
          if (lookup !== undefined)
            agent.createConnection = (args, ...more) => connect({ ...args, lookup }, ...more);
        }
        return connection;
      },
    },
    signal,
  );
  const found = diagnose(probed.observation, {
    host: registry.host,
    repository: 'team/app',
    secret: 'login',
  });
  expect(leaksOf(JSON.stringify([probed, found]))).to.deep.equal([]);
  return { probed, found };
}

/** The verdict of one request that got no answer: of the stage Reachable, without a word about the login. */
function expectUnreached(found: Diagnosis, reason: Reason, course: Course): void {
  expect([found.reason, found.course]).to.deep.equal([reason, course]);
  expect(found.stages.Authenticated).to.include({ status: 'Unknown' });
  expect(found.stages.PushAuthorized).to.include({ status: 'Unknown' });
}

describe('what a network may do', () => {
  describe('to a name', () => {
    const fails =
      (code: string): LookupFunction =>
      (_name, _options, done) =>
        done(Object.assign(new Error(`getaddrinfo ${code}`), { code }), '');
    const names: readonly [name: string, lookup: LookupFunction][] = [
      ['NXDOMAIN', fails('ENOTFOUND')],
      ['SERVFAIL', fails('EAI_AGAIN')],
      ['a failure that lasts', fails('EAI_FAIL')],
      ['an empty answer', fails('EAI_NODATA')],
    ];
    for (const scheme of ['http', 'https']) {
      for (const [name, lookup] of names) {
        it(`row 68: ${name} over ${scheme}: DNSLookupFailed, transient, after one request`, async () => {
          const { probed, found } = await probeAt(`${scheme}://reg.example`, { lookup });
          expectUnreached(found, 'DNSLookupFailed', 'transient');
          expect(found.message).to.equal('reg.example has no address in DNS');
          expect(probed.steps).to.have.length(1);
        });
      }
    }
  });

  describe('to a connection', () => {
    const fails =
      (code: string): LookupFunction =>
      (_name, _options, done) =>
        done(Object.assign(new Error(`connect ${code}`), { code }), '');
    const codes: readonly [code: string, reason: Reason, says: RegExp][] = [
      ['EHOSTUNREACH', 'ConnectionRefused', /no route to its address/],
      ['ENETUNREACH', 'ConnectionRefused', /no route to its address/],
      ['EMFILE', 'OperatorResourceExhausted', /was not asked: the operator ran out of sockets or memory/],
      ['ENFILE', 'OperatorResourceExhausted', /was not asked/],
      ['ENOBUFS', 'OperatorResourceExhausted', /was not asked/],
    ];
    for (const [code, reason, says] of codes) {
      it(`row 70: ${code}: ${reason}, transient`, async () => {
        const { found } = await probeAt('https://reg.example', { lookup: fails(code) });
        expectUnreached(found, reason, 'transient');
        expect(found.message).to.match(says);
        // What is ours says nothing of the registry.
        const reachable = reason === 'OperatorResourceExhausted' ? 'Unknown' : 'False';
        expect(found.stages.Reachable.status).to.equal(reachable);
      });
    }

    for (const scheme of ['http', 'https']) {
      it(`row 70: a refused connection over ${scheme}: ConnectionRefused, transient`, async () => {
        const { found } = await probeAt(`${scheme}://127.0.0.1:${await freePort()}`);
        expectUnreached(found, 'ConnectionRefused', 'transient');
      });
    }

    it('row 70: a reset before the handshake and after the request: ConnectionReset, transient', async () => {
      const server = createServer((socket) => socket.resetAndDestroy()).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      for (const scheme of ['http', 'https'])
        expectUnreached(
          (await probeAt(`${scheme}://127.0.0.1:${port}`)).found,
          'ConnectionReset',
          'transient',
        );
      server.close();
      await once(server, 'close');
      const registry = await startScriptedRegistry();
      registry.play([[PING, reset]]);
      expectUnreached((await probeAt(registry.url)).found, 'ConnectionReset', 'transient');
      await registry.stop();
    });

    it('row 70: a process without a free descriptor: OperatorResourceExhausted, and not a word about the registry', async function () {
      this.timeout(30_000);
      const registry = await startScriptedRegistry();
      registry.play([]);
      try {
        const script = 'test/support/out-of-descriptors.ts';
        const { stdout } = await runProcess({
          name: 'the probe',
          file: 'sh',
          args: ['-c', 'ulimit -n 256 && exec "$0" "$@"', process.execPath, script, registry.url],
        });
        expect(JSON.parse(stdout)).to.deep.equal({
          reason: 'OperatorResourceExhausted',
          course: 'transient',
          stages: ['Unknown', 'Unknown', 'Unknown'],
        });
        expect(registry.connections).to.equal(0);
      } finally {
        await registry.stop();
      }
    });
  });

  describe('to TLS', () => {
    let authority: Authority;
    before(async () => {
      authority = await createAuthority('test registries');
    });
    const dayMs = 86_400_000;
    const ago = (days: number): Date => new Date(Date.now() - days * dayMs);
    type Row = readonly [
      name: string,
      certificate: CertificateRequest | undefined,
      options: ServerOptions,
      says: string,
    ];
    const good: CertificateRequest = { commonName: 'r', ...LOOPBACK };
    const rows: readonly Row[] = [
      [
        'an expired certificate',
        { ...good, notBefore: ago(9), notAfter: ago(1) },
        {},
        'has an expired certificate',
      ],
      [
        'a certificate for another name',
        { commonName: 'r', dnsNames: ['other.example'] },
        {},
        'has a certificate for another host name',
      ],
      [
        'TLS 1.0 alone',
        good,
        { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' },
        'failed the TLS handshake',
      ],
      ['plain HTTP', undefined, {}, 'does not speak TLS on this port'],
    ];
    for (const [name, certificate, options, says] of rows) {
      it(`row 71: ${name}: TLSVerificationFailed with the cause, definite, and no request is sent`, async () => {
        const pair = certificate === undefined ? undefined : await authority.issue(certificate);
        const registry = await startScriptedRegistry(
          pair && { cert: pair.certPem, key: pair.keyPem, ...options },
        );
        registry.play([]);
        try {
          const url = registry.url.replace('http:', 'https:');
          const { found } = await probeAt(url, { authorities: authority.pem });
          expectUnreached(found, 'TLSVerificationFailed', 'definite');
          expect(found.message).to.equal(`${registry.host} ${says}`);
          expect([registry.connections, registry.conversation]).to.deep.equal([1, []]);
        } finally {
          await registry.stop();
        }
      });
    }

    it('row 71: an unknown authority: TLSVerificationFailed with the cause, definite, and no request is sent', async () => {
      const { certPem: cert, keyPem: key } = await authority.issue(good);
      const registry = await startScriptedRegistry({ cert, key });
      registry.play([]);
      try {
        const { found } = await probeAt(registry.url);
        expectUnreached(found, 'TLSVerificationFailed', 'definite');
        expect(found.message).to.match(/ signed by an unknown authority$/);
        expect(registry.conversation).to.deep.equal([]);
      } finally {
        await registry.stop();
      }
    });
  });

  describe('to HTTP', () => {
    let table: ProbeTable;
    before(async () => {
      table = await openTable();
    });
    after(() => table.stop());

    /** Each request of a probe: its stage, what goes before it, and its line. */
    const places: readonly [step: string, stage: Stage, before: () => readonly Turn[], asked: string][] = [
      ['ping', 'Reachable', () => [], PING],
      ['login', 'Authenticated', () => [[PING, wantsBasic]], LOGIN],
      ['token', 'Authenticated', () => [[PING, table.wantsBearer()]], TOKEN],
      [
        'upload',
        'PushAuthorized',
        () => [
          [PING, wantsBasic],
          [LOGIN, answer(200)],
        ],
        `${POST} as ci`,
      ],
    ];
    const REASON: Readonly<Partial<Record<NetworkCause, readonly [Reason, Course]>>> = {
      protocol: ['RegistryProtocolError', 'persistent'],
      'body-too-large': ['RegistryProtocolError', 'persistent'],
      reset: ['ConnectionReset', 'transient'],
    };
    // Bombs and what only a deadline ends have tests of their own.
    const hostile = HOSTILE.filter(
      ({ name, expected }) => expected !== 'deadline' && !name.startsWith('200 MB'),
    );

    for (const [step, stage, before, asked] of places) {
      for (const { name, reply, expected } of hostile) {
        const [reason, course] =
          typeof expected === 'number'
            ? (['RegistryUnavailable', 'transient'] as const)
            : (REASON[expected] ?? []);
        const shown = step === 'token' ? 'TokenServiceFailed' : String(reason);
        it(`row 90: ${name} at ${step}: ${shown}, and nothing more is asked`, async () => {
          const { observation } = await table.run([...before(), [asked, reply()]]);
          const found = table.diagnose(observation);
          expect([found.reason, found.course]).to.deep.equal([shown, course]);
        });
      }

      for (const [name, reply] of [['the first byte', () => stall] as const, ...DRIPS]) {
        it(`row 91: an answer that gets no further than ${name} at ${step}: RegistryTimeout of that stage, transient`, async () => {
          const turns: readonly Turn[] = [...before(), [asked, reply()]];
          const { probed, clock } = table.start(turns);
          await table.registry.asked(turns.length);
          await clock.advance(TIMEOUT_MS);
          const { observation, durationMs } = await probed;
          table.verify(turns, await probed);
          expect([observation.kind, 'step' in observation && observation.step]).to.deep.equal([
            'NetworkFailed',
            step,
          ]);
          const found = table.diagnose(observation);
          expect([found.reason, found.course]).to.deep.equal(['RegistryTimeout', 'transient']);
          expect(found.stages[stage].status).to.equal(step === 'ping' ? 'False' : 'Unknown');
          const late = Object.entries(found.stages).filter(([, { reason }]) => reason === 'RegistryTimeout');
          expect(late.map(([one]) => one)).to.deep.equal([stage]);
          const words = {
            ping: '',
            login: '(during GET /v2/ with the login)',
            token: 'the token service',
            upload: '(during the upload request)',
          };
          expect(found.message).to.include(words[step as keyof typeof words]);
          expect(durationMs).to.equal(TIMEOUT_MS);
        });
      }
    }

    for (const [name, reply] of DRIPS) {
      it(`row 86, row 91: an answer that drips in ${name} at the cancel costs its own five seconds, and no verdict`, async () => {
        const turns: readonly Turn[] = [
          [PING, table.wantsBearer()],
          [TOKEN, token('t1')],
          [`${POST} as Bearer t1`, accepted],
          [`${DELETE} as Bearer t1`, reply()],
        ];
        const { probed, clock } = table.start(turns);
        await table.registry.asked(turns.length);
        await clock.advance(CANCEL_BUDGET_MS);
        const { observation, durationMs } = await probed;
        table.verify(turns, await probed);
        expect(observation).to.include({ kind: 'UploadAccepted', cleanup: 'Failed' });
        expect([table.diagnose(observation).reason, durationMs]).to.deep.equal([
          'PushAuthorized',
          CANCEL_BUDGET_MS,
        ]);
      });
    }
  });
});
