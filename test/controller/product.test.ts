import { expect } from 'chai';
import type { RegistryPushCheckStatus } from '../../src/api/registrypushcheck.ts';
import type { ProductId } from '../../src/check/products/all.gen.ts';
import type { Observation } from '../../src/check/observation.ts';
import { failureOf } from '../../src/controller/events.ts';
import { statusAfter } from '../../src/controller/publish.ts';
import { parseRegistryUrl } from '../../src/registry/origin.ts';
import { ACCEPTED, aCheck, anAnswer, aProbed, aSpec, NOW_MS } from '../support/builders.ts';
import { statusProblems } from '../support/status-schema.ts';

const REFUSED: Observation = {
  kind: 'UploadRefused',
  answer: anAnswer(403),
  login: 'proven',
  granted: undefined,
};

/** The status after a visit that met this at this host; `probe`: whether a request was sent, and what the answer gave away. */
function statusAt(
  hostname: string,
  observation: Observation,
  probe: 'none' | { readonly product: ProductId | undefined },
): RegistryPushCheckStatus {
  const registry = parseRegistryUrl(`https://${hostname}`);
  if ('problem' in registry) throw new Error(registry.problem);
  return statusAfter(aCheck(), aSpec(), {
    kind: 'met',
    trigger: 'Scheduled',
    request: undefined,
    observation,
    probed: probe === 'none' ? undefined : { ...aProbed(observation), ...probe },
    registry,
    secretVersion: undefined,
    secretForm: undefined,
    operator: undefined,
    login: undefined,
    nowMs: NOW_MS,
  });
}

describe('the status of a check at a known product', () => {
  const red = statusAt('registry.example', REFUSED, { product: 'harbor' });

  it('has the advice of the product, and the page of its vendor', () => {
    expect(red.remediation?.summary).to.include('Harbor at registry.example');
    expect(red.remediation?.docsUrl).to.match(/^https:\/\/goharbor\.io\//);
    expect(statusProblems(red)).to.deep.equal([]);
  });

  it('has neither at any other', () => {
    const other = statusAt('registry.example', REFUSED, { product: undefined });
    expect(other.remediation?.summary).to.not.equal(undefined);
    expect(other.remediation).to.not.have.property('docsUrl');
  });

  it('has no link once the check is green', () =>
    expect(statusAt('registry.example', ACCEPTED, { product: 'harbor' })).to.not.have.property(
      'remediation',
    ));

  it('knows a product by its host where nothing was sent', () => {
    expect(statusAt('registry.gitlab.com', REFUSED, 'none').remediation?.docsUrl).to.match(
      /^https:\/\/docs\.gitlab\.com\//,
    );
  });

  it('is told by an Event that says what happened, then what to do in one sentence', () => {
    const note = failureOf(aCheck({ status: red }))?.announce(NOW_MS).note ?? '';
    expect(note.endsWith(`. ${red.remediation?.summary ?? ''}`)).to.equal(true);
    expect(Buffer.byteLength(note)).to.be.below(1024);
    expect(note).to.not.match(/https?:|Check again/);
  });
});
