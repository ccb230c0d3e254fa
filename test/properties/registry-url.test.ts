import { Agent as HttpAgent, request as http } from 'node:http';
import { Agent as HttpsAgent, request as https } from 'node:https';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { registryUrlProblem } from '../../src/api/registryurl.ts';
import { realmProblem } from '../../src/registry/binding.ts';
import {
  baseUrl,
  endpoint,
  isNamedBy,
  parseRegistryUrl,
  sameOrigin,
  type Registry,
} from '../../src/registry/origin.ts';
import { realmOf, tokenUrl } from '../../src/registry/token.ts';
import { aRegistry } from '../support/builders.ts';
import { HOSTS, ownerOf } from '../support/owners.ts';
import { hostile, madeOf, properties } from '../support/properties.ts';

const PIECES = [
  'https://',
  'http://',
  'HTTPS://',
  '//',
  '/',
  '\\',
  ':',
  '@',
  '?',
  '#',
  '%',
  '%2e',
  '%40',
  '.',
  '..',
  '[',
  ']',
  '::1',
  '::ffff:127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '256.1.1.1',
  'reg',
  'reg.example',
  'docker.io',
  'xn--',
  'xn--bcher-kva',
  'localhost',
  ':443',
  ':80',
  ':0',
  ':99999',
  ':5000',
  ':05000',
  'v2',
  'v1',
  'a',
  '-',
  '_',
  '~',
  'é',
  '。',
  '\t',
  '\n',
  ' ',
  'user:S3cr3t@',
  '*',
  '%00',
  ';',
  '&',
  "'",
];
const label = fc.stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?$/);
const likely = fc
  .tuple(
    fc.constantFrom('', 'https://', 'http://', 'Https://'),
    fc.oneof(
      fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.')),
      fc.ipV4Extended(),
      fc.ipV6().map((address) => `[${address}]`),
      fc.constantFrom(...HOSTS),
    ),
    fc.oneof(
      fc.constantFrom('', ':443', ':80', ':', ':0443'),
      fc.nat(70_000).map((port) => `:${port}`),
    ),
    fc.oneof(
      fc.constantFrom('', '/', '//', '/v2', '/v2/x'),
      fc
        .array(madeOf(['a', '.', '-', '_', '~', 'v2', '..'], 3), { maxLength: 3 })
        .map((parts) => `/${parts.join('/')}`),
    ),
  )
  .map((parts) => parts.join(''));
const texts = fc.oneof({ weight: 3, arbitrary: likely }, madeOf(PIECES, 8), fc.webUrl(), hostile(80));

function gate(text: string): Registry | undefined {
  const registry = parseRegistryUrl(text);
  return 'problem' in registry ? undefined : registry;
}

/** Where Node opens a socket for a URL: asked of its own client, which is stopped there. */
function socketOf(url: URL): string {
  let target = '';
  const agent = url.protocol === 'https:' ? new HttpsAgent() : new HttpAgent();
  agent.createConnection = ({ host, port }) => {
    target = `${String(host)} ${String(port)}`;
    return new PassThrough();
  };
  const request = (url.protocol === 'https:' ? https : http)(url, { agent });
  request.on('error', () => {});
  request.destroy();
  return target;
}

properties('registry url', (holds) => {
  holds(
    'B4: what is accepted goes to the host and port that are compared, and nowhere else',
    fc.property(texts, (text) => {
      const registry = gate(text);
      if (registry === undefined) return;
      const { origin } = registry;
      const url = endpoint(registry, '/v2/');
      expect(sameOrigin(url, origin)).to.equal(true);
      const port = origin.port === '' ? (origin.protocol === 'https:' ? '443' : '80') : origin.port;
      expect(socketOf(url)).to.equal(`${origin.hostname.replace(/^\[|\]$/g, '')} ${port}`);
    }),
    500,
  );

  holds(
    'B4: no user info, query, fragment, dot segment or empty segment survives',
    fc.property(texts, (text) => {
      const registry = gate(text);
      if (registry === undefined) return;
      const url = endpoint(registry, '/v2/');
      expect([url.username, url.password, url.search, url.hash]).to.deep.equal(['', '', '', '']);
      expect(url.href).to.equal(`${registry.origin.origin}${registry.prefix}/v2/`);
      expect(url.pathname)
        .to.match(/^(?:\/(?!\.{1,2}\/)[!-~]+?)*\/v2\/$/)
        .and.not.match(/\/\/|[?#@%\\]/);
      expect(url.hostname).to.match(/^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])$/);
    }),
    500,
  );

  holds(
    'B4: reads what it has read as the same again',
    fc.property(texts, (text) => {
      const registry = gate(text);
      if (registry === undefined) return;
      const { origin, prefix, host } = registry;
      const again = aRegistry(`${origin.protocol}//${host}${prefix}`);
      expect([again.origin.href, again.prefix, again.host]).to.deep.equal([origin.href, prefix, host]);
      expect(baseUrl(aRegistry(baseUrl(registry)))).to.equal(baseUrl(registry));
      expect(isNamedBy(registry, host)).to.equal(true);
    }),
    500,
  );

  holds(
    'takes at run time whatever the kind takes, and says nothing of a password in what neither takes',
    fc.property(texts, (text) => {
      const problem = registryUrlProblem(text);
      const registry = parseRegistryUrl(text);
      if (problem === undefined) expect(registry).to.not.have.property('problem');
      for (const said of [problem, 'problem' in registry ? registry.problem : undefined])
        expect(said ?? '').to.not.include('S3cr3t');
    }),
    1000,
  );

  const realms = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('https://', 'http://', 'HTTPS://'),
        fc.constantFrom('', 'u:p@', '@'),
        fc.constantFrom(...HOSTS),
        fc.constantFrom(
          '',
          ':443',
          ':80',
          ':8443',
          '.',
          '.evil.com',
          '@evil.com',
          '\\@evil.com',
          '#@evil.com',
        ),
        fc.constantFrom('', '/token', '?scope=x&service=y', '/#f'),
      )
      .map((parts) => parts.join('')),
    madeOf(PIECES, 8),
  );
  const registries = fc
    .tuple(
      fc.constantFrom('https://', 'http://'),
      fc.constantFrom(...HOSTS),
      fc.constantFrom('', ':5000', ':443'),
    )
    .map((parts) => parts.join(''));
  holds(
    'B5: a login goes to no token service of another owner, not in clear text for https, not by a name of an address',
    fc.property(registries, realms, (url, text) => {
      const registry = aRegistry(url);
      const realm = realmOf({ scheme: 'bearer', params: new Map([['realm', text]]) });
      if (realm === undefined || realmProblem(registry, realm, []) !== undefined) return;
      expect([realm.username, realm.password]).to.deep.equal(['', '']);
      if (registry.origin.protocol === 'https:') expect(realm.protocol).to.equal('https:');
      const asked = tokenUrl(realm, 'reg', 'repository:team/app:pull,push');
      expect(sameOrigin(asked, realm)).to.equal(true);
      expect(asked.searchParams.getAll('scope')).to.deep.equal(['repository:team/app:pull,push']);
      expect(asked.hash).to.equal('');
      if (sameOrigin(realm, registry.origin)) return;
      expect(ownerOf(realm.hostname), realm.hostname).to.not.equal(undefined);
      expect(ownerOf(realm.hostname)).to.equal(ownerOf(registry.origin.hostname));
    }),
    1000,
  );
});
