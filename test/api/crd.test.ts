import { expect } from 'chai';
import { formatDuration } from '../../src/api/duration.ts';
import * as api from '../../src/api/registrypushcheck.ts';
import { fieldsOf, readCrd, type Crd, type Schema } from './crd.ts';

describe('the CustomResourceDefinition', () => {
  let crd: Crd;
  let schema: Schema;

  before(async () => {
    crd = await readCrd();
    schema = crd.spec.versions[0].schema.openAPIV3Schema;
  });

  it('is the kind that the code speaks of', () => {
    expect([
      crd.metadata.name,
      crd.spec.group,
      crd.spec.versions[0].name,
      crd.spec.names.kind,
      crd.spec.names.plural,
    ]).to.deep.equal([api.CRD_NAME, api.GROUP, api.VERSION, api.KIND, api.PLURAL]);
  });

  it('has the defaults that the code has', () => {
    const defaults = [...fieldsOf(schema)].flatMap(([path, field]) =>
      field.default === undefined ? [] : [[path, field.default]],
    );
    expect(Object.fromEntries(defaults)).to.deep.equal({
      '.spec.pushTestRepository': api.DEFAULT_REPOSITORY,
      '.spec.allowRepositoryCreation': false,
      '.spec.timeout': formatDuration(api.DEFAULT_TIMEOUT_MS),
      '.spec.pull.reference': api.DEFAULT_REFERENCE,
      '.spec.failureThreshold': api.DEFAULT_FAILURE_THRESHOLD,
      '.spec.suspend': false,
      '.spec.historyLimit': api.DEFAULT_HISTORY_LIMIT,
      '.status': { observedGeneration: -1 },
    });
  });

  it('tells the defaults that it cannot set', () => {
    const { interval, retryInterval } = schema.properties?.['spec']?.properties ?? {};
    expect(interval?.description).to.include(formatDuration(api.DEFAULT_INTERVAL_MS));
    expect(retryInterval?.description).to.include(formatDuration(api.DEFAULT_RETRY_INTERVAL_MS));
  });

  it('describes the kind and every field', () => {
    const silent = [...fieldsOf(schema)].filter(
      ([, { description = '' }]) => !/^[A-Z].*\.$/.test(description),
    );
    expect(silent.map(([path]) => path)).to.deep.equal([]);
    expect(schema.description).to.match(/^RegistryPushCheck .*\.$/);
  });

  it('leaves patterns and enumerations out: their refusals print them, and newer operators know more words', () => {
    const strict = [...fieldsOf(schema)].filter(
      ([, field]) => field.pattern !== undefined || field.enum !== undefined,
    );
    expect(strict.map(([path]) => path)).to.deep.equal([]);
  });

  it('has every rule on spec, pointing at its field, so that no value is printed', () => {
    const ruled = [['', schema] as const, ...fieldsOf(schema)].filter(([, field]) =>
      Object.hasOwn(field, 'x-kubernetes-validations'),
    );
    expect(ruled.map(([path]) => path)).to.deep.equal(['.spec']);
    const fields = new Set([...fieldsOf(schema.properties?.['spec'] ?? {})].map(([path]) => path));
    for (const { fieldPath } of ruled[0]?.[1]['x-kubernetes-validations'] ?? []) {
      expect(fields).to.include(fieldPath);
    }
  });
});

describe('listPath, objectPath and statusPath', () => {
  it('write the paths of the API', () => {
    expect(api.listPath()).to.equal('/apis/doctor.stella-ops.org/v1alpha1/registrypushchecks');
    expect(api.listPath('a')).to.equal(
      '/apis/doctor.stella-ops.org/v1alpha1/namespaces/a/registrypushchecks',
    );
    expect(api.objectPath('a', 'b')).to.equal(`${api.listPath('a')}/b`);
    expect(api.statusPath('a', 'b')).to.equal(`${api.listPath('a')}/b/status`);
  });

  it('cannot be led elsewhere by a name', () => {
    const path = '/apis/doctor.stella-ops.org/v1alpha1/namespaces/a%2F..%2Fb/registrypushchecks/..%2Fc%3Fd';
    expect(api.objectPath('a/../b', '../c?d')).to.equal(path);
  });
});
