import { expect } from 'chai';
import fc from 'fast-check';
import { REASONS, type Reason } from '../../src/check/reason.ts';
import type { SecretForm, SecretPart } from '../../src/check/secret-content.ts';
import {
  quote,
  remedyBy,
  remedyFor,
  type Facts,
  type Remediation,
} from '../../src/check/remediation/remedy.ts';
import { OTHER_SECRET, WRITE_GIVEN_LOGIN, WRITE_LOGIN } from '../../src/check/remediation/write-login.ts';
import type { ProductId } from '../../src/check/products/all.gen.ts';
import { verifyCommand } from '../../src/controller/verify.ts';
import { commandOf, expectToParse, sorted, wordsOf } from '../support/shell.ts';

const MENDED: Readonly<Record<SecretPart, RegExp>> = {
  login: /^docker-registry login /,
  'both-logins': /^patch login .*{"data":{"token":null}}/,
  'docker-and-plain': /^patch login .*{"data":{"username":null,"password":null,"token":null}}/,
  'wrong-key':
    /^generic harbor-registry-login .*--type=kubernetes\.io\/dockerconfigjson --from-file=\.dockerconfigjson=config\.json/,
  'ca.crt': /^patch login .*{"data":{"ca\.crt":null}}.* generic login -n apps --from-file=ca\.crt --dry-run/,
  'client-certificate':
    /^patch login .*{"data":{"tls\.crt":null,"tls\.key":null}}.* generic login .*--from-file=tls\.crt --from-file=tls\.key /,
  registry: /^patch login .*{"stringData":{"registry":"'reg\.example'"}}/,
  registries: /^login -n apps --overwrite doctor\.stella-ops\.org\/registries=reg\.example$/,
  'token-hosts': /^login -n apps doctor\.stella-ops\.org\/token-hosts-$/,
};
const PARTS = Object.keys(MENDED) as SecretPart[];
const FORMS = ['docker', 'password', 'token', 'other'] as const;
const OPERATORS = [
  undefined,
  'system:serviceaccount:rpc-system:registry-push-check',
  'Jane Doe/ops@example.com',
];
const REASON_NAMES = Object.keys(REASONS) as Reason[];
const FAILURES = REASON_NAMES.filter((reason) => REASONS[reason] !== 'ok');

function someFacts(more: Partial<Omit<Facts, 'verify'>> = {}): Facts {
  const names = {
    host: 'reg.example',
    url: 'https://reg.example',
    server: 'reg.example',
    repository: 'team/app',
    secret: 'login',
    namespace: 'apps',
    name: 'harbor',
    form: undefined,
    ...more,
  };
  return { ...names, verify: verifyCommand(names.namespace, names.name) };
}

function remedy(reason: Reason, facts = someFacts()): Remediation {
  return remedyFor(reason, facts) ?? expect.fail(`no remediation for ${reason}`);
}

const commands = (facts: Facts): string[] =>
  FAILURES.flatMap((reason) => remedy(reason, facts).steps).flatMap((step) => commandOf(step) ?? []);

describe('remedyFor', () => {
  it('has nothing to say where all is good', () => {
    for (const reason of REASON_NAMES.filter((name) => REASONS[name] === 'ok')) {
      expect(remedyFor(reason, someFacts()), reason).to.equal(undefined);
    }
  });

  for (const reason of FAILURES) {
    it(`helps with ${reason}: filled in, at most eight steps, the last one verifies`, () => {
      for (const facts of [
        ...FORMS.map((form) => someFacts({ form, expirySource: 'SecretKey' })),
        ...PARTS.map((part) => someFacts({ part })),
        ...OPERATORS.map((operator) => someFacts({ operator, expirySource: 'Annotation' })),
        { ...someFacts(), secret: undefined },
      ]) {
        const { summary, steps } = remedy(reason, facts);
        for (const text of [summary, ...steps]) {
          expect(text).to.not.match(/\{[a-z]+\}|undefined|\[object/);
          expect(text.length).to.be.within(10, 1024);
        }
        expect(summary).to.match(/^[A-Z].*\.$/);
        expect(steps.length).to.be.within(1, 8);
        expect(commandOf(steps.at(-1) ?? '')).to.equal(facts.verify);
        expect(new Set(steps)).to.have.property('size', steps.length);
      }
    });
  }

  it('exempts from the proxy the host that failed, which may be the token service, and keeps the others', () => {
    const { summary, steps } = remedy('ProxyFailed');
    expect(`${summary}\n${steps.join('\n')}`)
      .to.match(/host in the message/)
      .and.match(/address that is never reached: .*egress\.allowCIDRs/)
      .and.not.match(/NO_PROXY=|exempt reg\.example|add reg\.example/);
  });

  it('says of TLS behind a proxy whose authority has to be trusted', () =>
    expect(remedy('TLSVerificationFailed').steps.join('\n')).to.match(/"through the proxy".* caBundle/));

  it('says what lifts the denial of the API server and the node: the exact address', () =>
    expect(remedy('EgressDenied').steps.join('\n'))
      .to.match(/exact address there \(\/32, \/128\)/)
      .and.not.match(/in any case/));

  it('writes commands that a shell can parse', () => {
    const all = [
      ...FORMS.flatMap((form) => commands(someFacts({ form, expirySource: 'SecretKey' }))),
      ...PARTS.flatMap((part) => commands(someFacts({ part }))),
      ...OPERATORS.flatMap((operator) => commands(someFacts({ operator, expirySource: 'Annotation' }))),
      ...commands({ ...someFacts(), secret: undefined }),
    ];
    expect(all.length).to.be.above(FAILURES.length);
    expectToParse(all);
  });

  it('recognizes the command of each step that has one', () => {
    for (const reason of FAILURES) {
      const all = [...PARTS.map((part) => someFacts({ part })), ...FORMS.map((form) => someFacts({ form }))];
      for (const step of all.flatMap((facts) => remedy(reason, facts).steps)) {
        if (/\b(kubectl|curl|openssl|getent) (-|[a-z_]+ )/.test(step))
          expect(commandOf(step), step).to.be.a('string');
      }
    }
  });

  it('fills every name in as one word of the shell, however hostile', () => {
    const plain = someFacts({
      repository: 'plain-repository',
      host: 'plain-host',
      url: 'https://plain-host',
      server: 'plain-server',
      secret: 'plain-secret',
      namespace: 'plain-namespace',
      name: 'plain-name',
    });
    const hostile = someFacts({
      host: `h'; rm -rf / #`,
      url: `https://u"; rm -rf / #`,
      server: `v); id #'`,
      repository: `r$(id)\`id\`"`,
      secret: `s' || touch x; '`,
      namespace: `n\nid\n`,
      name: `c & id > x | id * ~ {a,b} \\`,
    });
    const tame = (text: string): string =>
      text
        .replaceAll(hostile.host, plain.host)
        .replaceAll(hostile.url, plain.url)
        .replaceAll(hostile.server, plain.server)
        .replaceAll(hostile.repository, plain.repository)
        .replaceAll(hostile.secret ?? '', plain.secret ?? '')
        .replaceAll(hostile.namespace, plain.namespace)
        .replaceAll(hostile.name, plain.name);
    const byDefault = { repository: 'stellaops/doctor-test' };
    const of = (facts: Facts): string[] => [
      ...FORMS.flatMap((form) => commands({ ...facts, form, expirySource: 'SecretKey' })),
      ...PARTS.flatMap((part) => remedy('SecretInvalid', { ...facts, part }).steps).flatMap(
        (step) => commandOf(step) ?? [],
      ),
      ...commands({ ...facts, ...byDefault, expirySource: 'Annotation' }),
      ...OPERATORS.flatMap((operator) => commands({ ...facts, operator })),
    ];
    // Many reasons share a command: each is run once.
    const pairs = new Map(
      of(hostile).map((command, at): [string, readonly [string, string]] => {
        const pair = [of(plain)[at] ?? '', command] as const;
        return [pair.join('\0'), pair];
      }),
    );
    for (const [command, other] of pairs.values()) {
      const words = wordsOf(other).map((call) => call.map(tame));
      expect(sorted(words), other).to.deep.equal(sorted(wordsOf(command)));
    }
  });

  const hinted: ReadonlySet<Reason> = new Set(['PushDenied', 'PushUnauthorized', 'RepositoryNotFound']);
  for (const reason of FAILURES) {
    it(`${hinted.has(reason) ? 'says first that the repository is the default one' : 'says nothing of the default repository'} for ${reason}`, () => {
      const [first = ''] = remedy(reason, someFacts({ repository: 'stellaops/doctor-test' })).steps;
      expect(first.startsWith('stellaops/doctor-test is only the default')).to.equal(hinted.has(reason));
      const [other = ''] = remedy(reason).steps;
      expect(other).to.not.include('stellaops/doctor-test');
    });
  }

  it('takes the port apart for programs that want it so', () => {
    const [step = ''] = remedy(
      'TLSVerificationFailed',
      someFacts({ host: 'reg.example:5000', url: 'https://reg.example:5000' }),
    ).steps;
    expect(step).to.include('-connect reg.example:5000 -servername reg.example ');
    const [other = ''] = remedy('TLSVerificationFailed').steps;
    expect(other).to.include('-connect reg.example:443 -servername reg.example ');
    const [lookup] = remedy(
      'DNSLookupFailed',
      someFacts({ host: 'docker.io', url: 'https://registry-1.docker.io' }),
    ).steps.slice(1);
    expect(lookup).to.match(/ -n apps .* -- nslookup registry-1\.docker\.io$/);
  });

  it('never overwrites a Secret that holds logins of other registries', () => {
    for (const reason of ['CredentialsNotMatched', 'CredentialsTooBroad', 'SecretTypeUnsupported'] as const) {
      const steps = remedy(reason, someFacts({ secret: 'shared' })).steps.join('\n');
      expect(steps, reason)
        .to.include('docker-registry harbor-registry-login ')
        .and.not.include('docker-registry shared');
    }
  });

  const writes: readonly (readonly [form: SecretForm | undefined, command: RegExp])[] = [
    [undefined, /^kubectl create secret docker-registry login -n apps .* \| kubectl apply --server-side /],
    ['docker', /^kubectl create secret docker-registry login -n apps .* \| kubectl apply --server-side /],
    [
      'password',
      /^kubectl create secret generic login .*=username=.*=password=.* \| kubectl patch secret login -n apps /,
    ],
    ['token', /^kubectl create secret generic login .*=token=.* \| kubectl patch secret login -n apps /],
    ['other', /^kubectl create secret docker-registry harbor-registry-login -n apps /],
  ];
  for (const [form, command] of writes) {
    it(`writes a login of the form ${String(form)} so that the type of the Secret stays what it is`, () => {
      for (const reason of [
        'CredentialsRejected',
        'CredentialsExpired',
        'SecretInvalid',
        'PushDenied',
      ] as const) {
        const all = remedy(reason, someFacts({ form })).steps.flatMap((step) => commandOf(step) ?? []);
        expect(
          all.filter((one) => command.test(one)),
          reason,
        ).to.have.length(1);
      }
    });
  }

  it('writes no token into a Secret of the form token where the product issues none that is sent as it is', () => {
    const at = (product: ProductId | undefined): string =>
      remedy('CredentialsRejected', {
        ...someFacts({ form: 'token', expirySource: 'SecretKey' }),
        product,
      }).steps.join('\n');
    expect(at(undefined)).to.include('--from-literal=token=');
    expect(at('harbor'))
      .to.include('docker-registry harbor-registry-login ')
      .and.include(`"existingSecret":"'harbor-registry-login'"`)
      .and.not.match(/--from-literal=token=|expiresAt/);
  });

  it('asks for no login again that a step before has taken', () => {
    const of = (form: SecretForm, step: string): readonly string[] =>
      remedyBy({ summary: 'Renew it.', steps: [step] }, 'CredentialsExpired', someFacts({ form })).steps;
    for (const form of FORMS)
      expect(of(form, WRITE_GIVEN_LOGIN), form).to.deep.equal(of(form, WRITE_LOGIN).slice(1));
    expect(of('docker', OTHER_SECRET)).to.deep.equal(of('other', WRITE_LOGIN));
  });

  it('shows what is typed again, however the shell ends that asks for a password', () => {
    const [ask = ''] = remedy('CredentialsRequired').steps;
    expect(ask).to.match(/^Run this line alone; it asks for user and password: /);
    expect(wordsOf(commandOf(ask) ?? '').filter(([program]) => program === 'stty')).to.deep.equal([
      ['stty', '-echo'],
      ['stty', 'echo'],
    ]);
  });

  it('offers another repository as such where something was offered before', () => {
    expect(remedy('RepositoryNotFound').steps[0]).to.match(
      /^Use a repository that exists, .*uploads no image/,
    );
    expect(remedy('RepositoryWouldBeCreated').steps[1]).to.match(/^Or use a repository that exists, /);
  });

  for (const part of PARTS) {
    it(`mends a Secret where ${part} is wrong, and nothing else of it`, () => {
      const steps = remedy('SecretInvalid', someFacts({ part })).steps.slice(0, -1);
      const all = steps.flatMap((step) => commandOf(step) ?? []);
      const shown = all
        .filter((command) => !/^(?:printf|kubectl patch rpc) /.test(command))
        .join(' ')
        .replaceAll('kubectl patch ', 'patch ')
        .replaceAll(/(?:kubectl (?:create|annotate) )?secret /g, '');
      expect(shown).to.match(MENDED[part]);
      // Nobody is asked for a login that is not at fault.
      expect(all.some((one) => one.includes('REGISTRY_PASSWORD'))).to.equal(part === 'login');
    });
  }

  it('tries a token as the operator sends it, since docker login cannot, and shows it in no list of processes', () => {
    for (const reason of ['CredentialsRejected', 'PushUnauthorized'] as const) {
      const [step = ''] = remedy(reason, someFacts({ form: 'token' })).steps;
      const [curl] = wordsOf(commandOf(step) ?? '').filter(([program]) => program === 'curl');
      expect(curl).to.deep.equal('curl -sSi -m 20 -H @- https://reg.example/v2/'.split(' '));
      expect(remedy(reason, someFacts({ form: 'token' })).steps.join('\n')).to.not.include('docker login');
      expect(remedy(reason, someFacts({ form: 'password' })).steps[0]).to.match(
        /: docker login reg\.example$/,
      );
    }
  });

  it('puts an authority into the Secret of the check only where there is one', () => {
    for (const reason of ['TLSVerificationFailed', 'TokenServiceFailed'] as const) {
      expect(remedy(reason).steps.join('\n'), reason).to.include(
        'create secret generic login -n apps --from-file=ca.crt ',
      );
      const anonymous = remedy(reason, { ...someFacts(), secret: undefined }).steps.join('\n');
      expect(anonymous, reason)
        .to.include('this check names no Secret')
        .and.not.include('kubectl create secret');
      expect(anonymous, reason).to.include('caBundle');
    }
  });

  it('takes over nothing by a client-side apply: that would copy the password into an annotation', () => {
    for (const secret of [undefined, 'login']) {
      const applied = commands({ ...someFacts(), secret }).filter((command) =>
        command.includes('kubectl apply'),
      );
      expect(applied).to.not.deep.equal([]);
      for (const command of applied)
        expect(command).to.match(/\| kubectl apply --server-side --force-conflicts -f -$/);
    }
  });

  it('looks at the registry from inside the cluster, in a pod that goes away again', () => {
    const all = commands(someFacts()).filter((command) => command.startsWith('kubectl run'));
    expect(all.length).to.be.above(5);
    for (const command of all) {
      expect(wordsOf(command)[0]?.slice(0, 9)).to.deep.equal([
        'kubectl',
        'run',
        'rpc-look',
        '--rm',
        '-i',
        '--restart=Never',
        '--image=curlimages/curl',
        '-n',
        'apps',
      ]);
    }
  });

  const grants: readonly (readonly [name: string, operator: string, subject: string, binding: string])[] = [
    [
      'a service account',
      'system:serviceaccount:rpc-system:operator',
      '--serviceaccount=rpc-system:operator',
      'get-secret-login-by-rpc-system.operator',
    ],
    [
      'a user',
      "Jane O'Hara/ops@example.com",
      "--user=Jane O'Hara/ops@example.com",
      'get-secret-login-by-Jane-O-Hara-ops@example.com',
    ],
    ['a node', 'system:node:a', '--user=system:node:a', 'get-secret-login-by-system:node:a'],
  ];
  for (const [name, operator, subject, binding] of grants) {
    it(`lets ${name} read this one Secret, by a role that nothing else is in`, () => {
      const [role, bound, , ...more] = remedy('SecretForbidden', someFacts({ operator })).steps;
      const apply = ['kubectl', 'apply', '--server-side', '--force-conflicts', '-f', '-'];
      const ofRole = ['--verb=get', '--resource=secrets', '--resource-name=login'];
      const dry = ['--dry-run=client', '-o', 'yaml'];
      const create = (...args: readonly string[]): readonly string[] => [
        'kubectl',
        'create',
        ...args,
        ...dry,
      ];
      expect(sorted(wordsOf(commandOf(role ?? '') ?? ''))).to.deep.equal(
        sorted([create('role', 'get-secret-login', '-n', 'apps', ...ofRole), apply]),
      );
      expect(sorted(wordsOf(commandOf(bound ?? '') ?? ''))).to.deep.equal(
        sorted([create('rolebinding', binding, '-n', 'apps', '--role=get-secret-login', subject), apply]),
      );
      expect(more).to.have.length(1);
    });
  }

  it('says in words what to allow where it does not know whom', () => {
    const [step, ...more] = remedy('SecretForbidden').steps;
    expect(step).to.match(/^Give its service account the verb get on secrets .* rbac\.namedSecrets/);
    expect(more).to.have.length(1);
  });

  const renewals: readonly (readonly [source: Facts['expirySource'], step: RegExp | undefined])[] = [
    ['SecretKey', /: kubectl patch secret login -n apps .*"data":{"expiresAt":null,"expires_at":null}}'$/],
    ['Annotation', /: kubectl annotate secret login -n apps doctor\.stella-ops\.org\/expires-at-$/],
    ['JWT', undefined],
    ['ECRPassword', undefined],
    [undefined, undefined],
  ];
  for (const [expirySource, wanted] of renewals) {
    it(`${wanted === undefined ? 'leaves' : 'renews'} the stated end of an expired login, known by ${String(expirySource)}`, () => {
      const steps = remedy('CredentialsExpired', someFacts({ expirySource })).steps.slice(3, -1);
      if (wanted === undefined) expect(steps).to.deep.equal([]);
      else {
        expect(steps).to.have.length(1);
        expect(steps[0]).to.match(wanted);
      }
    });
  }

  it('says of each failure what to do, and not only how to see whether it helped', () => {
    for (const reason of FAILURES) expect(remedy(reason).steps.length, reason).to.be.above(1);
  });

  it('asks and logs in at the address of the registry, with scheme, port and prefix', () => {
    const facts = someFacts({ url: 'http://reg.example:5000/a', server: 'https://index.docker.io/v1/' });
    const all = commands(facts);
    const curls = all.flatMap((command) => /-- (curl .*)$/.exec(command)?.slice(1) ?? []);
    const asked = 'http://reg.example:5000/a/v2/';
    expect(new Set(curls)).to.deep.equal(
      new Set([`curl -sSik -m 20 ${asked}`, `curl -sSvk -m 20 -o /dev/null ${asked}`]),
    );
    const servers = all.flatMap(
      (command) => /--docker-server=(\S+)|docker login (\S+)/.exec(command)?.slice(1) ?? [],
    );
    expect(new Set(servers)).to.deep.equal(new Set(['https://index.docker.io/v1/', undefined]));
  });

  it('names a Secret to create, of the check alone, and never the one that it leaves alone', () => {
    const stepsFor = (secret: string | undefined, name = 'harbor'): string =>
      remedy('CredentialsRequired', { ...someFacts({ name }), secret }).steps.join('\n');
    for (const secret of [undefined, 'shared']) {
      expect(stepsFor(secret)).to.include('docker-registry harbor-registry-login ');
      expect(stepsFor(secret)).to.include(`"existingSecret":"'harbor-registry-login'"`);
    }
    expect(stepsFor('harbor-registry-login')).to.include('docker-registry harbor-registry-login-2 ');
    const [long] = /(?<=docker-registry )\S+/.exec(stepsFor(undefined, 'n'.repeat(253))) ?? expect.fail();
    expect(long).to.have.length.at.most(253);
    const [dotted] =
      /(?<=docker-registry )\S+/.exec(stepsFor(undefined, `${'n'.repeat(229)}.${'n'.repeat(23)}`)) ??
      expect.fail();
    expect(dotted).to.equal(`${'n'.repeat(229)}-registry-login`);
  });
});

describe('quote', () => {
  const rows: readonly [value: string, quoted: string][] = [
    ['reg.example:5000', 'reg.example:5000'],
    ['team/app', 'team/app'],
    ['a b', "'a b'"],
    ['', "''"],
    ["it's", `'it'\\''s'`],
    ['$(id)', "'$(id)'"],
    ['~', "'~'"],
    ['[::1]', "'[::1]'"],
    ['a\nb', "'a\nb'"],
  ];
  for (const [value, quoted] of rows) {
    it(`writes ${JSON.stringify(value)} as ${JSON.stringify(quoted)}`, () =>
      expect(quote(value)).to.equal(quoted));
  }

  it('makes one word of any text, which the shell reads back unchanged', () => {
    const texts = fc.sample(fc.string({ unit: fc.constantFrom(...`'"\\$\`&|;<>*?~#!{}()[] \n\tab-=`) }), {
      numRuns: 200,
      seed: 7,
    });
    const words = wordsOf(`kubectl ${texts.map(quote).join(' ')}`);
    expect(words).to.deep.equal([['kubectl', ...texts]]);
  });
});
