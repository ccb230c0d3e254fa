import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Response } from '../../src/registry/http.ts';
import { sessionOf, tagsUrl, uploadUrl } from '../../src/registry/upload.ts';
import { aRegistry } from '../support/builders.ts';
import { hostile, madeOf, properties } from '../support/properties.ts';

const REGISTRIES = [
  'https://reg.example',
  'https://reg.example:5000',
  'http://reg.example',
  'https://reg.example/prefix',
  'https://[fd00::1]:5000',
  'docker.io',
];
const PIECES = [
  'https://',
  'http://',
  '//',
  '/',
  '\\',
  'reg.example',
  'REG.example',
  ':5000',
  ':443',
  ':80',
  'registry-1.docker.io',
  '[fd00::1]',
  'evil.example',
  '@',
  'u:p@',
  '/v2/',
  'team/app',
  '/blobs/uploads/',
  '/blobs/upload/',
  'blobs/',
  'uploads/',
  '1',
  '..',
  '/../',
  '/./',
  '%2e%2e',
  '%2f',
  '%5c',
  '%2F',
  '?',
  '_state=x',
  '#',
  '\t',
  '\n',
  ' ',
  'prefix',
  '/v2/team/app/blobs/uploads/',
  'https://reg.example/v2/team/app/blobs/uploads/',
  'data:',
  'javascript:',
  ';',
  'manifests/latest',
];
const registries = fc.constantFrom(...REGISTRIES);
const repositories = fc.oneof(
  fc.constantFrom('app', 'team/app', 'a/b/c'),
  fc.stringMatching(/^[a-z0-9._/-]{1,20}$/),
);

function answered(location: string | undefined): Response {
  return {
    kind: 'response',
    status: 202,
    challenges: [],
    location,
    contentType: undefined,
    retryAfter: undefined,
    marks: {},
    body: '',
  };
}

properties('location', (holds) => {
  holds(
    'B8: a session is at the registry, one segment below the uploads of the repository, or nothing is sent',
    fc.property(registries, fc.oneof(madeOf(PIECES, 8), hostile(60), fc.webUrl()), (url, location) => {
      const registry = aRegistry(url);
      const asked = uploadUrl(registry, 'team/app');
      const session = sessionOf(answered(location), registry, asked);
      if (session.kind !== 'here') return;
      const { url: found } = session;
      expect([found.protocol, found.hostname, found.port]).to.deep.equal([
        registry.origin.protocol,
        registry.origin.hostname,
        registry.origin.port,
      ]);
      expect([found.username, found.password]).to.deep.equal(['', '']);
      const below = found.pathname.slice(`${registry.prefix}/v2/team/app/blobs/upload`.length);
      expect(found.pathname.startsWith(`${registry.prefix}/v2/team/app/blobs/upload`)).to.equal(true);
      expect(below).to.match(/^s?\/[^/\\]+\/?$/);
      expect(below).to.not.match(/^s?\/(?:\.|%2e){1,2}\/?$|%2f|%5c/i);
    }),
    1000,
  );

  holds(
    'is read, or named by what is wrong with it, whatever was asked',
    fc.property(registries, repositories, hostile(60), (url, repository, location) => {
      const registry = aRegistry(url);
      const { kind } = sessionOf(answered(location), registry, uploadUrl(registry, repository));
      expect(kind).to.be.oneOf(['here', 'elsewhere', 'insecure', 'outside', 'missing']);
    }),
  );

  holds(
    'shows of another host its plain name or nothing',
    fc.property(registries, fc.oneof(madeOf(PIECES, 6), fc.webUrl()), (url, location) => {
      const registry = aRegistry(url);
      const session = sessionOf(answered(location), registry, uploadUrl(registry, 'team/app'));
      if (session.kind === 'elsewhere' && session.host !== undefined)
        expect(session.host).to.match(/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/);
    }),
  );

  holds(
    'finds again the session that a registry makes below what was asked, whatever its query holds',
    fc.property(
      registries,
      fc.stringMatching(/^[A-Za-z0-9_=-]{1,40}$/),
      fc.stringMatching(/^[A-Za-z0-9_=&.%-]{0,200}$/),
      (url, id, query) => {
        const registry = aRegistry(url);
        const asked = uploadUrl(registry, 'team/app');
        for (const location of [
          `${asked.href}${id}?${query}`,
          `${asked.pathname}${id}?${query}`,
          `${id}?${query}`,
        ]) {
          const session = sessionOf(answered(location), registry, asked);
          expect(session.kind === 'here' ? session.url.href : session.kind).to.equal(
            `${asked.href}${id}?${query}`,
          );
        }
      },
    ),
  );

  // The kind takes no such names, but an object that an older one took may have them.
  const part = fc
    .oneof(madeOf(['a', '%2f', '?', '#', '\\', ' ', 'é', '@', ':'], 4), fc.string({ maxLength: 6 }))
    .filter((text) => !text.includes('/') && text !== '' && !/^\.\.?$/.test(text));
  holds(
    'E2: is asked for below /v2/ and the name of the repository, whatever the name holds',
    fc.property(registries, fc.array(part, { minLength: 1, maxLength: 4 }), (address, parts) => {
      const registry = aRegistry(address);
      for (const [url, end] of [
        [uploadUrl(registry, parts.join('/')), '/blobs/uploads/'],
        [tagsUrl(registry, parts.join('/')), '/tags/list'],
      ] as const) {
        expect(url.origin).to.equal(registry.origin.origin);
        expect([url.search, url.hash]).to.deep.equal(['', '']);
        const path = url.pathname.slice(`${registry.prefix}/v2/`.length, -end.length);
        expect(url.pathname.endsWith(end)).to.equal(true);
        expect(path.split('/').map(decodeURIComponent)).to.deep.equal(parts);
      }
    }),
  );
});
