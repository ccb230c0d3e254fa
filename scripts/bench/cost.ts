import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, LOOPBACK } from '../../test/support/certificates.ts';
import { runProcess, startReadyProcess, stopLeftovers, type Command } from '../../test/support/processes.ts';
import { ensureTools, type Report } from '../tools.ts';
import { call } from './agreement/server.ts';
import { isLinear, LENGTHS, measureParsers } from './cost/parsers.ts';
import { alignedLines } from './lines.ts';

/** What a run of probes cost, as both programs say it. Times in milliseconds; `cpuMs` is user and system time of all probes. */
export interface Cost {
  readonly probes: number;
  readonly failed: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** What the benchmark is run with. */
export interface CostOptions {
  /** Says what is being done. */
  readonly tell: (line: string) => void;
  /** Says how far the build of a missing program is. */
  readonly report: Report;
  readonly print: (text: string) => void;
}

/** Who probes, and how long connections live. */
const SUBJECTS = {
  ours: { program: 'ours', connections: 'probe', words: 'this operator, one connection for each probe' },
  'ours kept': {
    program: 'ours',
    connections: 'kept',
    words: 'its probe, connections kept (not what it does)',
  },
  'go kept': { program: 'go', connections: 'kept', words: 'go-containerregistry, connections kept' },
  'go probe': {
    program: 'go',
    connections: 'probe',
    words: 'go-containerregistry, one connection for each probe',
  },
  'go request': {
    program: 'go',
    connections: 'request',
    words: 'go-containerregistry, one for each request',
  },
} as const;

type Subject = keyof typeof SUBJECTS;

const PROBES = 500;
const WARM_UP = 300;
const ROUNDS = 2;
const CONCURRENCY = [1, 20] as const;

/** Ratios that are wanted: CPU per probe of ours by that of the peer. */
const RATIOS: readonly { readonly ours: Subject; readonly peer: Subject; readonly aim?: number }[] = [
  { ours: 'ours kept', peer: 'go kept', aim: 3 },
  { ours: 'ours', peer: 'go probe', aim: 1.5 },
  { ours: 'ours', peer: 'go request', aim: 1.5 },
  { ours: 'ours', peer: 'go kept' },
];

/** Requests and connections of one of our probes where the token service is at the registry's own address. */
const COUNTS = { requests: 4, connections: 1 } as const;

/** A run's costs, and what the registry counted. */
interface Measured extends Cost {
  readonly subject: Subject;
  readonly concurrency: number;
  readonly requests: number;
  readonly connections: number;
}

/**
 * Measures our probe against go-containerregistry's CheckPushPermission, and the parsers, and prints both.
 * @returns whether every probe succeeded, ours took no more requests and connections than it should, and the parsers are linear.
 * Times decide nothing: the machine may be busy
 */
export async function cost({ tell, report, print }: CostOptions): Promise<boolean> {
  const { ggcr } = await ensureTools(['ggcr'], report);
  const dir = await mkdtemp(join(tmpdir(), 'registry-push-check-cost-'));
  try {
    const authority = await createAuthority('cost');
    const files = {
      authority: join(dir, 'authority.crt'),
      key: join(dir, 'key'),
      certificate: join(dir, 'crt'),
    };
    const names = { ...LOOPBACK, dnsNames: [...LOOPBACK.dnsNames, PEER_HOST] };
    const { certPem, keyPem } = await authority.issue({ commonName: 'stub', ...names });
    await writeFile(files.authority, authority.pem);
    await writeFile(files.key, keyPem, { mode: 0o600 });
    await writeFile(files.certificate, certPem);
    const port = await startStub(files.key, files.certificate);
    const counts = async (): Promise<{ requests: number; connections: number }> => {
      const { body } = await call(new URL(`https://localhost:${port}/counts`), authority.pem);
      return JSON.parse(body) as { requests: number; connections: number };
    };
    const measured: Measured[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      for (const concurrency of CONCURRENCY) {
        for (const subject of Object.keys(SUBJECTS) as Subject[]) {
          tell(`round ${round} of ${ROUNDS}: ${SUBJECTS[subject].words}, ${concurrency} at once`);
          const before = await counts();
          const spent = await spend(commandOf(subject, concurrency, port, files.authority, ggcr));
          const after = await counts();
          const requests = after.requests - before.requests;
          const connections = after.connections - before.connections;
          measured.push({ subject, concurrency, requests, connections, ...spent });
        }
      }
    }
    print(`${costTable(measured)}\n${ratioTable(measured)}\n`);
    tell('parsers');
    const growths = measureParsers();
    print(`${growthTable(growths)}\n`);
    const counted = measured.filter(({ subject }) => subject === 'ours').map(perProbe);
    const few = counted.every(
      (one) => one.requests <= COUNTS.requests && one.connections <= COUNTS.connections,
    );
    if (!few) print(`MISMATCH: more than ${COUNTS.requests} requests and ${COUNTS.connections} connection\n`);
    return few && measured.every(({ failed }) => failed === 0) && growths.every(isLinear);
  } finally {
    await stopLeftovers();
    await rm(dir, { recursive: true, force: true });
  }
}

/** go-containerregistry tries http, too, at a host that is called localhost. */
const PEER_HOST = 'registry.example.com';

async function startStub(key: string, certificate: string): Promise<number> {
  const file = join(import.meta.dirname, 'cost', 'stub.ts');
  const command = { name: 'stub registry', file: process.execPath, args: [file, key, certificate] };
  const stub = await startReadyProcess(command, (output) => Promise.resolve(output.includes('port ')));
  return Number(/port (\d+)/.exec(stub.output())?.[1]);
}

/** The flags of the image (docs/decisions, Dockerfile). */
const FLAGS = [
  '--optimize-for-size',
  '--max-semi-space-size=2',
  '--max-old-space-size=96',
  '--disable-proto=delete',
  '--disable-sigusr1',
] as const;

function commandOf(
  subject: Subject,
  concurrency: number,
  port: number,
  authority: string,
  ggcr: string,
): Command {
  const { program, connections } = SUBJECTS[subject];
  const amount = { probes: PROBES, 'warm-up': WARM_UP, concurrency, connections, authority };
  const own =
    program === 'ours'
      ? { url: `https://localhost:${port}` }
      : {
          repository: `${PEER_HOST}:${port}/team/app`,
          dial: `localhost:${port}`,
          username: 'ci',
        };
  const args = Object.entries({ ...amount, ...own }).map(([name, value]) => `--${name}=${String(value)}`);
  return program === 'ours'
    ? {
        name: subject,
        file: process.execPath,
        args: [...FLAGS, join(import.meta.dirname, 'cost', 'ours.ts'), ...args],
      }
    : { name: subject, file: ggcr, args };
}

async function spend(command: Command): Promise<Cost> {
  const { code, stdout, stderr } = await runProcess(command, 'password');
  if (code !== 0) throw new Error(`${command.name} failed:\n${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as Cost;
}

interface PerProbe {
  readonly requests: number;
  readonly connections: number;
  readonly cpuMs: number;
}

/** Requests and connections were counted over the warm-up, too; CPU was not. */
function perProbe({ requests, connections, cpuMs, probes }: Measured): PerProbe {
  const counted = probes + WARM_UP;
  return { requests: requests / counted, connections: connections / counted, cpuMs: cpuMs / probes };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function costTable(measured: readonly Measured[]): string {
  const head = ['who', 'at once', 'requests', 'connections', 'CPU ms', 'p50 ms', 'p95 ms', 'probes/s'];
  const rows = CONCURRENCY.flatMap((concurrency) =>
    (Object.keys(SUBJECTS) as Subject[]).map((subject) => {
      const runs = measured.filter((one) => one.subject === subject && one.concurrency === concurrency);
      const each = runs.map(perProbe);
      return [
        SUBJECTS[subject].words,
        String(concurrency),
        mean(each.map(({ requests }) => requests)).toFixed(2),
        mean(each.map(({ connections }) => connections)).toFixed(2),
        mean(each.map(({ cpuMs }) => cpuMs)).toFixed(2),
        mean(runs.map(({ p50Ms }) => p50Ms)).toFixed(1),
        mean(runs.map(({ p95Ms }) => p95Ms)).toFixed(1),
        mean(runs.map(({ probes, wallMs }) => (probes / wallMs) * 1000)).toFixed(0),
      ];
    }),
  );
  return alignedLines([head, ...rows]);
}

function ratioTable(measured: readonly Measured[]): string {
  const cpu = (subject: Subject, concurrency: number): number =>
    mean(
      measured
        .filter((one) => one.subject === subject && one.concurrency === concurrency)
        .map((one) => perProbe(one).cpuMs),
    );
  const rows = RATIOS.flatMap(({ ours, peer, aim }) =>
    CONCURRENCY.map((concurrency) => {
      const ratio = cpu(ours, concurrency) / cpu(peer, concurrency);
      const met = aim === undefined ? '' : ratio <= aim ? 'met' : 'missed';
      const words = `${SUBJECTS[ours].words} : ${SUBJECTS[peer].words}`;
      return [words, String(concurrency), `${ratio.toFixed(1)}×`, aim === undefined ? '' : `≤ ${aim}×`, met];
    }),
  );
  return alignedLines([['CPU per probe', 'at once', 'ratio', 'aim', ''], ...rows]);
}

function growthTable(growths: ReturnType<typeof measureParsers>): string {
  const head = ['parser, µs by characters', ...LENGTHS.map(String), '× for 8 ×', ''];
  const rows = growths.map((growth) => [
    growth.name,
    ...growth.us.map((us) => us.toFixed(us < 10 ? 1 : 0)),
    growth.factor.toFixed(1),
    isLinear(growth) ? 'linear' : 'MORE THAN LINEAR',
  ]);
  return alignedLines([head, ...rows]);
}
