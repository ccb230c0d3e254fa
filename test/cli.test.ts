import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { version } from '../src/cli/version.ts';
import { suspendedStatus } from '../src/controller/status.ts';
import { aCheck, NOW_MS } from './support/builders.ts';
import {
  freePort,
  runProcess,
  startProcess,
  startReadyProcess,
  type Command,
  type Finished,
  type RunningProcess,
} from './support/processes.ts';
import { startScriptedServer, type ScriptedServer } from './support/scripted-server.ts';

const CLI = join(import.meta.dirname, '..', 'src', 'cli.ts');
const UNSERVED = join(import.meta.dirname, 'support', 'unserved.yaml');

/** The command with nothing of this machine in its environment. */
function command(args: readonly string[], env: NodeJS.ProcessEnv = {}): Command {
  return {
    name: `registry-push-check ${args.join(' ')}`,
    file: process.execPath,
    args: [CLI, ...args],
    env: { HOME: '/nonexistent', ...env },
  };
}

/** The operator, which serves nothing: several run at once. */
function controller(kubeconfig: string, ...args: readonly string[]): Command {
  return command(['controller', '--kubeconfig', kubeconfig, '--config', UNSERVED, ...args]);
}

/** The operator once it says that it has started. */
function start(kubeconfig: string): Promise<RunningProcess> {
  return startReadyProcess(controller(kubeconfig), async (output) => output.includes('"started"'));
}

function run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Finished> {
  return runProcess(command(args, env));
}

/** The lines on stderr that are no log. */
function complaints({ stderr }: Finished): readonly string[] {
  return stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
}

describe('registry-push-check', () => {
  let dir: string;
  before(async () => (dir = await mkdtemp(join(tmpdir(), 'cli-'))));
  after(() => rm(dir, { recursive: true }));

  const file = async (name: string, text: string): Promise<string> => {
    const path = join(dir, name);
    await writeFile(path, text);
    return path;
  };

  it('--help shows the commands', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout)
      .to.match(/Usage: registry-push-check /)
      .and.match(/^ {2}controller /m);
  });

  it('--version shows the version of the package', async () => {
    expect(await run(['--version'])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect(version).to.match(/^\d+\.\d+\.\d+/);
  });

  it('controller --help shows its options', async () => {
    const { code, stdout, stderr } = await run(['controller', '--help']);
    expect([code, stderr]).to.deep.equal([0, '']);
    for (const option of ['--config <file>', '--kubeconfig <file>', '--log-level <level>']) {
      expect(stdout).to.include(option);
    }
  });

  const misuse: readonly (readonly [name: string, args: readonly string[], says: RegExp])[] = [
    ['no command', [], /^Usage: registry-push-check/],
    ['an unknown command', ['contoller'], /unknown command 'contoller'\n\(Did you mean controller\?\)/],
    [
      'an unknown option',
      ['controller', '--confg', 'x'],
      /unknown option '--confg'\n\(Did you mean --config\?\)/,
    ],
    ['an option without its value', ['controller', '--config'], /'--config <file>' argument missing/],
    ['an argument too many', ['controller', 'now'], /too many arguments/],
  ];
  for (const [name, args, says] of misuse) {
    it(`explains ${name} on stderr and exits 2`, async () => {
      const { code, stdout, stderr } = await run(args);
      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr)
        .to.match(says)
        .and.not.match(/^\s+at /m);
    });
  }

  describe('controller', () => {
    it('exits 2 with one line where the configuration file is missing', async () => {
      const path = join(dir, 'missing.yaml');
      const finished = await run(['controller', '--config', path]);
      expect(finished).to.deep.equal({
        code: 2,
        stdout: '',
        stderr: `registry-push-check: cannot read the configuration file ${JSON.stringify(path)} (ENOENT)\n`,
      });
    });

    it('exits 2 with every problem of the configuration', async () => {
      const path = await file(
        'bad.yaml',
        'concurrency: hunter2\nlog: {level: hunter2}\nwatchNamespace: []\n',
      );
      const finished = await run(['controller', '--config', path]);
      expect(finished.code).to.equal(2);
      expect(finished.stderr.trimEnd().split('\n')).to.deep.equal([
        'registry-push-check: concurrency: expected a whole number from 1 to 1000',
        'registry-push-check: log.level: expected one of debug, info, warn, error',
        'registry-push-check: "watchNamespace": unknown key; did you mean watchNamespaces?',
      ]);
    });

    it('exits 2 where --log-level is none', async () => {
      const finished = await run(['controller', '--log-level', 'loud']);
      expect([finished.code, complaints(finished)]).to.deep.equal([
        2,
        ['registry-push-check: log.level: expected one of debug, info, warn, error'],
      ]);
    });

    it('TLS: exits 2 where certificates would not be verified', async () => {
      const finished = await run(['controller'], { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
      expect(finished.code).to.equal(2);
      expect(complaints(finished)).to.have.lengthOf(1);
      expect(finished.stderr).to.match(/^registry-push-check: NODE_TLS_REJECT_UNAUTHORIZED=0 .* unset it/);
    });

    const kubeconfigs: readonly (readonly [name: string, text: string])[] = [
      ['broken', 'password: hunter2: ['],
      ['empty', ''],
      [
        'of plain http',
        'clusters: [{name: c, cluster: {server: "http://hunter2.example.com"}}]\ncontexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n',
      ],
    ];
    for (const [name, text] of kubeconfigs) {
      it(`L8: exits 1 with one line where the kubeconfig is ${name}`, async () => {
        const finished = await run(['controller', '--kubeconfig', await file('kubeconfig', text)]);
        expect(finished.code).to.equal(1);
        expect(complaints(finished)).to.have.lengthOf(1);
        expect(finished.stderr)
          .to.not.include('hunter2')
          .and.not.match(/^\s+at /m);
      });
    }

    it('exits 1 with one line where the kubeconfig is missing', async () => {
      const path = join(dir, 'no-kubeconfig');
      const finished = await run(['controller', '--kubeconfig', path]);
      expect(finished.code).to.equal(1);
      expect(complaints(finished).join('\n')).to.include(path).and.include('ENOENT');
    });

    describe('with a cluster', () => {
      let api: ScriptedServer;
      before(async () => (api = await startScriptedServer()));
      after(() => api.stop());

      it('exits 1 with one line where the bundle of authorities is missing', async () => {
        const config = await file('ca.yaml', `caBundle: ${join(dir, 'no-ca.pem')}\n`);
        const finished = await run([
          'controller',
          '--kubeconfig',
          await api.kubeconfig(),
          '--config',
          config,
        ]);
        expect(finished.code).to.equal(1);
        expect(complaints(finished)).to.deep.equal([
          `registry-push-check: caBundle ${JSON.stringify(join(dir, 'no-ca.pem'))}: it cannot be read`,
        ]);
      });

      it('exits 1 with one line where its port is taken', async () => {
        const silent = await startSilentServer();
        const { port } = silent;
        const config = await file('taken.yaml', `server: {address: 127.0.0.1, port: ${port}}\n`);
        const finished = await run([
          'controller',
          '--kubeconfig',
          await api.kubeconfig(),
          '--config',
          config,
        ]);
        silent.stop();
        expect(finished.code).to.equal(1);
        expect(complaints(finished)).to.deep.equal([
          `registry-push-check: server.port ${port} on server.address 127.0.0.1: the port is taken: set another server.port, or 0 for no server`,
        ]);
      });

      it('is not ready from SIGTERM on, and alive until it has ended', async () => {
        const scene = serve(api);
        const port = await freePort();
        const config = await file('served.yaml', `server: {address: 127.0.0.1, port: ${port}}\n`);
        const args = ['controller', '--kubeconfig', await api.kubeconfig(), '--config', config];
        const running = await startProcess(command(args));
        const write = await scene.patched;
        const get = async (path: string): Promise<readonly [number, string]> => {
          const response = await fetch(`http://127.0.0.1:${port}${path}`);
          return [response.status, await response.text()];
        };
        expect(await get('/readyz')).to.deep.equal([200, 'ok\n']);
        running.kill('SIGTERM');
        await scene.unwatched;
        expect(await get('/readyz')).to.deep.equal([503, 'stopping\n']);
        expect(await get('/livez')).to.deep.equal([200, 'ok\n']);
        expect((await get('/metrics'))[0]).to.equal(200);
        scene.take(write);
        expect(await running.exited).to.equal('exit code 0');
        expect(running.output()).to.include(`"url":"http://127.0.0.1:${port}"`);
      });

      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        it(`exits 0 on ${signal} while nothing listens at the API server’s address`, async () => {
          const server = `https://127.0.0.1:${String(await freePort())}`;
          const running = await start(await api.kubeconfig({ file: 'nobody', server }));
          running.kill(signal);
          expect(await running.exited).to.equal('exit code 0');
          expect(running.output()).to.include('"stopped"').and.not.include('canary-token');
        });
      }

      it('exits 0 on SIGTERM while the API server accepts and is silent', async () => {
        const silent = await startSilentServer();
        const running = await start(await api.kubeconfig({ file: 'silent', server: silent.url }));
        await silent.accepted;
        running.kill('SIGTERM');
        expect(await running.exited).to.equal('exit code 0');
        silent.stop();
      });

      for (const [status, advice] of [
        [
          404,
          'is not installed: run \\"registry-push-check crds apply\\" as somebody who may, or kubectl apply',
        ],
        [403, 'may not list registrypushchecks: deploy/install.yaml has the roles'],
      ] as const) {
        it(`says what to install where the API server answers ${String(status)} to the kind`, async () => {
          api.answer((_, response) => void response.writeHead(status).end('{}'));
          const running = await startReadyProcess(controller(await api.kubeconfig()), async (output) =>
            output.includes(advice),
          );
          running.kill('SIGTERM');
          expect(await running.exited).to.equal('exit code 0');
        });
      }

      it('lets the command line say how much is logged', async () => {
        const scene = serve(api);
        const kubeconfig = await api.kubeconfig();
        const running = await startProcess(controller(kubeconfig, '--log-level', 'error'));
        scene.take(await scene.patched);
        running.kill('SIGTERM');
        expect(await running.exited).to.equal('exit code 0');
        expect(running.output()).to.equal('');
      });

      describe('that is slow to take a status', () => {
        let scene: Scene;
        let running: RunningProcess;
        beforeEach(async () => {
          scene = serve(api);
          running = await start(await api.kubeconfig());
          await scene.patched;
          running.kill('SIGTERM');
          await scene.unwatched;
        });
        afterEach(() => running.stop(0));

        it('waits on SIGTERM for the status that is being written, and the event after it', async () => {
          expect(running.output()).to.not.include('"stopped"');
          scene.take(await scene.patched);
          expect(await running.exited).to.equal('exit code 0');
          expect(running.output()).to.include('"stopped"');
          expect(api.requests.at(-1)).to.equal('POST /apis/events.k8s.io/v1/namespaces/team/events');
        });

        for (const [signal, code] of [
          ['SIGTERM', 143],
          ['SIGINT', 130],
        ] as const) {
          it(`exits ${code} at once on ${signal} after SIGTERM`, async () => {
            running.kill(signal);
            expect(await running.exited).to.equal(`exit code ${code}`);
            expect(running.output()).to.not.include('"stopped"');
          });
        }
      });
    });
  });
});

interface Scene {
  /** The first write of a status, which waits to be taken. */
  readonly patched: Promise<ServerResponse>;
  /** Resolves when the watch has been given up. */
  readonly unwatched: Promise<void>;
  /** Lets a write through. */
  take(write: ServerResponse): void;
}

/** One suspended check, a watch that stays open, and writes that wait until a test lets them through. */
function serve(api: ScriptedServer): Scene {
  const check = aCheck({ spec: { suspend: true } });
  const patched = Promise.withResolvers<ServerResponse>();
  const unwatched = Promise.withResolvers<void>();
  api.answer((request, response) => {
    if (request.method === 'PATCH') {
      patched.resolve(response);
    } else if (request.method === 'POST') {
      response.writeHead(201).end('{}');
    } else if (request.url?.includes('watch=') === true) {
      response.on('close', unwatched.resolve).writeHead(200).flushHeaders();
    } else {
      response.end(JSON.stringify({ metadata: { resourceVersion: '100' }, items: [check] }));
    }
  });
  return {
    patched: patched.promise,
    unwatched: unwatched.promise,
    take: (write) => write.end(JSON.stringify({ ...check, status: suspendedStatus(check, NOW_MS) })),
  };
}

interface SilentServer {
  readonly url: string;
  readonly port: number;
  /** Resolves with the first connection. */
  readonly accepted: Promise<void>;
  stop(): void;
}

async function startSilentServer(): Promise<SilentServer> {
  const sockets: Socket[] = [];
  const { promise: accepted, resolve } = Promise.withResolvers<void>();
  const server: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    resolve();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${String(port)}`,
    port,
    accepted,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
