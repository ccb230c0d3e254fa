/** One part of a host name (RFC 1123, section 2.1). */
const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const ANY_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const IPV6 = String.raw`\[[0-9a-fA-F:.]{2,45}\]`;
const PORT = '(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

const FORM = new RegExp(
  String.raw`^(?:https?://)?(?:${IPV6}|${LABEL}(?:\.${LABEL})*)(?::${PORT})?(?:/[a-zA-Z0-9._~-]+)*/?$`,
);
const HOST = new RegExp(String.raw`^(?:${IPV6}|${ANY_LABEL}(?:\.${ANY_LABEL})*)(?::|/|$)`);
const SCHEME = /^https?:\/\//;
const OTHER_SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*:(?:\/\/|[^0-9]|$)/;
const DOT_SEGMENT = /\/\.\.?(?:\/|$)/;
const PROTOCOL_PATH = /[^/]\/v[12]\/?$/;
const GOOD_PORT = new RegExp(`^[^/]*:${PORT}(?:/|$)`);

const EXAMPLE = 'for example https://registry.example.com';

/** The first that holds is what we say; {@link registryUrlProblem} alone decides. Same order and words as in the CRD. */
const EXPLANATIONS: readonly (readonly [holds: (url: string, rest: string) => boolean, says: string])[] = [
  [(url) => url === '' || url.length > 512, `registryUrl must be 1 to 512 characters long, ${EXAMPLE}`],
  [
    (url) => url.includes('@'),
    'registryUrl must not hold a user name, a password or any other @: put the credential into the Secret that existingSecret names',
  ],
  [
    (url) => /[?#]/.test(url),
    `registryUrl must not hold a query or a fragment, that is no ? and no #: give the base URL only, ${EXAMPLE}`,
  ],
  [
    (url) => !/^[!-~]*$/.test(url),
    'registryUrl must be plain ASCII without spaces: write an international host name in its xn-- form, for example https://xn--bcher-kva.example',
  ],
  [
    (url) => OTHER_SCHEME.test(url) && !SCHEME.test(url),
    `registryUrl must begin with https://, with http:// or with the host itself, and have digits after the colon of a port, ${EXAMPLE}:5000`,
  ],
  [
    (url) => DOT_SEGMENT.test(url),
    'registryUrl must not hold . or .. as a part of its path, for example https://example.com/registry',
  ],
  [
    (url) => PROTOCOL_PATH.test(url),
    `registryUrl must be the base URL without /v1 or /v2 at its end, as the probe adds /v2/ itself, ${EXAMPLE}`,
  ],
  [
    (_, rest) => /^[^/[:]*:[^/:]*:/.test(rest),
    'registryUrl must hold an IPv6 address in brackets, for example https://[2001:db8::10]:5000',
  ],
  [
    (_, rest) => hostLength(rest) > 253 || /^[^/:]*[^/:.]{64}/.test(rest),
    'the host of registryUrl must be at most 253 characters long, and each part between its dots at most 63',
  ],
  [
    (_, rest) => !HOST.test(rest),
    'the host of registryUrl must be a name of letters, digits and hyphens between single dots, or an IP address, for example registry.example.com, 192.0.2.10 or [2001:db8::10]',
  ],
  [
    (_, rest) => /^[^/]*:[^/\]]*(?:\/|$)/.test(rest) && !GOOD_PORT.test(rest),
    `the port of registryUrl must be a number from 1 to 65535, ${EXAMPLE}:5000`,
  ],
];

const BAD_PATH =
  'the path of registryUrl must be made of letters, digits and . _ ~ - between single slashes, for example https://example.com/registry';

/**
 * What is wrong with `spec.registryUrl`, as a sentence for its author; undefined where it is good.
 * The sentence never repeats the URL, which may hold a password.
 */
export function registryUrlProblem(url: string): string | undefined {
  if (!isRegistryUrl(url)) return explain(url);
  // WHATWG URL refuses what a grammar does not see: 256.1.1.1, [1:2:3], xn-- names that decode to nothing.
  if (URL.canParse(SCHEME.test(url) ? url : `https://${url}`)) return undefined;
  return 'the host of registryUrl must be a valid name or IP address, for example 192.0.2.10: this one cannot be read';
}

function isRegistryUrl(url: string): boolean {
  return (
    url.length <= 512 &&
    FORM.test(url) &&
    !DOT_SEGMENT.test(url) &&
    !PROTOCOL_PATH.test(url) &&
    hostLength(afterScheme(url)) <= 253
  );
}

function explain(url: string): string {
  const rest = afterScheme(url);
  return EXPLANATIONS.find(([holds]) => holds(url, rest))?.[1] ?? BAD_PATH;
}

/** As the CRD does it, which cannot anchor a replacement. */
function afterScheme(url: string): string {
  return url.replaceAll('https://', '').replaceAll('http://', '');
}

function hostLength(rest: string): number {
  return /^[^/:]*/.exec(rest)?.[0].length ?? 0;
}
