import { expect } from 'chai';
import fc from 'fast-check';
import {
  baseUrl,
  endpoint,
  hostOf,
  isDockerHub,
  isHost,
  isNamedBy,
  loginServer,
  parseRegistryUrl,
  requestName,
  sameOrigin,
  shownOrigin,
  portOf,
} from '../../src/registry/origin.ts';
import { aRegistry } from '../support/builders.ts';

type Read = readonly [origin: string, prefix: string, host: string];

function read(text: string): Read | string {
  const registry = parseRegistryUrl(text);
  return 'problem' in registry ? registry.problem : [registry.origin.origin, registry.prefix, registry.host];
}

describe('B4: parseRegistryUrl', () => {
  const good: readonly [name: string, text: string, ...Read][] = [
    ['a host', 'reg.example', 'https://reg.example', '', 'reg.example'],
    ['a host with port', 'reg.example:5000', 'https://reg.example:5000', '', 'reg.example:5000'],
    ['https', 'https://reg.example', 'https://reg.example', '', 'reg.example'],
    ['http', 'http://reg.example', 'http://reg.example', '', 'reg.example'],
    ['a slash at the end', 'https://reg.example/', 'https://reg.example', '', 'reg.example'],
    ['the default port', 'https://reg.example:443', 'https://reg.example', '', 'reg.example'],
    ['the default port of http', 'http://reg.example:80', 'http://reg.example', '', 'reg.example'],
    [
      'the default port of the other',
      'http://reg.example:443',
      'http://reg.example:443',
      '',
      'reg.example:443',
    ],
    ['an empty port', 'https://reg.example:', 'https://reg.example', '', 'reg.example'],
    ['a port with zeros in front', 'reg.example:05000', 'https://reg.example:5000', '', 'reg.example:5000'],
    ['capitals', 'HTTPS://Reg.EXAMPLE', 'https://reg.example', '', 'reg.example'],
    ['a prefix', 'reg.example/a/b', 'https://reg.example', '/a/b', 'reg.example'],
    ['a prefix with slashes at the end', 'reg.example/a//', 'https://reg.example', '/a', 'reg.example'],
    ['a prefix in capitals', 'reg.example/Art/V2', 'https://reg.example', '/Art/V2', 'reg.example'],
    [
      'a prefix with dots in names',
      'reg.example/..a/.b./c',
      'https://reg.example',
      '/..a/.b./c',
      'reg.example',
    ],
    ['v2 inside the prefix', 'reg.example/v2/x', 'https://reg.example', '/v2/x', 'reg.example'],
    ['xn--', 'xn--bcher-kva.example', 'https://xn--bcher-kva.example', '', 'xn--bcher-kva.example'],
    ['an IPv4 address', '10.0.0.7:5000', 'https://10.0.0.7:5000', '', '10.0.0.7:5000'],
    ['an address as one number', 'https://2130706433', 'https://127.0.0.1', '', '127.0.0.1'],
    ['an address in hexadecimals', '0x7f000001', 'https://127.0.0.1', '', '127.0.0.1'],
    ['an address of two parts', 'https://127.1', 'https://127.0.0.1', '', '127.0.0.1'],
    ['an octal address', 'https://0177.0.0.1', 'https://127.0.0.1', '', '127.0.0.1'],
    ['an IPv6 address', '[FD00:0::1]:5000', 'https://[fd00::1]:5000', '', '[fd00::1]:5000'],
    [
      'IPv4 in IPv6',
      'http://[::ffff:169.254.169.254]',
      'http://[::ffff:a9fe:a9fe]',
      '',
      '[::ffff:a9fe:a9fe]',
    ],
    ['docker.io', 'docker.io', 'https://registry-1.docker.io', '', 'docker.io'],
    ['index.docker.io', 'https://index.docker.io/', 'https://registry-1.docker.io', '', 'index.docker.io'],
    ['registry-1', 'registry-1.docker.io', 'https://registry-1.docker.io', '', 'registry-1.docker.io'],
    [
      'hub.docker.com',
      'Registry.hub.docker.com',
      'https://registry-1.docker.io',
      '',
      'registry.hub.docker.com',
    ],
    ['docker.io on a port of its own', 'docker.io:5000', 'https://docker.io:5000', '', 'docker.io:5000'],
    ['docker.io over http', 'http://docker.io', 'http://docker.io', '', 'docker.io'],
    ['a host under docker.io', 'x.docker.io', 'https://x.docker.io', '', 'x.docker.io'],
    ['253 characters', `${'a.'.repeat(126)}a`, `https://${'a.'.repeat(126)}a`, '', `${'a.'.repeat(126)}a`],
  ];
  for (const [name, text, ...expected] of good) {
    it(`reads ${name}`, () => expect(read(text)).to.deep.equal(expected));
  }

  const SECRETS = /hunter2|evil|etc|passwd/;
  const bad: readonly [name: string, text: string, says: RegExp][] = [
    ['an empty text', '', /empty/],
    ['513 characters', `https://reg.example/${'a'.repeat(493)}`, /longer than 512/],
    ['user name and password', 'https://user:hunter2@reg.example', /user name, password/],
    ['a user name', 'https://hunter2@reg.example', /user name, password/],
    ['a password without scheme', 'user:hunter2@reg.example', /user name, password/],
    ['an @ in the path', 'https://reg.example/hunter2@x', /user name, password/],
    ['a query', 'https://reg.example/?x=hunter2', /query/],
    ['a fragment', 'https://reg.example/#hunter2', /fragment/],
    ['percent-encoding', 'https://reg.example/%2e%2e/hunter2', /percent-encoding/],
    ['an encoded host', 'https://%31%32%37.0.0.1', /percent-encoding/],
    ['a backslash', 'https://reg.example\\@evil.example', /backslash/],
    ['ftp', 'ftp://reg.example', /must start with https/],
    ['a file', 'file:///etc/passwd', /must start with https/],
    ['a scheme alone', 'https://', /must start with https/],
    ['three slashes', 'https:///reg.example', /must start with https/],
    ['a second scheme', 'https://https://reg.example', /not a valid URL|empty path segment/],
    ['data', 'data:,evil', /not a valid URL/],
    ['javascript', 'javascript:evil', /not a valid URL/],
    ['.. in the path', 'https://reg.example/../../evil', /path segments/],
    ['. in the path', 'https://reg.example/./evil', /path segments/],
    ['.. at the end', 'https://reg.example/a/..', /path segments/],
    ['a port over 65535', 'https://reg.example:99999', /not a valid URL/],
    ['a port of words', 'https://reg.example:hunter2', /not a valid URL/],
    ['port 0', 'https://reg.example:0', /port between 1 and 65535/],
    ['an empty label', 'https://a..b', /empty, too long or malformed/],
    ['a dot in front', 'https://.reg.example', /empty, too long or malformed/],
    ['an underscore', 'https://reg_1.example', /empty, too long or malformed/],
    ['a dot at the end', 'https://reg.example.', /ends with a dot/],
    ['a dot at the end before a port', 'https://reg.example.:5000', /ends with a dot/],
    ['300 characters of host', `https://${'a'.repeat(60)}.${'b.'.repeat(120)}c`, /longer than 253/],
    ['a label of 64 characters', `https://${'a'.repeat(64)}.example`, /empty, too long or malformed/],
    ['a hyphen in front', 'https://-reg.example', /malformed/],
    ['other characters in the host', "https://reg'x.example", /malformed/],
    ['letters of another alphabet', 'https://rеg.example', /plain ASCII.*xn--/],
    ['a full-width dot', 'https://reg。example', /plain ASCII/],
    ['a space', 'https://reg.example /x', /without spaces/],
    ['a line break', 'https://reg.example\n', /without spaces/],
    ['a tab inside', 'https://reg\t.example', /without spaces/],
    ['an escape', 'https://reg.example/\u001b[31m', /plain ASCII/],
    ['five parts of an address', 'https://1.2.3.4.5', /not a valid URL/],
    ['an address over 255', 'https://256.1.1.1', /not a valid URL/],
    ['half an IPv6 address', 'https://[1:2:3]', /not a valid URL/],
    ['a zone', 'https://[fe80::1%25eth0]', /percent-encoding/],
    ['an empty path segment', 'https://reg.example/a//b', /empty path segment/],
    ['/v2', 'https://reg.example/v2', /\/v1 or \/v2/],
    ['/v2/', 'https://reg.example/v2/', /\/v1 or \/v2/],
    ['/v1/ after a prefix', 'https://reg.example/a/v1/', /\/v1 or \/v2/],
  ];
  for (const [name, text, says] of bad) {
    it(`refuses ${name} in words that do not repeat the URL`, () => {
      expect(read(text)).to.be.a('string').that.matches(says);
      expect(read(text)).to.not.match(SECRETS);
    });
  }

  it('gives an origin to connect to, or a fixed sentence, whatever the text', () => {
    const part = fc.constantFrom(
      'https://',
      'http://',
      'reg',
      '.',
      '/',
      ':',
      '@',
      '[',
      ']',
      '5000',
      '..',
      'v2',
      '%',
      'é',
    );
    const text = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.array(part).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (url) => {
        const registry = parseRegistryUrl(url);
        if ('problem' in registry) return;
        const { origin, host, prefix } = registry;
        expect(origin.protocol).to.match(/^https?:$/);
        expect(origin.href).to.equal(`${origin.origin}/`);
        expect(origin.port).to.not.equal('0');
        expect(prefix).to.match(/^(\/[^/?#]+)*$/);
        expect(host).to.match(/^[a-z0-9.:[\]-]+$/);
        expect(endpoint(registry, '/v2/').href).to.equal(`${origin.origin}${prefix}/v2/`);
      }),
      { numRuns: 200 },
    );
  });
});

describe('B4: sameOrigin', () => {
  const rows: readonly [a: string, b: string, same: boolean][] = [
    ['https://reg.example', 'https://REG.example:443/x?y', true],
    ['http://reg.example:80', 'http://reg.example', true],
    ['https://reg.example', 'http://reg.example', false],
    ['http://reg.example:443', 'https://reg.example', false],
    ['https://reg.example', 'https://reg.example:5000', false],
    ['https://reg.example', 'https://reg.example.', false],
    ['https://reg.example', 'https://x.reg.example', false],
    ['https://127.0.0.1', 'https://2130706433', true],
  ];
  for (const [a, b, same] of rows) {
    it(`says ${same} for ${a} and ${b}`, () => {
      expect(sameOrigin(new URL(a), new URL(b))).to.equal(same);
      expect(sameOrigin(new URL(b), new URL(a))).to.equal(same);
    });
  }
});

describe('hostOf', () => {
  it('has the port only where it is not the default', () => {
    expect(hostOf(new URL('https://reg.example:443'))).to.equal('reg.example');
    expect(hostOf(new URL('https://reg.example:5000'))).to.equal('reg.example:5000');
  });
});

describe('shownOrigin', () => {
  const rows: readonly [url: string, shown: string | undefined][] = [
    ['https://u:p@Reg.example:443/x?y#z', 'https://reg.example'],
    ['http://reg_1.example:5000', 'http://reg_1.example:5000'],
    ['https://[fd00::1]:5000/', 'https://[fd00::1]:5000'],
    ['https://10.0.0.7', 'https://10.0.0.7'],
    ['https://call,me', undefined],
    ["https://it's", undefined],
    ['https://a!b', undefined],
    ['https://$(id)', undefined],
    ['ftp://reg.example', undefined],
    ['file:///etc/passwd', undefined],
    ['javascript:alert(1)', undefined],
    [`https://${'a'.repeat(254)}`, undefined],
  ];
  for (const [url, shown] of rows) {
    it(`is ${String(shown)} for ${url.slice(0, 60)}`, () =>
      expect(shownOrigin(new URL(url))).to.equal(shown));
  }
});

describe('isDockerHub', () => {
  it('knows the names of Docker Hub and no others', () => {
    for (const host of ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'])
      expect(isDockerHub(host), host).to.equal(true);
    for (const host of ['', 'hub.docker.com', 'docker.com', 'auth.docker.io', 'docker.io:443', 'xdocker.io'])
      expect(isDockerHub(host), host).to.equal(false);
  });
});

describe('B4: isHost', () => {
  const rows: readonly [url: string, name: string, is: boolean][] = [
    ['https://reg.example/x', 'reg.example', true],
    ['https://reg.example', 'reg.example:443', true],
    ['http://reg.example', 'reg.example:80', true],
    ['https://reg.example:443', 'reg.example', true],
    ['https://reg.example:5000', 'reg.example:5000', true],
    ['https://[fd00::1]', '[fd00::1]:443', true],
    ['https://reg.example', 'reg.example:80', false],
    ['http://reg.example', 'reg.example:443', false],
    ['https://reg.example:5000', 'reg.example', false],
    ['https://reg.example', 'reg.example:5000', false],
    ['https://reg.example', 'x.reg.example', false],
    ['https://docker.io', 'index.docker.io', false],
  ];
  for (const [url, name, is] of rows) {
    it(`says ${is} for ${url} and ${name}`, () => expect(isHost(new URL(url), name)).to.equal(is));
  }
});

describe('B4: isNamedBy', () => {
  const rows: readonly [url: string, name: string, named: boolean][] = [
    ['reg.example', 'reg.example', true],
    ['reg.example', 'reg.example:443', true],
    ['reg.example:443', 'reg.example', true],
    ['http://reg.example', 'reg.example:80', true],
    ['reg.example:5000/prefix', 'reg.example:5000', true],
    ['reg.example', 'reg.example:80', false],
    ['http://reg.example', 'reg.example:443', false],
    ['reg.example', 'reg.example:5000', false],
    ['reg.example:5000', 'reg.example', false],
    ['reg.example:5000', 'reg.example:443', false],
    ['docker.io', 'docker.io', true],
    ['docker.io', 'docker.io:443', true],
    ['docker.io', 'index.docker.io', true],
    ['index.docker.io', 'docker.io', true],
    ['registry.hub.docker.com', 'registry-1.docker.io:443', true],
    ['docker.io:5000', 'docker.io', false],
    ['docker.io', 'docker.io:5000', false],
    ['auth.docker.io', 'docker.io', false],
    ['docker.io', 'auth.docker.io', false],
  ];
  for (const [url, name, named] of rows) {
    it(`says ${named} for ${url} and ${name}`, () => expect(isNamedBy(aRegistry(url), name)).to.equal(named));
  }
});

describe('baseUrl', () => {
  const rows: readonly [url: string, base: string][] = [
    ['reg.example', 'https://reg.example'],
    ['http://reg.example:5000/', 'http://reg.example:5000'],
    ['reg.example/a/b/', 'https://reg.example/a/b'],
    ['docker.io', 'https://registry-1.docker.io'],
  ];
  for (const [url, base] of rows) {
    it(`is ${base} for ${url}`, () => expect(baseUrl(aRegistry(url))).to.equal(base));
  }
});

describe('loginServer', () => {
  const rows: readonly [url: string, server: string][] = [
    ['reg.example', 'reg.example'],
    ['http://reg.example:5000/a', 'reg.example:5000'],
    ['docker.io', 'https://index.docker.io/v1/'],
    ['docker.io:5000', 'docker.io:5000'],
    ['registry.hub.docker.com', 'https://index.docker.io/v1/'],
  ];
  for (const [url, server] of rows) {
    it(`is ${server} for ${url}`, () => expect(loginServer(aRegistry(url))).to.equal(server));
  }
});

describe('requestName', () => {
  const rows: readonly [name: string, registry: string, repository: string, asked: string][] = [
    ['one part at Docker Hub', 'docker.io', 'debian', 'library/debian'],
    ['one part at another name of it', 'https://index.docker.io', 'debian', 'library/debian'],
    ['two parts at Docker Hub', 'docker.io', 'team/app', 'team/app'],
    ['one part elsewhere', 'registry.example.com', 'debian', 'debian'],
    ['one part at a mirror', 'registry-1.docker.io:5000', 'debian', 'debian'],
  ];
  for (const [name, url, repository, asked] of rows) {
    it(`asks for ${asked} by ${name}`, () => {
      const registry = parseRegistryUrl(url);
      if ('problem' in registry) throw new Error(registry.problem);
      expect(requestName(registry, repository)).to.equal(asked);
    });
  }
});

describe('portOf', () => {
  const rows: readonly (readonly [url: string, port: number])[] = [
    ['https://reg.example', 443],
    ['https://reg.example:443', 443],
    ['https://[::1]:5000', 5000],
    ['http://reg.example', 80],
    ['http://reg.example:443', 443],
  ];
  for (const [url, port] of rows)
    it(`is ${port} of ${url}`, () => expect(portOf(new URL(url))).to.equal(port));
});
