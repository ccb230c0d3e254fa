import { expect } from 'chai';
import { FIELDS } from '../../src/api/v1alpha1-fields.gen.ts';
import { compare, watchServedSchema } from '../../src/controller/served-schema.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import { fieldsOf, readCrd, type Schema } from '../api/crd.ts';
import { createFakeClock, settle } from '../support/fake-clock.ts';
import { kubeError } from '../support/scripted-client.ts';

const OURS = { group: 'doctor.stella-ops.org', version: 'v1alpha1', kind: 'RegistryPushCheck' };

/** An OpenAPI document as the API server makes it of a schema. */
function documentOf(schema: Schema, kind: object = OURS): unknown {
  return {
    components: {
      schemas: {
        'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': { properties: {} },
        'org.stella-ops.doctor.v1alpha1.RegistryPushCheck': {
          ...schema,
          'x-kubernetes-group-version-kind': [kind],
        },
      },
    },
  };
}

/** The schema without some fields. */
function without(schema: Schema, ...paths: readonly string[]): Schema {
  const copy = structuredClone(schema);
  for (const path of paths) {
    const dot = path.lastIndexOf('.');
    const [, parent] = [...fieldsOf(copy)].find(([one]) => one === `.${path.slice(0, dot)}`) ?? [];
    Reflect.deleteProperty(parent?.properties ?? {}, path.slice(dot + 1));
  }
  return copy;
}

describe('compare', () => {
  let schema: Schema;
  before(async () => (schema = (await readCrd()).spec.versions[0].schema.openAPIV3Schema));

  it('misses nothing in the schema of this version, or of a later one', () => {
    expect(FIELDS.length).to.be.greaterThan(40);
    expect(compare(documentOf(schema))).to.deep.equal([]);
    const later = { ...schema, properties: { ...schema.properties, more: {} } };
    expect(compare(documentOf(later))).to.deep.equal([]);
  });

  it('names the fields that an older schema lacks, those in lists and in maps, too', () => {
    const older = without(
      schema,
      'status.transientFailures',
      'status.lastProbe.stages[].httpStatus',
      'status.registry',
    );
    expect(compare(documentOf(older))).to.deep.equal([
      'status.transientFailures',
      'status.lastProbe.stages.httpStatus',
      'status.registry.host',
      'status.registry.vendor',
      'status.registry.authScheme',
    ]);
  });

  const strange: readonly (readonly [name: string, document: unknown])[] = [
    ['no object', 'text'],
    ['without schemas', {}],
    ['of another kind', documentOf({}, { ...OURS, kind: 'Other' })],
    ['of another group', documentOf({}, { ...OURS, group: 'other.example.com' })],
  ];
  for (const [name, document] of strange) {
    it(`knows nothing from a document ${name}`, () => {
      expect(compare(document)).to.equal(undefined);
    });
  }
});

describe('watchServedSchema', () => {
  let schema: Schema;
  before(async () => (schema = (await readCrd()).spec.versions[0].schema.openAPIV3Schema));

  it('warns once with what to type, looks again every ten minutes, and sooner after no answer or no kind', async () => {
    const clock = createFakeClock();
    const older = documentOf(without(schema, 'status.transientFailures'));
    const answers = [
      kubeError(503),
      older,
      older,
      kubeError(503),
      documentOf(schema),
      older,
      kubeError(404),
      older,
    ];
    const asked: number[] = [];
    const request = (): Promise<never> => {
      asked.push(clock.monotonic());
      const answer = answers[asked.length - 1];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as never);
    };
    const logs: string[] = [];
    const client: KubeClient = { request, stream: request, server: 'https://api' };
    const watched = watchServedSchema(
      client,
      (level, message, fields) => logs.push(`${level}: ${message} ${JSON.stringify(fields)}`),
      clock,
    );
    const stop = new AbortController();
    const running = watched.run(stop.signal);
    const seen: unknown[] = [];
    for (const ms of [0, 60_000, 600_000, 600_000, 60_000, 600_000, 600_000, 60_000]) {
      await clock.advance(ms);
      await settle();
      seen.push(watched.outdated);
    }
    expect(seen).to.deep.equal([undefined, true, true, true, false, true, undefined, true]);
    expect(asked).to.have.length(8);
    expect(logs).to.have.length(3);
    expect(logs[0])
      .to.match(
        /^warn: the CustomResourceDefinition registrypushchecks\.doctor\.stella-ops\.org is older than this operator: /,
      )
      .and.include('crds print | kubectl apply --server-side --force-conflicts -f -')
      .and.include('"missing":["status.transientFailures"]');
    stop.abort();
    await running;
    await clock.advance(3_600_000);
    expect(asked).to.have.length(8);
    expect(clock.sleeps).to.deep.equal([]);
  });
});
