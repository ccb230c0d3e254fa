import type { Mutant } from './mutant.ts';

const CONNECTION = 'src/registry/connection.ts';
const HTTPS = ['test/registry/connection-tls.test.ts'];

/** Edits that believe whom they must not (docs/security.md, TLS and Trust). */
export const MUTANTS: readonly Mutant[] = [
  {
    rule: 'TLS',
    what: 'verifies no certificate',
    file: CONNECTION,
    find: 'rejectUnauthorized: true',
    replace: 'rejectUnauthorized: false',
    tests: HTTPS,
  },
  {
    rule: 'TLS',
    what: 'speaks TLS 1.0 and 1.1',
    file: CONNECTION,
    find: "minVersion: 'TLSv1.2',\n  ciphers: `${DEFAULT_CIPHERS}:!kDHE`",
    replace: "minVersion: 'TLSv1',\n  ciphers: 'DEFAULT:@SECLEVEL=0'",
    tests: HTTPS,
  },
  {
    rule: 'TLS',
    what: 'verifies an address against "localhost"',
    file: CONNECTION,
    find: "host: host ?? '',\n    servername: servername ?? '',\n    secureContext,",
    replace: "servername: servername ?? '',\n    secureContext,",
    tests: HTTPS,
  },
  {
    rule: 'TLS',
    what: 'takes the common name of a certificate',
    file: CONNECTION,
    find: '{ ...certificate, subject: undefined }',
    replace: 'certificate',
    tests: HTTPS,
  },
  {
    rule: 'TLS',
    what: 'resumes a session that was verified before, or under other authorities',
    file: CONNECTION,
    find: '  return connectTls({\n    socket,',
    replace: `  const kept = globalThis as { session?: Buffer };
  const resume = (options: object): TLSSocket =>
    connectTls({ ...options, session: kept.session }).on('session', (one: Buffer) => (kept.session = one));
  return resume({
    socket,`,
    tests: HTTPS,
  },
  {
    rule: 'TLS',
    what: 'forgets the authorities of the system where the installation has its own',
    file: CONNECTION,
    find: '[...roots, ...certificatesIn(extraPem)]',
    replace: 'certificatesIn(extraPem)',
    tests: ['test/security/trust.test.ts'],
  },
  {
    rule: 'TLS',
    what: 'passes over an authority of a Secret that cannot be read',
    file: 'src/registry/pem.ts',
    find: 'if (broken >= 0) return',
    replace: 'if (false) return',
    tests: ['test/security/trust.test.ts'],
  },
  {
    rule: 'TLS',
    what: 'hands any key to OpenSSL, which calculates with it',
    file: 'src/registry/private-key.ts',
    find: 'if (problem !== undefined) return { problem };',
    replace: "if (problem === 'never') return { problem };",
    tests: ['test/registry/private-key.test.ts', 'test/registry/pem.test.ts'],
  },
  {
    rule: 'TLS',
    what: 'hands on what stands around the key that was looked at',
    file: 'src/registry/pem.ts',
    find: 'openKey(checked.pem)',
    replace: 'openKey(text)',
    tests: ['test/registry/pem.test.ts'],
  },
  {
    rule: 'TLS',
    what: 'trusts authorities that each handshake would wait for',
    file: 'src/registry/pem.ts',
    find: 'if (slow >= 0)',
    replace: 'if (slow > 1e9)',
    tests: ['test/registry/slow-authorities.test.ts'],
  },
  {
    rule: 'TLS',
    what: 'reads authorities of any size',
    file: 'src/check/secret-content.ts',
    find: 'base64.length > Math.ceil(MAX_BYTES / 3) * 4',
    replace: 'base64.length > Math.ceil(MAX_BYTES / 3) * 400',
    tests: ['test/security/trust.test.ts'],
  },
  {
    rule: 'TLS',
    what: 'starts although the environment switches the verification off',
    file: 'src/cli/exit.ts',
    find: "if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;",
    replace: "if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== 'never') return;",
    tests: ['test/cli/crds.test.ts'],
  },
  {
    rule: 'TLS',
    what: 'gives every host the context with the client certificate',
    file: 'src/registry/trust.ts',
    find: 'return { secureContext, ownContext };',
    replace: 'return { secureContext: ownContext, ownContext };',
    tests: ['test/registry/trust.test.ts'],
  },
  {
    rule: 'Trust',
    what: 'asks any registry over plain http',
    file: 'src/operator-world.ts',
    find: "registry.origin.protocol === 'http:' &&",
    replace: "registry.origin.protocol === 'gopher:' &&",
    tests: ['test/security/trust.test.ts'],
  },
  {
    rule: 'Trust',
    what: 'asks a trusted registry over plain http',
    file: 'src/operator-world.ts',
    find: '!config.insecureRegistries.some(',
    replace: '![...config.insecureRegistries, ...config.policy.trustedRegistries].some(',
    tests: ['test/security/trust.test.ts'],
  },
  {
    rule: 'Trust',
    what: 'lets a check ask for less verification',
    file: 'crds/registrypushchecks.yaml',
    find: '              existingSecret:\n                description: >-',
    replace:
      '              insecureSkipVerify: {type: boolean}\n              existingSecret:\n                description: >-',
    tests: ['test/security/trust.test.ts'],
  },
  {
    rule: 'Trust',
    what: 'trusts the authority of one Secret in the probes of others',
    file: 'src/registry/trust.ts',
    find: 'authorities === undefined ? shared : withAuthorities(authorities)',
    replace:
      'authorities === undefined ? ([...kept.values()].at(-1) ?? shared) : withAuthorities(authorities)',
    tests: ['test/registry/connection-extras.test.ts'],
  },
  {
    rule: 'TLS',
    what: 'offers DHE, whose group the server chooses',
    file: 'src/registry/connection.ts',
    find: '`${DEFAULT_CIPHERS}:!kDHE`',
    replace: 'DEFAULT_CIPHERS',
    tests: ['test/registry/handshake.test.ts'],
  },
  {
    rule: 'M1',
    what: 'repeats the handshake whenever the server asks for it',
    file: 'src/registry/connection.ts',
    find: 'secureOptions: constants.SSL_OP_NO_RENEGOTIATION',
    replace: 'secureOptions: 0',
    tests: ['test/registry/handshake.test.ts'],
  },
];
