import { text as readText } from 'node:stream/consumers';
import { expect } from 'chai';
import type { RegistryPushCheck, RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import { parseConfig } from '../../src/config.ts';
import { createRecent } from '../../src/controller/recent.ts';
import { createRefusals } from '../../src/controller/refusals.ts';
import { createReminders } from '../../src/controller/reminders.ts';
import { createUnwritten } from '../../src/controller/unwritten.ts';
import { writeStatus } from '../../src/controller/write.ts';
import { KubeError, type KubeClient } from '../../src/kube/client.ts';
import { runController } from '../../src/kube/controller.ts';
import { createRecorder } from '../../src/kube/recorder.ts';
import { createWorkqueue } from '../../src/kube/workqueue.ts';
import { createWorld, type Parts } from '../../src/operator-world.ts';
import { aCheck, at } from '../support/builders.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';
import { aBench, type Bench } from '../support/informer-bench.ts';
import { clientOf, NEVER } from '../support/kube-client.ts';
import { kubeError, scriptedClient } from '../support/scripted-client.ts';
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts';
import { after, green } from '../controller/story.ts';

const CANARY = 'c4nary-value';

/** A green status with all its fields, as it is written. */
const full: RegistryPushCheckStatus = {
  ...after([green({ secretVersion: '7' })]).status,
  lastHandledReconcileAt: '1',
  history: [{ time: at(0), ready: 'True', reason: 'PushAuthorized' }],
};

/** What the API server says to a status that its schema does not take: it quotes the values. */
const refusal = {
  kind: 'Status',
  reason: 'Invalid',
  message: `is invalid: status.lastProbe.trigger: Unsupported value: "${CANARY}"`,
  details: {
    causes: [
      { field: 'status.lastProbe.trigger', message: `Unsupported value: "${CANARY}"` },
      { field: 'status.findings', message: CANARY },
    ],
  },
};

describe('what the API server may say', () => {
  describe('to a watch', () => {
    let bench: Bench;
    afterEach(() => bench.stop());

    const lines: readonly (readonly [name: string, line: string])[] = [
      ['a bookmark without metadata', '{"type":"BOOKMARK","object":{}}'],
      ['a bookmark without an object', '{"type":"BOOKMARK"}'],
      ['a bookmark of null', '{"type":"BOOKMARK","object":null}'],
      ['a bookmark of a text', '{"type":"BOOKMARK","object":"x"}'],
      ['an ERROR without metadata', '{"type":"ERROR","object":{"kind":"Status","code":500}}'],
      ['an ERROR without an object', '{"type":"ERROR"}'],
      ['an ERROR of null', '{"type":"ERROR","object":null}'],
      ['an ERROR that says it is no number', '{"type":"ERROR","object":{"code":"410"}}'],
      ['an ERROR 410 without metadata', '{"type":"ERROR","object":{"code":410}}'],
    ];
    for (const [name, line] of lines) {
      it(`row 65: ${name} stops nothing: what comes after it is heard, and nobody is hammered`, async () => {
        bench = aBench();
        const { api, clock, informer } = bench;
        await bench.start();
        api.put('a', 'one', 1);
        await settle();
        api.send(line);
        await settle();
        api.put('a', 'two', 2);
        await clock.advance(5_000);
        expect(Object.keys(bench.mirror())).to.have.members(['a/one', 'a/two']);
        expect([informer.synced, api.openWatches]).to.deep.equal([true, 1]);
        expect(api.requests.length).to.be.at.most(4);
        // A bookmark does not even end the watch; an ERROR ends it by what it says, not by a crash of ours.
        const watches = api.requests.filter((request) => request.startsWith('watch'));
        expect(watches).to.have.length(name.includes('ERROR') ? 2 : 1);
        const said = name.includes('ERROR')
          ? 'KubeError: watch /things'
          : 'a line of a watch could not be read';
        expect(bench.logs.filter((logged) => !logged.includes(said))).to.deep.equal([]);
      });
    }
  });

  describe('to a status', () => {
    const rebase = (): RegistryPushCheckStatus => full;
    const patched = (body: unknown): Readonly<Record<string, unknown>> =>
      (body as { readonly status: Readonly<Record<string, unknown>> }).status;

    for (const status of [422, 413]) {
      it(`row 66: ${status} gets the verdict without the details, once, and the next visit knows what it has to`, async () => {
        const script = scriptedClient(kubeError(status), aCheck());
        const written = await writeStatus(script.client, aCheck(), rebase, NEVER);
        expect(written).to.have.nested.property('refused.status', status);
        expect(script.requests).to.have.length(2);
        expect(patched(script.requests[0]?.body)).to.deep.equal(full);
        const { conditions, observedGeneration, lastProbeTime, nextProbeTime } = full;
        const kept = Object.entries(patched(script.requests[1]?.body)).filter(([, value]) => value !== null);
        expect(Object.fromEntries(kept)).to.deep.equal({
          conditions,
          observedGeneration,
          lastProbeTime,
          nextProbeTime,
          consecutiveFailures: 0,
          transientFailures: 0,
          lastHandledReconcileAt: '1',
          credentials: { secretResourceVersion: '7' },
        });
      });

      it(`row 66: ${status} to the verdict alone as well fails the turn, after two requests`, async () => {
        const [first, second] = [kubeError(status), kubeError(status)];
        const script = scriptedClient(first, second);
        const thrown: unknown = await writeStatus(script.client, aCheck(), rebase, NEVER).catch(
          (error: unknown) => error,
        );
        expect(thrown).to.equal(second);
        expect(script.requests).to.have.length(2);
      });
    }

    it('row 66: 422 takes the details of an older status away, too: they are of another visit', async () => {
      const old = aCheck({ status: { ...full, remediation: { summary: 'old', steps: [] } } });
      const script = scriptedClient(kubeError(422), aCheck());
      await writeStatus(script.client, old, rebase, NEVER);
      expect(patched(script.requests[1]?.body)).to.include({
        remediation: null,
        lastProbe: null,
        history: null,
      });
    });

    it('row 66: 422 and then a conflict is resolved as any conflict', async () => {
      const newer = aCheck({ metadata: { resourceVersion: '101' } });
      const script = scriptedClient(kubeError(422), kubeError(409), newer, newer);
      const written = await writeStatus(script.client, aCheck(), rebase, NEVER);
      expect(written).to.have.nested.property('refused.status', 422);
      expect(script.requests.map(({ method }) => method)).to.deep.equal(['PATCH', 'PATCH', 'GET', 'PATCH']);
      expect(patched(script.requests[3]?.body)['lastProbe'] ?? undefined).to.equal(undefined);
    });

    for (let turn = 1; turn <= 3; turn += 1) {
      it(`row 66: 422 at attempt ${String(turn)} does not hide from the count of conflicts: it ends`, async () => {
        const newer = aCheck({ metadata: { resourceVersion: '101' } });
        const conflicts = Array.from({ length: 10 }, () => [kubeError(409), newer]);
        const script = scriptedClient(
          ...conflicts.slice(0, turn - 1).flat(),
          kubeError(422),
          ...conflicts.slice(turn - 1).flat(),
        );
        const thrown: unknown = await writeStatus(script.client, aCheck(), rebase, NEVER).catch(
          (error: unknown) => error,
        );
        expect(thrown).to.have.property('status', 409);
        expect(script.requests.filter(({ method }) => method === 'PATCH')).to.have.length(turn < 3 ? 3 : 4);
      });
    }

    it('row 66: 409 is read again, 404 is dropped, without another request', async () => {
      const newer = aCheck({ metadata: { resourceVersion: '101' } });
      const conflict = scriptedClient(kubeError(409), newer, newer);
      expect(await writeStatus(conflict.client, aCheck(), rebase, NEVER)).to.include({ kind: 'written' });
      expect(conflict.requests.map(({ method }) => method)).to.deep.equal(['PATCH', 'GET', 'PATCH']);
      const gone = scriptedClient(kubeError(404), kubeError(404));
      expect(await writeStatus(gone.client, aCheck(), rebase, NEVER)).to.deep.equal({
        kind: 'superseded',
        by: undefined,
      });
    });

    describe('of a real client', () => {
      let server: ScriptedServer;
      beforeEach(async () => {
        server = await startScriptedServer();
      });
      afterEach(() => server.stop());

      /** Takes a status that has no details. */
      function answersLikeAnOlderCrd(): void {
        server.answer((request, response) => {
          void readText(request).then((body) => {
            const { status } = JSON.parse(body) as RegistryPushCheck;
            const taken = (status?.lastProbe ?? undefined) === undefined;
            response.writeHead(taken ? 200 : 422, { 'Content-Type': 'application/json' });
            return response.end(JSON.stringify(taken ? aCheck({ status: { conditions: [] } }) : refusal));
          });
        });
      }

      it('row 66: 422 is logged once, with the names of the fields and without their values', async () => {
        answersLikeAnOlderCrd();
        const logs: string[] = [];
        const refusals = createRefusals();
        const world = worldOf(await clientOf(server), logs, refusals);
        for (let visit = 1; visit <= 5; visit += 1) {
          const written = await world.write(aCheck(), rebase);
          expect(written.kind).to.equal('written');
          // Whoever is created anew under the name is another one.
          if (visit === 3) refusals.forget('team/mirror');
        }
        expect(server.requests).to.have.length(10);
        const [first = '', second, ...more] = logs.filter((line) => line.startsWith('warn '));
        expect([second, more]).to.deep.equal([first, []]);
        expect(first).to.match(
          /^warn the status was refused: only the verdict is written .*team\/mirror.*422 Invalid: status\.lastProbe\.trigger, status\.findings/,
        );
        expect(logs.join()).to.not.include(CANARY);
      });
    });

    it('row 66: 422 to whatever is written is no hot loop: a few dozen requests in an hour', async () => {
      const clock = createFakeClock();
      let patches = 0;
      const request = (): Promise<never> => {
        patches += 1;
        return Promise.reject(kubeError(422));
      };
      const client = { ...scriptedClient().client, request };
      const queue = createWorkqueue(clock);
      const stop = new AbortController();
      const reconcile = async (): Promise<object> => writeStatus(client, aCheck(), rebase, stop.signal);
      const random = (): number => 0;
      const log = (): void => undefined;
      const running = runController({
        queue,
        workers: 2,
        reconcile,
        log,
        clock,
        random,
        signal: stop.signal,
      });
      queue.add('team/mirror');
      await clock.advance(3_600_000);
      stop.abort();
      await running;
      expect(patches).to.be.within(20, 80);
    });
  });

  describe('to an Event', () => {
    for (const status of [403, 429, 409, 500]) {
      it(`row 67: ${status} drops it: one request, one line, and the turn goes on`, async () => {
        const logs: string[] = [];
        const script = scriptedClient(kubeError(status));
        const world = worldOf(script.client, logs);
        const note = `the note ${CANARY}`;
        const announcement = { type: 'Warning', reason: 'PushDenied', note } as const;
        await world.record(aCheck(), { ...announcement, secret: undefined, series: undefined });
        expect(script.requests.map(({ method }) => method)).to.deep.equal(['POST']);
        const [line = '', ...more] = logs.filter((one) => one.startsWith('warn '));
        expect(more).to.deep.equal([]);
        expect(line).to.match(
          new RegExp(`could not be written .*team/mirror.*PushDenied.*${String(status)}`),
        );
        expect(line).to.not.include(CANARY);
      });
    }

    it('row 67: 409 to the first of a series counts it: somebody told it before', async () => {
      const logs: string[] = [];
      const script = scriptedClient(kubeError(409), {});
      const announcement = { type: 'Warning', reason: 'PushDenied', note: 'no', secret: undefined } as const;
      await worldOf(script.client, logs).record(aCheck(), {
        ...announcement,
        series: { sinceMs: 0, count: 1 },
      });
      expect(script.requests.map(({ method }) => method)).to.deep.equal(['POST', 'PATCH']);
      expect(logs.filter((line) => line.startsWith('warn '))).to.deep.equal([]);
    });

    it('row 67: 403 to all of them costs ten requests of one check at once, and no more', async () => {
      let requests = 0;
      const request = (): Promise<never> => {
        requests += 1;
        return Promise.reject(new KubeError({ status: 403, reason: 'Forbidden', message: 'no' }));
      };
      const world = worldOf({ ...scriptedClient().client, request }, []);
      const announcement = { type: 'Warning', reason: 'PushDenied', note: 'no', secret: undefined } as const;
      for (let told = 0; told < 100; told += 1)
        await world.record(aCheck(), { ...announcement, series: undefined });
      expect(requests).to.equal(10);
    });
  });
});

/** The operator's world on this API server; what it logs is put into `logs` as `level message fields`. */
function worldOf(
  client: KubeClient,
  logs: string[],
  refusals = createRefusals(),
): ReturnType<typeof createWorld> {
  const log: Parts['log'] = (level, message, fields) =>
    void logs.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const clock = createFakeClock();
  const component = 'registry-push-check';
  return createWorld({
    config: parseConfig(''),
    client,
    checks: { get: () => undefined, list: () => [], synced: true, heardMs: 0, put: ignore, run: never },
    prober: { inFlight: 0, ask: () => Promise.reject(new Error('nobody asks')) },
    recorder: createRecorder({ client, component, instance: 'pod-1', clock, log }),
    memory: { unwritten: createUnwritten(), recent: createRecent(), reminders: createReminders() },
    refusals,
    metrics: { probed: ignore, wrote: ignore, scrape: never } as unknown as Parts['metrics'],
    log,
    flush: NEVER,
  });
}

function ignore(): void {
  // Nobody looks at it here.
}

function never(): Promise<never> {
  return Promise.reject(new Error('nobody asks'));
}
