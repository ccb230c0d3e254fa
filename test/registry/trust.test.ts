import { expect } from 'chai';
import type { ClientCertificate } from '../../src/registry/pem.ts';
import { Secret } from '../../src/registry/secret.ts';
import { createContexts } from '../../src/registry/trust.ts';
import { createAuthority } from '../support/certificates.ts';

const none = { authorities: undefined, client: undefined };

describe('TLS, Trust: createContexts', () => {
  let pems: readonly string[];
  let client: ClientCertificate;
  before(async () => {
    const names = Array.from({ length: 9 }, (_, n) => `authority ${n}`);
    const authorities = await Promise.all(names.map(createAuthority));
    pems = authorities.map(({ pem }) => pem);
    const pair = await authorities[0]?.issue({ commonName: 'ci', client: true });
    client = { certificate: pair?.certPem ?? '', key: new Secret(pair?.keyPem ?? '') };
  });

  const of = (contexts: ReturnType<typeof createContexts>, authorities: string | undefined): object =>
    contexts({ authorities, client: undefined }).secureContext;

  it('shares one context among all Secrets that add nothing', () => {
    const contexts = createContexts(undefined);
    expect(contexts(undefined).secureContext).to.equal(contexts(none).secureContext);
    expect(contexts(undefined).ownContext).to.equal(contexts(undefined).secureContext);
  });

  it('shares one context among Secrets with the same authorities, and with no other one', () => {
    const contexts = createContexts(pems[0]);
    expect(of(contexts, pems[1])).to.equal(of(contexts, pems[1]));
    expect(of(contexts, pems[1])).to.not.equal(of(contexts, pems[2]));
    expect(of(contexts, pems[1])).to.not.equal(of(contexts, undefined));
  });

  it('keeps the eight that were used last', () => {
    const contexts = createContexts(undefined);
    const first = of(contexts, pems[0]);
    const second = of(contexts, pems[1]);
    for (const pem of pems.slice(2, 8)) of(contexts, pem);
    expect(of(contexts, pems[0])).to.equal(first);
    of(contexts, pems[8]);
    expect(of(contexts, pems[0])).to.equal(first);
    expect(of(contexts, pems[1])).to.not.equal(second);
  });

  it('keeps no context that has a key, and gives it to the registry alone', () => {
    const contexts = createContexts(undefined);
    const [one, two] = [1, 2].map(() => contexts({ authorities: pems[0], client }));
    expect(one?.secureContext).to.equal(two?.secureContext);
    expect(one?.ownContext).to.not.equal(two?.ownContext);
    expect(one?.ownContext).to.not.equal(one?.secureContext);
    expect(contexts({ authorities: undefined, client }).secureContext).to.equal(contexts(none).secureContext);
  });

  it('throws where the bundle of the installation holds no certificate', () => {
    expect(() => createContexts('words')).to.throw(/^no PEM certificate/);
  });
});
