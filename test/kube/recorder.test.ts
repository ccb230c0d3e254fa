import { expect } from 'chai';
import type { KubeClient, KubeRequest } from '../../src/kube/client.ts';
import {
  createRecorder,
  cutNote,
  eventName,
  type KubeEvent,
  type Recorder,
} from '../../src/kube/recorder.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { kubeError } from '../support/scripted-client.ts';

const anEvent = (over: Partial<KubeEvent> = {}, uid = 'uid-1'): KubeEvent => ({
  regarding: { apiVersion: 'example.com/v1', kind: 'Thing', namespace: 'a', name: 'one', uid },
  type: 'Warning',
  reason: 'Broken',
  action: 'Look',
  note: 'It is broken.',
  ...over,
});

describe('createRecorder', () => {
  const signal = new AbortController().signal;
  let clock: FakeClock;
  let sent: KubeRequest[];
  let problem: Error | undefined;
  let fails: () => Error | undefined;
  let client: KubeClient;
  let logs: string[];
  let recorder: Recorder;

  beforeEach(() => {
    clock = createFakeClock();
    sent = [];
    logs = [];
    problem = undefined;
    fails = () => problem;
    client = {
      request: (request) => {
        sent.push(request);
        const error = fails();
        return error === undefined ? Promise.resolve({} as never) : Promise.reject(error);
      },
    } satisfies Pick<KubeClient, 'request'> as unknown as KubeClient;
    recorder = createRecorder({
      client,
      component: 'example.com/controller',
      instance: 'pod-1',
      clock,
      log: (level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
  });

  it('writes an event within the budget of requests, with a time of six decimals', async () => {
    await clock.advance(1234);
    await recorder.record(anEvent(), signal);
    const [request] = sent;
    const body = request?.body as { metadata: { name: string } };
    expect(request).to.deep.include({
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/a/events',
    });
    // Ten thousand red checks are told again at once after a restart.
    expect(request).to.not.have.property('limited');
    expect(body.metadata.name).to.match(/^one\.[0-9a-f]{16}$/);
    expect(body).to.deep.equal({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: body.metadata.name, namespace: 'a' },
      eventTime: '2026-01-01T00:00:01.234000Z',
      reportingController: 'example.com/controller',
      reportingInstance: 'pod-1',
      type: 'Warning',
      reason: 'Broken',
      action: 'Look',
      note: 'It is broken.',
      regarding: anEvent().regarding,
    });
    expect(logs).to.deep.equal([]);
  });

  it('writes events of cluster-scoped objects into default', async () => {
    await recorder.record(anEvent({ regarding: { ...anEvent().regarding, namespace: '' } }), signal);
    expect(sent[0]?.path).to.equal('/apis/events.k8s.io/v1/namespaces/default/events');
  });

  it('gives equal events of one moment different names', async () => {
    await recorder.record(anEvent(), signal);
    await recorder.record(anEvent(), signal);
    const names = sent.map(({ body }) => (body as { metadata: { name: string } }).metadata.name);
    expect(new Set(names).size).to.equal(2);
  });

  it('never throws: a failure is logged, without the note', async () => {
    problem = new Error('403');
    await recorder.record(anEvent(), signal);
    expect(logs).to.deep.equal([
      'warn an event could not be written {"key":"a/one","reason":"Broken","error":"Error: 403"}',
    ]);
  });

  it('never throws, whatever it is given', async () => {
    await recorder.record(anEvent({ note: undefined as never }), signal);
    expect(logs).to.have.length(1);
  });

  it('is silent about failures after an abort', async () => {
    problem = new Error('aborted');
    await recorder.record(anEvent(), AbortSignal.abort());
    expect(logs).to.deep.equal([]);
  });

  it('names another object that has to do with it', async () => {
    const related = { apiVersion: 'v1', kind: 'Secret', namespace: 'a', name: 'login' };
    await recorder.record(anEvent({ related }), signal);
    expect(sent[0]?.body).to.deep.include({ related });
  });

  describe('of a series', () => {
    const SINCE = Date.UTC(2025, 11, 31, 22, 30);
    const series = (count: number, over: Partial<KubeEvent> = {}): KubeEvent =>
      anEvent({ series: { sinceMs: SINCE, count }, ...over });
    /** What was sent, in short; what is in braces is that of the first event. */
    const said = (): readonly unknown[] =>
      sent.map(({ method, path, body, contentType }) => {
        const { series: repeated, eventTime } = body as Readonly<Record<string, unknown>>;
        return [method, path.replace(/.*\/events/, ''), contentType, eventTime, repeated];
      });
    const named = async (event: KubeEvent, by = recorder): Promise<string> => {
      sent = [];
      await by.record(event, signal);
      const [{ body }] = sent as [KubeRequest];
      return (body as { readonly metadata: { readonly name: string } }).metadata.name;
    };
    const NOW = '2026-01-01T00:00:00.000000Z';
    const answers = (...list: readonly (number | undefined)[]): void => {
      const left = [...list];
      fails = () => {
        const status = left.shift();
        return status === undefined ? undefined : kubeError(status);
      };
    };

    it('creates it the first time', async () => {
      await recorder.record(series(1), signal);
      expect(said()).to.deep.equal([['POST', '', undefined, NOW, undefined]]);
    });

    it('counts it from then on, and changes nothing else', async () => {
      const name = await named(series(1));
      sent = [];
      await recorder.record(series(3), signal);
      expect(said()).to.deep.equal([
        ['PATCH', `/${name}`, 'application/merge-patch+json', undefined, { count: 3, lastObservedTime: NOW }],
      ]);
      expect(Object.keys(sent[0]?.body as object)).to.deep.equal(['series']);
      expect(sent[0]).to.not.have.property('limited');
    });

    it('counts it where it is there the first time: somebody told it before', async () => {
      answers(409);
      await recorder.record(series(1), signal);
      expect(said().at(-1)).to.deep.include({ count: 2, lastObservedTime: NOW }).and.to.include('PATCH');
      expect(sent).to.have.lengthOf(2);
      expect(logs).to.deep.equal([]);
    });

    it('creates it anew, with its count and its beginning, where it has run out', async () => {
      answers(404);
      await recorder.record(series(3), signal);
      expect(said().at(-1)).to.deep.equal([
        'POST',
        '',
        undefined,
        '2025-12-31T22:30:00.000000Z',
        { count: 3, lastObservedTime: NOW },
      ]);
      expect(logs).to.deep.equal([]);
    });

    const failures: readonly (readonly [name: string, count: number, ...statuses: number[]])[] = [
      ['a refusal to create', 1, 403],
      ['a refusal to count', 3, 403],
      ['what went neither way', 1, 409, 404],
      ['what went neither way later', 3, 404, 409],
    ];
    for (const [name, count, ...statuses] of failures) {
      it(`logs ${name}, and tries no more`, async () => {
        answers(...statuses);
        await recorder.record(series(count), signal);
        expect(sent).to.have.lengthOf(statuses.length);
        expect(logs).to.have.lengthOf(1);
      });
    }

    it('is one for all processes, as long as it says the same since the same time', async () => {
      const name = await named(series(1));
      await clock.advance(1);
      expect(await named(series(1)), 'later').to.equal(name);
      const others: readonly Partial<KubeEvent>[] = [
        { note: 'It is quite broken.' },
        { reason: 'Lost' },
        { type: 'Normal' },
        { series: { sinceMs: SINCE + 1, count: 1 } },
        { regarding: { ...anEvent().regarding, uid: 'uid-2' } },
      ];
      for (const over of others)
        expect(await named(series(1, over)), JSON.stringify(over)).to.not.equal(name);
      const elsewhere = createRecorder({
        client,
        component: 'example.com/c',
        instance: 'pod-2',
        clock,
        log: () => {},
      });
      expect(await named(series(1), elsewhere)).to.equal(name);
    });
  });

  it('has a budget for each object: ten, then one every five minutes', async () => {
    const write = async (count: number, uid: string): Promise<number> => {
      const before = sent.length;
      for (let index = 0; index < count; index += 1) await recorder.record(anEvent({}, uid), signal);
      return sent.length - before;
    };
    expect(await write(15, 'uid-1')).to.equal(10);
    expect(await write(1, 'uid-2'), 'another object').to.equal(1);
    await clock.advance(299_999);
    expect(await write(1, 'uid-1'), 'too early').to.equal(0);
    await clock.advance(1);
    expect(await write(2, 'uid-1'), 'one token').to.equal(1);
    await clock.advance(86_400_000);
    expect(await write(15, 'uid-1'), 'full again').to.equal(10);
  });
});

describe('eventName', () => {
  const names: readonly [string, string][] = [
    ['a short name', 'one'],
    ['the longest name', `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`],
    ['a dot where it is cut', `${'a'.repeat(235)}.${'b'.repeat(10)}`],
    ['dashes where it is cut', `${'a'.repeat(230)}${'-'.repeat(10)}b`],
    ['nothing that can stay', '---'],
  ];
  for (const [what, name] of names) {
    it(`is a valid name for ${what}`, () => {
      const result = eventName(name, ['x']);
      expect(result.length).to.be.at.most(253);
      expect(result).to.match(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    });
  }

  it('differs with what makes it unique, and not by moving text between the parts', () => {
    const all = [
      ['a', 'b'],
      ['ab', ''],
      ['', 'ab'],
      ['b', 'a'],
    ].map((unique) => eventName('n', unique));
    expect(new Set(all).size).to.equal(4);
  });
});

describe('cutNote', () => {
  const notes: readonly [string, string, number][] = [
    ['short', 'fine', 4],
    ['exactly 1 kB', 'x'.repeat(1024), 1024],
    ['a byte over', 'x'.repeat(1025), 1024],
    ['emoji', '🦭'.repeat(400), 1023],
    ['half an emoji', 'a\uD83E', 4],
  ];
  for (const [name, note, bytes] of notes) {
    it(`keeps to 1024 bytes of whole code points (${name})`, () => {
      const cut = cutNote(note);
      expect(Buffer.byteLength(cut)).to.equal(bytes);
      expect(cut.isWellFormed()).to.equal(true);
      expect(cut.includes('�')).to.equal(name === 'half an emoji');
    });
  }
});
