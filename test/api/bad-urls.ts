import { CANARY, type BadSample } from './sample.ts';

function url(name: string, registryUrl: string, says: string, only?: BadSample['only']): BadSample {
  const sample = { name: `registryUrl ${name}`, spec: { registryUrl }, field: 'spec.registryUrl', says };
  return only === undefined ? sample : { ...sample, only };
}

/** What is said of a URL of no or too many characters. */
export const LENGTH = 'must be 1 to 512 characters long';
const USER = 'must not hold a user name, a password or any other @';
const QUERY = 'must not hold a query or a fragment';
const ASCII = 'must be plain ASCII without spaces';
const SCHEME = 'must begin with https://, with http:// or with the host itself';
const DOTS = 'must not hold . or .. as a part of its path';
const BASE = 'must be the base URL without /v1 or /v2 at its end';
const PORT = 'the port of registryUrl must be a number from 1 to 65535';
const HOST = 'the host of registryUrl must be a name of letters, digits and hyphens between single dots';
const LONG = 'the host of registryUrl must be at most 253 characters long';
const PATH = 'the path of registryUrl must be made of letters, digits and . _ ~ -';
const ADDRESS = 'the host of registryUrl must be a valid name or IP address';
const NUMBERS = {
  by: 'run time',
  because: 'the rules of the API server do not know the URL standard',
} as const;

/** Values of `registryUrl` that must be refused, and two specs without one. */
export const BAD_URLS: readonly BadSample[] = [
  url('empty', '', LENGTH),
  url('too long', `https://registry.example.com/${CANARY.repeat(80)}`, LENGTH),
  url('with user and password', `https://user:${CANARY}@registry.example.com`, USER),
  url('with user and password, without scheme', `user:${CANARY}@registry.example.com`, USER),
  url('with a user alone', `https://${CANARY}@registry.example.com`, USER),
  url('with a password alone', `https://:${CANARY}@registry.example.com`, USER),
  url('with an encoded @ in the user', `https://a%40b:${CANARY}@registry.example.com`, USER),
  url('with a password and another scheme', `ftp://user:${CANARY}@registry.example.com`, USER),
  url('with a password and a query', `https://user:${CANARY}@registry.example.com/?x=1`, USER),
  url('with a digest', `registry.example.com/team/app@sha256:${'0'.repeat(64)}`, USER),
  url('with a query', `https://registry.example.com/?token=${CANARY}`, QUERY),
  url('with an empty query', 'https://registry.example.com?', QUERY),
  url('with a fragment', `https://registry.example.com#${CANARY}`, QUERY),
  url('in Cyrillic', 'https://rеg.example', ASCII),
  url('with a full-width dot', 'https://registry。example', ASCII),
  url('with a space', 'https://registry.example.com /x', ASCII),
  url('with a leading space', ' https://registry.example.com', ASCII),
  url('with a trailing newline', 'https://registry.example.com\n', ASCII),
  url('with a tab', 'https://registry\t.example.com', ASCII),
  url('with NUL', 'https://registry.example.com\0', ASCII),
  url('of ftp', 'ftp://registry.example.com', SCHEME),
  url('of a file', 'file:///etc/passwd', SCHEME),
  url('of data', 'data:,x', SCHEME),
  url('of javascript', 'javascript:alert(1)', SCHEME),
  url('of oci', 'oci://registry.example.com/x', SCHEME),
  url('in upper-case scheme', 'HTTPS://registry.example.com', SCHEME),
  url('with one slash', 'https:/registry.example.com', SCHEME),
  url('with backslashes', 'https:\\\\registry.example.com', SCHEME),
  url('with a word for a port, without scheme', 'registry.example.com:http', SCHEME),
  url('that climbs', 'https://registry.example.com/../../admin', DOTS),
  url('that climbs at its end', 'https://registry.example.com/x/..', DOTS),
  url('with a dot segment', 'https://registry.example.com/./x', DOTS),
  url('ending in /v2', 'https://registry.example.com/v2', BASE),
  url('ending in /v2/', 'https://registry.example.com/prefix/v2/', BASE),
  url('ending in /v1/', 'https://index.docker.io/v1/', BASE),
  url('ending in /v2, without scheme', 'registry.example.com:5000/v2', BASE),
  url('with a bare IPv6 address', '2001:db8::99', 'must hold an IPv6 address in brackets'),
  url(
    'with a bare IPv6 address and scheme',
    'https://2001:db8::99/x',
    'must hold an IPv6 address in brackets',
  ),
  url('with port 0', 'https://registry.example.com:0', PORT),
  url('with port 65536', 'https://registry.example.com:65536', PORT),
  url('with port 99999', 'https://registry.example.com:99999', PORT),
  url('with a huge port', 'registry.example.com:99999999999999999999', PORT),
  url('without the digits of its port', 'https://harbor.example.com:', PORT),
  url('with a word for a port', 'https://registry.example.com:http', PORT),
  url('with port 0 of an IPv6 address', 'https://[2001:db8::99]:0', PORT),
  url('with an empty label', 'https://a..b', HOST),
  url('with a trailing dot', 'https://registry.example.com.', HOST),
  url('with a leading dot', 'https://.example.com', HOST),
  url('with an underscore', 'https://my_registry.example.com', HOST),
  url('with a hyphen at the edge', 'https://registry-.example.com', HOST),
  url('without a host', 'https://', HOST),
  url('without a host, with a path', 'https:///x', HOST),
  url('of slashes', '//registry.example.com', HOST),
  url('with an encoded host', 'https://registry%2eexample.com', HOST),
  url('with a wildcard', 'https://*.example.com', HOST),
  url('with a zone id', 'https://[fe80::1%25eth0]', HOST),
  url('with an unclosed bracket', 'https://[2001:db8', HOST),
  url('with a name in brackets', 'https://[registry]', HOST),
  url('with a host of 300 characters', `https://${'abcdefghi.'.repeat(30)}example`, LONG),
  url('with a host of 254 characters', `${'abcdefghi.'.repeat(25)}abcd`, LONG),
  url('with a label of 64 characters', `https://${'a'.repeat(64)}.example`, LONG),
  url('with an empty segment', 'https://registry.example.com/a//b', PATH),
  url('with two slashes at its end', 'https://registry.example.com//', PATH),
  url('with an encoded path', 'https://registry.example.com/%2e%2e/x', PATH),
  url('with a backslash in its path', 'https://registry.example.com/a\\b', PATH),
  url('with a tag', 'registry.example.com/team/app:latest', PATH),
  url('with an address out of range', 'https://256.1.1.1', ADDRESS, NUMBERS),
  url('with five numbers', 'https://1.2.3.4.5', ADDRESS, NUMBERS),
  url('with a short IPv6 address', 'https://[1:2:3]', ADDRESS, NUMBERS),
  {
    name: 'registryUrl missing',
    spec: { pushTestRepository: 'team/doctor-test' },
    field: 'spec.registryUrl',
    says: { atAdmission: 'Required value', atRunTime: 'registryUrl must be set' },
  },
  {
    name: 'registryUrl null',
    spec: { registryUrl: null },
    field: 'spec.registryUrl',
    says: { atAdmission: 'Required value', atRunTime: 'registryUrl must be set' },
  },
];
