import { inspect } from 'node:util';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { readSpec } from '../../src/api/validate.ts';
import { BAD_SAMPLES } from './bad-samples.ts';
import { readCrd } from './crd.ts';
import { GOOD_SAMPLES } from './good-samples.ts';
import { rowLabel } from './rows.ts';
import { CANARY } from './sample.ts';

const DEFAULTS = { intervalMs: 600_000, retryIntervalMs: 60_000 };

function problemWith(spec: unknown): { readonly field: string; readonly problem: string } {
  const read = readSpec(spec, DEFAULTS);
  return read.ok ? { field: '', problem: '' } : read;
}

describe('readSpec', () => {
  for (const { name, spec, field, says, only } of BAD_SAMPLES) {
    if (only?.by === 'admission') {
      it(`accepts ${name}: ${only.because}`, () => {
        expect(readSpec(spec, DEFAULTS).ok).to.equal(true);
      });
      continue;
    }
    it(`${rowLabel(name)}refuses ${name}`, () => {
      const found = problemWith(spec);
      expect(found.field).to.equal(field);
      expect(found.problem).to.include(typeof says === 'string' ? says : says.atRunTime);
      expect(found.problem).to.match(/^[ -~]{20,300}$/);
      expect(found.problem).not.to.include(CANARY);
      expect(found.problem).to.include(field.split('.').at(-1));
    });
  }

  it('says what admission says, word for word', async () => {
    const { openAPIV3Schema } = (await readCrd()).spec.versions[0].schema;
    const rules = openAPIV3Schema.properties?.['spec']?.['x-kubernetes-validations'] ?? [];
    const words = rules
      .map(({ message, messageExpression }) => `${message}\n${messageExpression ?? ''}`)
      .join('\n');
    for (const { name, spec, says, only } of BAD_SAMPLES) {
      if (only !== undefined || typeof says !== 'string' || says === 'must be of type') continue;
      expect(words, name).to.include(problemWith(spec).problem);
    }
  });

  for (const [name, spec] of Object.entries(GOOD_SAMPLES)) {
    it(`accepts ${name}`, () => {
      expect(readSpec(spec, DEFAULTS)).to.include({ ok: true });
    });
  }

  it('sets the defaults', () => {
    expect(readSpec({ registryUrl: 'registry.example.com' }, DEFAULTS)).to.deep.equal({
      ok: true,
      spec: {
        registryUrl: 'registry.example.com',
        repository: 'stellaops/doctor-test',
        allowRepositoryCreation: false,
        existingSecret: undefined,
        intervalMs: 600_000,
        schedule: undefined,
        timeZone: undefined,
        timeoutMs: 30_000,
        retryIntervalMs: 60_000,
        failureThreshold: 3,
        suspend: false,
        historyLimit: 5,
        pull: undefined,
      },
    });
  });

  it('keeps what is set', () => {
    const spec = {
      registryUrl: 'http://registry.example.com:5000/x',
      pushTestRepository: 'team/app',
      allowRepositoryCreation: true,
      existingSecret: 'credentials',
      interval: '1h30m',
      timeout: '1.5s',
      retryInterval: '20s',
      failureThreshold: 1,
      suspend: true,
      historyLimit: 0,
      pull: { repository: 'team/base', reference: 'v1', unknown: 'is ignored' },
      unknown: 'is ignored',
    };
    expect(readSpec(spec, DEFAULTS)).to.deep.equal({
      ok: true,
      spec: {
        registryUrl: 'http://registry.example.com:5000/x',
        repository: 'team/app',
        allowRepositoryCreation: true,
        existingSecret: 'credentials',
        intervalMs: 5_400_000,
        schedule: undefined,
        timeZone: undefined,
        timeoutMs: 1500,
        retryIntervalMs: 20_000,
        failureThreshold: 1,
        suspend: true,
        historyLimit: 0,
        pull: { repository: 'team/base', reference: 'v1' },
      },
    });
  });

  for (const pull of [{ repository: 'team/base' }, { repository: 'team/base', reference: null }]) {
    it(`asks for the tag latest of ${JSON.stringify(pull)}`, () => {
      const read = readSpec({ registryUrl: 'r.example', pull }, DEFAULTS);
      expect(read.ok && read.spec.pull).to.deep.equal({ repository: 'team/base', reference: 'latest' });
    });
  }

  it('keeps a schedule and its zone', () => {
    const spec = {
      registryUrl: 'r.example',
      schedule: '0 3 * * *',
      timeZone: 'Asia/Tokyo',
      retryInterval: '1h',
    };
    const read = readSpec(spec, DEFAULTS);
    expect(read.ok && read.spec).to.include({
      schedule: '0 3 * * *',
      timeZone: 'Asia/Tokyo',
      retryIntervalMs: 3_600_000,
    });
  });

  it('does not retry later than it would probe anyway', () => {
    for (const spec of [{ interval: '1m' }, { retryInterval: '24h' }]) {
      const read = readSpec(
        { registryUrl: 'r.example', ...spec },
        { intervalMs: 300_000, retryIntervalMs: 120_000 },
      );
      expect(read.ok && read.spec.retryIntervalMs).to.equal('interval' in spec ? 60_000 : 300_000);
    }
  });

  for (const raw of [undefined, null, 'spec', 5, [], () => undefined]) {
    it(`refuses ${inspect(raw)} in place of a spec`, () => {
      expect(problemWith(raw)).to.include({ field: 'spec', problem: 'spec must be of type object' });
    });
  }

  it('is not confused by names of the language', () => {
    const spec: unknown = JSON.parse(
      '{"__proto__": {"registryUrl": "r.example"}, "constructor": 1, "toString": 2}',
    );
    expect(problemWith(spec).problem).to.include('registryUrl must be set');
  });

  it('never throws and never repeats a URL that it refuses', () => {
    const piece = fc.constantFrom(
      'https://',
      'http://',
      ':',
      '/',
      '@',
      '[',
      ']',
      '.',
      '..',
      '-',
      '%',
      '443',
      '::1',
      CANARY,
      'é',
      '',
    );
    const urls = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(urls, fc.anything(), (registryUrl, anything) => {
        const { problem } = problemWith({ registryUrl });
        problemWith(anything);
        return !problem.includes(CANARY);
      }),
    );
  });
});
