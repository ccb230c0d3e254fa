import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { parseConfig } from '../src/config.ts';
import { runOperator } from '../src/main.ts';
import { aCheck } from './support/builders.ts';
import { startScriptedServer, type ScriptedServer } from './support/scripted-server.ts';

describe('runOperator', function () {
  this.timeout(60_000);
  let server: ScriptedServer;
  before(async () => {
    server = await startScriptedServer();
  });
  after(() => server.stop());

  it('forgets what it has told of a check when the check is gone', async () => {
    const object = (version: number): object => {
      const { metadata } = aCheck();
      const own = { ...metadata, uid: `u-${String(version)}`, resourceVersion: String(version) };
      return { ...aCheck(), metadata: own, spec: { registryUrl: 'ftp://registry.example' } };
    };
    let now = object(1);
    let patches = 0;
    let watch: (event: object) => void = () => undefined;
    server.answer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', server.url);
      const say = (status: number, body: object): void => {
        response.writeHead(status, { 'Content-Type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      if (request.method === 'PATCH') {
        // Of each status the whole is refused, and the verdict alone is taken.
        patches += 1;
        say(patches % 2 === 1 ? 422 : 200, patches % 2 === 1 ? { kind: 'Status', reason: 'Invalid' } : now);
      } else if (!pathname.endsWith('/registrypushchecks')) {
        say(request.method === 'POST' ? 201 : 404, {});
      } else if (searchParams.has('watch')) {
        response.writeHead(200, { 'Content-Type': 'application/json' });
        response.flushHeaders();
        watch = (event) => void response.write(`${JSON.stringify(event)}\n`);
      } else {
        say(200, { metadata: { resourceVersion: '1' }, items: [now] });
      }
    });

    const told: string[] = [];
    const stop = new AbortController();
    const config = parseConfig('server: {port: 0}');
    const running = runOperator(
      config,
      await server.kubeconfig(),
      (level, message) => void (message.includes('the status was refused') && told.push(level)),
      stop.signal,
    );
    const toldOf = async (count: number): Promise<void> => {
      const deadline = performance.now() + 30_000;
      while (told.length < count) {
        if (performance.now() > deadline) throw new Error(`told ${String(told.length)} times`);
        await sleep(20);
      }
    };
    try {
      await toldOf(1);
      watch({ type: 'DELETED', object: now });
      now = object(2);
      watch({ type: 'ADDED', object: now });
      await toldOf(2);
    } finally {
      stop.abort(new Error('the test is over'));
      await running;
    }
    expect(told).to.deep.equal(['warn', 'warn']);
  });
});
