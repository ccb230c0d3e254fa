import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.ts';
import { createKubeClient, type KubeClient, KubeError } from '../../src/kube/client.ts';
import { createInformer, type Informer, type KubeObject } from '../../src/kube/informer.ts';
import { createRecorder } from '../../src/kube/recorder.ts';
import { type ChaosProxy, startChaosProxy } from '../support/chaos-proxy.ts';
import { lab } from '../support/lab.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

interface Mirror extends Informer<ConfigMap> {
  /** The names that there are after the changes that were told. */
  readonly names: ReadonlySet<string>;
}

const kubectl = async (args: readonly string[], input?: string): Promise<string> => {
  const { code, stdout, stderr } = await lab().controlPlane.kubectl(
    args,
    input === undefined ? {} : { input },
  );
  expect(code, `kubectl ${args.join(' ')}: ${stderr}`).to.equal(0);
  return stdout;
};

describe('the kube toolkit against a real API server', function () {
  this.timeout(60_000);
  const namespaces = [`kube-a-${randomUUID().slice(0, 8)}`, `kube-b-${randomUUID().slice(0, 8)}`] as const;
  const [namespace] = namespaces;
  let dir: string;
  let proxy: ChaosProxy;
  /** Through the proxy. */
  let client: KubeClient;
  /** Past the proxy. */
  let direct: KubeClient;
  let stop: AbortController;
  let running: Promise<void>[];
  let changes: string[];
  let logs: string[];

  before(async () => {
    const { controlPlane } = lab();
    dir = await mkdtemp(join(lab().dir, 'kube-'));
    for (const name of namespaces) await kubectl(['create', 'namespace', name]);
    proxy = await startChaosProxy(Number(new URL(controlPlane.url).port));
    direct = createKubeClient({ kubeconfig: controlPlane.kubeconfig, clock: systemClock });
    client = await clientFor(controlPlane.kubeconfig);
  });
  after(async () => {
    await proxy.stop();
    for (const name of namespaces) await kubectl(['delete', 'namespace', name, '--wait=false']);
  });
  beforeEach(() => {
    stop = new AbortController();
    running = [];
    changes = [];
    logs = [];
  });
  afterEach(async () => {
    proxy.heal();
    stop.abort();
    await Promise.all(running);
    await direct.request({ method: 'DELETE', path: pathOf() }, new AbortController().signal);
  });

  /** The same identity, through the proxy. */
  const clientFor = async (kubeconfig: string): Promise<KubeClient> => {
    const { url } = lab().controlPlane;
    const path = join(dir, randomUUID());
    const text = await readFile(kubeconfig, 'utf8');
    await writeFile(path, text.replaceAll(url, `https://127.0.0.1:${String(proxy.port)}`));
    return createKubeClient({ kubeconfig: path, clock: systemClock });
  };
  const pathOf = (name: string = namespace): string => `/api/v1/namespaces/${name}/configmaps`;
  const create = (name: string, value: string, to: string = namespace): Promise<ConfigMap> =>
    direct.request(
      { method: 'POST', path: pathOf(to), body: { metadata: { name }, data: { value } } },
      stop.signal,
    );
  const update = (name: string, value: string): Promise<ConfigMap> =>
    direct.request(
      {
        method: 'PATCH',
        path: `${pathOf()}/${name}`,
        body: { data: { value } },
        contentType: 'application/merge-patch+json',
      },
      stop.signal,
    );
  const remove = (name: string): Promise<unknown> =>
    direct.request({ method: 'DELETE', path: `${pathOf()}/${name}` }, stop.signal);
  const start = (
    options: { client?: KubeClient; namespaces?: readonly string[]; labelSelector?: string } = {},
  ): Mirror => {
    const names = new Set<string>();
    const informer = createInformer<ConfigMap>({
      client,
      namespaces: [namespace],
      ...options,
      path: (name) => (name === undefined ? '/api/v1/configmaps' : pathOf(name)),
      trim: (raw) => {
        const { metadata, data } = raw as ConfigMap;
        const { name, uid, resourceVersion } = metadata;
        const kept = { name, namespace: metadata.namespace ?? '', uid, resourceVersion };
        return { metadata: kept, data: data ?? {} };
      },
      onChange: (key, before, after) => {
        const sign = before === undefined ? '+' : '~';
        const name = key.slice(key.indexOf('/') + 1);
        changes.push(`${after === undefined ? '-' : sign}${name}`);
        if (after === undefined) names.delete(name);
        else names.add(name);
      },
      log: (level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields)}`),
      clock: systemClock,
      random: Math.random,
    });
    running.push(informer.run(stop.signal));
    return { ...informer, names };
  };
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const deadline = performance.now() + 50_000;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`never: ${what}\n${logs.join('\n')}`);
      await sleep(10);
    }
  };
  const valueOf = (informer: Informer<ConfigMap>, name: string, of: string = namespace): string | undefined =>
    informer.get(`${of}/${name}`)?.data?.['value'];

  it('sees what is there, created, changed and deleted', async () => {
    await create('one', '1');
    const informer = start();
    await until('one', () => valueOf(informer, 'one') === '1');
    await create('two', '1');
    await update('one', '2');
    await remove('two');
    await until('the deletion', () => changes.includes('-two'));
    expect(changes).to.deep.equal(['+one', '+two', '~one', '-two']);
    expect(valueOf(informer, 'one')).to.equal('2');
  });

  it('keeps to the namespaces and the labels it is told', async () => {
    const [a, b] = namespaces;
    const scoped = start({ namespaces });
    const everywhere = start({ namespaces: [] });
    const labelled = start({ labelSelector: 'shard=a' });
    await create('one', '1', a);
    await create('two', '1', b);
    await kubectl(['label', 'configmap', 'one', 'shard=a', '-n', a]);
    await until('one and two', () => scoped.names.size === 2 && valueOf(everywhere, 'two', b) === '1');
    await until('one by its label', () => valueOf(labelled, 'one', a) === '1');
    await kubectl(['label', 'configmap', 'one', 'shard=b', '--overwrite', '-n', a]);
    await until('one gone by its label', () => labelled.names.size === 0);
    expect(valueOf(scoped, 'one', a)).to.equal('1');
    await kubectl(['delete', 'configmap', '--all', '-n', b]);
  });

  it('reads long lists in pages', async () => {
    const items = Array.from({ length: 520 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `page-${String(index)}` },
    }));
    await Promise.all(
      items.map((body) => direct.request({ method: 'POST', path: pathOf(), body }, stop.signal)),
    );
    const informer = start();
    await until('all', () => informer.names.size === 520);
  });

  it('shows a written object at once, and its event changes nothing', async () => {
    await create('one', '1');
    const informer = start();
    await until('one', () => valueOf(informer, 'one') === '1');
    informer.put(await update('one', '2'));
    expect(valueOf(informer, 'one')).to.equal('2');
    await create('two', '1');
    await until('two', () => changes.includes('+two'));
    expect(changes).to.deep.equal(['+one', '~one', '+two']);
  });

  it('loses nothing when its connections are cut again and again', async () => {
    let lists = 0;
    const counting: KubeClient = {
      ...client,
      request: (...asked) => {
        lists += 1;
        return client.request(...asked);
      },
    };
    const informer = start({ client: counting });
    for (let round = 0; round < 10; round += 1) {
      await create(`item-${String(round)}`, '1');
      proxy.cut();
      await update(`item-${String(round)}`, '2');
      if (round % 2 === 0) await remove(`item-${String(round)}`);
      await sleep(50);
    }
    const kept = ['item-1', 'item-3', 'item-5', 'item-7', 'item-9'];
    await until('what is left', () => {
      const names = [...informer.names].toSorted();
      return names.join() === kept.join() && kept.every((name) => valueOf(informer, name) === '2');
    });
    expect(logs.length).to.be.greaterThan(0);
    expect(lists).to.be.below(10);
  });

  it('goes on after the network was silent for a while', async () => {
    await create('one', '1');
    const informer = start();
    await until('one', () => valueOf(informer, 'one') === '1');
    proxy.stall();
    await create('two', '1');
    await sleep(200);
    expect(informer.names.size).to.equal(1);
    proxy.heal();
    await until('two', () => informer.names.size === 2);
  });

  it('goes on after the API server was away', async () => {
    const { controlPlane } = lab();
    await create('one', '1');
    const informer = start();
    await until('one', () => valueOf(informer, 'one') === '1');
    await controlPlane.stopApiServer();
    try {
      await until('a failure', () => logs.length > 1);
    } finally {
      await controlPlane.startApiServer();
    }
    await update('one', '2');
    await create('two', '1');
    await until('both', () => valueOf(informer, 'one') === '2' && valueOf(informer, 'two') === '1');
    expect(changes.toSorted()).to.deep.equal(['+one', '+two', '~one']);
  });

  it('tells what RBAC forbids, keeps trying, and goes on when it is allowed', async () => {
    const account = `reader-${randomUUID().slice(0, 8)}`;
    const limited = await clientFor(await lab().controlPlane.serviceAccountKubeconfig(namespace, account));
    const error: unknown = await limited
      .request({ method: 'GET', path: pathOf() }, stop.signal)
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(KubeError);
    expect(error).to.include({ status: 403, reason: 'Forbidden' });
    expect((error as KubeError).message).to.include(`configmaps is forbidden: User "system:serviceaccount:`);

    const informer = start({ client: limited });
    await until('two attempts', () => logs.filter((line) => line.includes('403 Forbidden')).length >= 2);
    await create('one', '1');
    await kubectl(['create', 'role', account, '-n', namespace, '--verb=list,watch', '--resource=configmaps']);
    await kubectl([
      'create',
      'rolebinding',
      account,
      '-n',
      namespace,
      `--role=${account}`,
      `--serviceaccount=${namespace}:${account}`,
    ]);
    await until('one', () => valueOf(informer, 'one') === '1');
  });

  it('never repeats a refused value', async () => {
    const error: unknown = await direct
      .request({ method: 'POST', path: pathOf(), body: { metadata: { name: 'CANARY' } } }, stop.signal)
      .catch((thrown: unknown) => thrown);
    expect(error).to.include({
      status: 422,
      reason: 'Invalid',
      message: `POST ${pathOf()}: 422 Invalid: metadata.name`,
    });
  });

  it('writes events that people see, whatever the length of names and notes', async () => {
    const recorder = createRecorder({
      client,
      component: 'example.com/controller',
      instance: 'i'.repeat(200),
      clock: systemClock,
      log: (level, message, fields) => logs.push(`${level} ${message} ${JSON.stringify(fields)}`),
    });
    const name = `${'long.'.repeat(50)}one`;
    const { metadata } = await create(name, '1');
    const regarding = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name, uid: metadata.uid };
    const note = '🦭'.repeat(400);
    await recorder.record(
      { regarding, type: 'Warning', reason: 'Broken', action: 'Look', note },
      stop.signal,
    );
    await recorder.record(
      { regarding, type: 'Normal', reason: 'Mended', action: 'Look', note: 'Fine.' },
      stop.signal,
    );
    expect(logs).to.deep.equal([]);
    const shown = await kubectl(['get', 'events', '-n', namespace]);
    expect(shown).to.match(/Warning +Broken +configmap\/long\.long\..*🦭/);
    expect(shown).to.match(/Normal +Mended +configmap\/long\.long\..*Fine\./);
  });
});
