import { expect } from 'chai';
import { conclude, type Case } from '../../src/check/conclude.ts';
import { ACCEPTED, anAnswer, aProbed, aRegistry, NOW_MS } from '../support/builders.ts';

const REFUSED = { kind: 'LoginRefused', answer: anAnswer(401) } as const;

function aCase(over: Partial<Case> = {}): Case {
  return {
    observation: ACCEPTED,
    probed: aProbed(),
    registry: aRegistry('https://registry.example.com:5000/base'),
    repository: 'team/app',
    manifest: undefined,
    secret: 'login',
    form: 'docker',
    login: undefined,
    operator: 'somebody',
    namespace: 'team',
    name: 'mirror',
    nowMs: NOW_MS,
    ...over,
  };
}

describe('conclude', () => {
  it('says what was met, and what advice is filled with', () => {
    const { diagnosis, facts } = conclude(aCase());
    expect(diagnosis).to.include({ reason: 'PushAuthorized', pull: undefined });
    expect(facts).to.deep.equal({
      host: 'registry.example.com:5000',
      repository: 'team/app',
      secret: 'login',
      url: 'https://registry.example.com:5000/base',
      server: 'registry.example.com:5000',
      product: undefined,
      form: 'docker',
      part: undefined,
      expirySource: undefined,
      operator: 'somebody',
      namespace: 'team',
      name: 'mirror',
    });
  });

  it('takes the product that the probe saw, or else the one whose host it is', () => {
    const registry = aRegistry('https://registry.gitlab.com');
    const product = (more: Partial<Case>): unknown => conclude(aCase({ registry, ...more })).facts.product;
    expect(product({ probed: aProbed(ACCEPTED, { product: 'harbor' }) })).to.equal('harbor');
    expect(product({ probed: undefined })).to.equal('gitlab');
    expect(product({ registry: undefined, probed: undefined })).to.equal(undefined);
  });

  it('names the part of a Secret that is wrong', () => {
    const problem = { reason: 'SecretInvalid', detail: 'it is wrong', part: 'ca.crt' } as const;
    const { diagnosis, facts } = conclude(aCase({ observation: { kind: 'SecretUnusable', problem } }));
    expect([diagnosis.reason, facts.part]).to.deep.equal(['SecretInvalid', 'ca.crt']);
  });

  it('knows an end that has passed, how it is known, and what else the login showed', () => {
    const expiry = { atMs: NOW_MS - 1, source: 'Annotation' } as const;
    const finding = { type: 'ExpiryMalformed', message: 'no time' } as const;
    const login = { expiry, findings: [finding] };
    const { diagnosis, facts } = conclude(aCase({ observation: REFUSED, login }));
    expect([diagnosis.reason, facts.expirySource]).to.deep.equal(['CredentialsExpired', 'Annotation']);
    expect(diagnosis.findings).to.deep.equal([finding]);
    const later = conclude(aCase({ observation: REFUSED, login, nowMs: NOW_MS - 2 }));
    expect(later.diagnosis.reason).to.equal('CredentialsRejected');
  });

  it('says that plain http was used only where something was sent', () => {
    const registry = aRegistry('http://registry.example.com');
    const types = (probed: Case['probed']): readonly string[] =>
      conclude(aCase({ registry, probed })).diagnosis.findings.map(({ type }) => type);
    expect(types(aProbed())).to.include('InsecureTransport');
    expect(types(undefined)).to.deep.equal([]);
  });

  it('has a stage for the manifest where one is named', () => {
    const manifest = { repository: 'base/app', reference: 'latest' };
    const probed = aProbed(ACCEPTED, { pull: { kind: 'ManifestReadable' } });
    expect(conclude(aCase({ manifest, probed })).diagnosis.pull?.reason).to.equal('ManifestReadable');
  });

  it('has names for a check that names no registry', () => {
    const observation = { kind: 'InvalidSpec', field: 'spec.schedule', problem: 'it is wrong' } as const;
    const { facts } = conclude(
      aCase({ observation, registry: undefined, repository: '', probed: undefined }),
    );
    expect(facts).to.include({ host: 'the registry', url: '', server: '' });
  });
});
