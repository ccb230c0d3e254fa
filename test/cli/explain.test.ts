import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { PRODUCTS, type ProductId } from '../../src/check/products/all.gen.ts';
import { needsFix, REASONS, type FailureReason, type Reason } from '../../src/check/reason.ts';
import { MILE_OF, PLATFORMS, type Platform } from '../../src/check/remediation/platforms.ts';
import { dataOfList, explained, NAMES, renderList, renderOne } from '../../src/cli/explain-answer.ts';
import { fixOf, type Place } from '../../src/cli/explain-fix.ts';
import { readName, readPlace, readPlatforms } from '../../src/cli/explain-input.ts';
import { paintFor } from '../../src/cli/output.ts';
import { PRODUCT_ROWS } from '../check/product-rows.ts';
import { runProcess, type Finished } from '../support/processes.ts';
import { commandOf, expectToParse, wordsOf } from '../support/shell.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');
const PLAIN = paintFor({}, {});
const FAILURES = (Object.keys(REASONS) as Reason[]).filter((reason): reason is FailureReason =>
  needsFix(reason),
);
const IDS = Object.keys(PRODUCTS) as ProductId[];
const ALL_PLATFORMS = Object.keys(PLATFORMS) as Platform[];
const ANY: Place = { product: undefined, registry: undefined };
/** Braces that nothing was filled into, and words of JavaScript. */
const UNFILLED = /\{[a-z]+\}|undefined|\[object|rpc-host|rpc-one|NaN/;

function run(...args: readonly string[]): Promise<Finished> {
  const env = { HOME: '/nonexistent' };
  return runProcess({ name: 'explain', file: process.execPath, args: [CLI, 'explain', ...args], env });
}

function place(typed: string): Place {
  const read = readPlace(typed);
  if ('problem' in read) throw new Error(read.problem);
  return read.value;
}

/** Every product, by its name and by the host of its row. */
const PLACES: readonly (readonly [name: string, place: Place])[] = [
  ['any registry', ANY],
  ['a host', place('registry.example.com:5000/prefix')],
  ...IDS.map((product) => [product, { product, registry: undefined }] as const),
  ...PRODUCT_ROWS.map(({ hostname }) => [hostname, place(`https://${hostname}`)] as const),
];

describe('explained', () => {
  for (const [name, where] of PLACES) {
    it(`fills in all it knows of every name at ${name}`, () => {
      for (const one of NAMES) {
        const text = renderOne(explained(one, where, ALL_PLATFORMS), PLAIN);
        expect(text, one).to.match(new RegExp(`^${one}: [A-Z].*\\.\\n`));
        expect(text, one).to.not.match(UNFILLED);
        expect(text.split('\n').filter((line) => line !== line.trimEnd())).to.deep.equal([]);
      }
    });

    it(`says of every failure at ${name} what to do on each platform, and how to see that it helped`, () => {
      for (const reason of FAILURES) {
        for (const platform of ALL_PLATFORMS) {
          const { summary, steps } = fixOf(reason, platform, where);
          expect(summary, reason).to.match(/^[A-Z].*\.$/);
          if (platform !== 'kubernetes')
            expect(`${summary} ${steps.join(' ')}`).to.not.match(/kubectl|spec\./);
          if (platform !== 'kubernetes' && MILE_OF[reason] === 'cluster') {
            expect(steps).to.deep.equal([]);
          } else {
            expect(steps.length, `${reason} ${platform}`).to.be.within(2, 8);
            expect(steps.at(-1)).to.match(/^Check again.*: (?:T=|stella doctor run )/);
            expect(new Set(steps).size, reason).to.equal(steps.length);
          }
        }
      }
    });
  }

  it('gives commands that a shell can parse, with no password in them', () => {
    const all = PLACES.flatMap(([, where]) =>
      FAILURES.flatMap((reason) => ALL_PLATFORMS.flatMap((platform) => fixOf(reason, platform, where).steps)),
    );
    const commands = [...new Set(all.map(commandOf).filter((one) => one !== undefined))];
    expect(commands.length).to.be.greaterThan(50);
    expectToParse(commands);
    for (const command of commands) expect(command).to.not.match(/(?:-u|--user) \S+:/);
  });

  it('asks for the password and gives it by a pipe, outside of a cluster', () => {
    const steps = fixOf('PushDenied', 'systemd', place('registry.example.com')).steps.map(commandOf);
    const ask = steps.find((one) => one?.includes('registry-push-check')) ?? '';
    expect(wordsOf(ask).flat()).to.include.members(['--password-stdin', 'https://registry.example.com']);
    const post = steps.find((one) => one?.startsWith('curl')) ?? '';
    expect(wordsOf(post)[0]).to.deep.equal(
      'curl -sSi -m 20 -X POST -u USER https://registry.example.com/v2/REPOSITORY/blobs/uploads/'.split(' '),
    );
  });

  it('names the host where one was given, and HOST where none was', () => {
    expect(fixOf('DNSLookupFailed', 'kubernetes', ANY).summary).to.include('Make HOST resolvable');
    expect(fixOf('TLSVerificationFailed', 'compose', ANY).steps.join('\n')).to.include(
      'openssl s_client -connect HOST:443 -servername HOST ',
    );
    expect(fixOf('DNSLookupFailed', 'kubernetes', place('reg.example:5000')).summary).to.include(
      'Make reg.example:5000 resolvable',
    );
  });

  it('says which names outside of a cluster nobody meets', () => {
    const { fixes } = explained('SecretForbidden', ANY, ALL_PLATFORMS);
    expect(Object.keys(fixes ?? {})).to.deep.equal(['kubernetes']);
    const asked = explained('SecretForbidden', ANY, ['compose']);
    expect(asked.fixes?.compose?.summary).to.match(/of a cluster/);
  });

  it('says how to name the product where the host is not known', () => {
    const known = renderOne(explained('PushDenied', place('harbor=reg.example:5000'), ['compose']), PLAIN);
    expect(known).to.match(/^Product +Harbor$/m);
    const text = renderOne(explained('PushDenied', place('reg.example:5000'), ['compose']), PLAIN);
    expect(text).to.match(/^Product +not known by this host; .* --registry harbor=reg\.example:5000$/m);
    expect(renderOne(explained('PushDenied', ANY, ['compose']), PLAIN)).to.not.match(/^Product/m);
  });

  it('shows the login that a step has put into the shell', () => {
    const { steps } = fixOf('CredentialsExpired', 'compose', place('ecr'));
    const at = (part: string): number => steps.findIndex((step) => step.includes(part));
    expect(at('REGISTRY_PASSWORD="$(aws')).to.be.at.least(0);
    expect(at('Show the new login')).to.be.above(at('REGISTRY_PASSWORD="$(aws'));
    expect(at('Write the new login into .env')).to.be.above(at('Show the new login'));
  });

  it('speaks of a new login and of a restart only where the product has a step that writes one', () => {
    const of = (product: ProductId): string =>
      fixOf('PushDenied', 'compose', { product, registry: undefined }).steps.join('\n');
    expect(of('harbor')).to.include('Write another login into .env').and.include('docker compose up');
    expect(of('ecr')).to.not.match(/Write another login|docker compose up/);
    expect(of('ecr')).to.include('registry-push-check check');
  });

  it('says where a product does not give a reason, and what is advised in general', () => {
    const text = renderOne(explained('RepositoryWouldBeCreated', place('harbor'), ['kubernetes']), PLAIN);
    expect(text).to.include('Harbor does not give this reason: asking makes no repository.');
  });
});

describe('renderOne', () => {
  it('shows PushDenied at Harbor so', async () => {
    const golden = await readFile(join(import.meta.dirname, 'explain-push-denied-harbor.txt'), 'utf8');
    expect(renderOne(explained('PushDenied', place('harbor'), ALL_PLATFORMS), PLAIN)).to.equal(golden);
  });
});

describe('renderOne in a terminal', () => {
  it('keeps sentences within its width, and commands whole', () => {
    const one = explained('PushDenied', place('harbor'), ALL_PLATFORMS);
    const lines = renderOne(one, PLAIN, 72).split('\n');
    const steps = Object.values(one.fixes ?? {}).flatMap((fix) => fix.steps);
    const commands = steps.flatMap((step) => commandOf(step) ?? []);
    expect(lines.map((line) => line.trim())).to.include.members(commands);
    const others = lines.filter((line) => !commands.includes(line.trim()));
    // Nothing but an address may be longer.
    expect(
      others.filter((line) => line.length > 72 && line.trim().includes(' ') && !/https:/.test(line)),
    ).to.deep.equal([]);
  });
});

describe('renderList', () => {
  it('has every name and every product, once', () => {
    const [names = '', products = ''] = renderList().split('\n\n');
    const firsts = (text: string): readonly string[] =>
      text
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ')[0] ?? '');
    expect(firsts(names)).to.deep.equal([...NAMES]);
    expect(new Set(NAMES).size).to.equal(NAMES.length);
    expect(firsts(products)).to.deep.equal(IDS);
    expect(renderList()).to.match(/^PushDenied +PushAuthorized +definite +The login is good/m);
    expect(JSON.stringify(dataOfList())).to.include('"name":"PushDenied","stage":"PushAuthorized"');
  });
});

describe('what is typed', () => {
  const hosts: readonly (readonly [typed: string, product: ProductId | undefined])[] = [
    ['harbor', 'harbor'],
    ['HARBOR', 'harbor'],
    ['GitLab', 'gitlab'],
    ['registry.gitlab.com', 'gitlab'],
    ['https://registry.gitlab.com', 'gitlab'],
    ['registry.example.com', undefined],
    ['localhost', undefined],
    ['localhost:5000', undefined],
  ];
  for (const [typed, product] of hosts) {
    it(`is understood: --registry ${typed} as ${product ?? 'any registry'}`, () => {
      expect(place(typed).product).to.equal(product);
    });
  }

  it('is understood as both, a product and its host', () => {
    const { product, registry } = place('Harbor=harbor.example:8443');
    expect([product, registry?.host]).to.deep.equal(['harbor', 'harbor.example:8443']);
    expect(fixOf('PushDenied', 'compose', place('harbor=harbor.example')).summary).to.match(
      /of Harbor at harbor\.example\.$/,
    );
  });

  const meant: readonly (readonly [typed: string, product: ProductId | undefined])[] = [
    ['aws', 'ecr'],
    ['Amazon', 'ecr'],
    ['azure', 'acr'],
    ['google', 'gar'],
    ['gcr', 'gar'],
    ['github', 'ghcr'],
    ['forgejo', 'gitea'],
    ['jfrog', 'artifactory'],
    ['oracle', 'ocir'],
    ['oracle cloud', 'ocir'],
    ['dockerhub', 'docker-hub'],
    ['sonatype-nexus', 'nexus'],
    ['quey', 'quay'],
    ['container-registry', undefined],
    ['abc', undefined],
  ];
  for (const [typed, product] of meant) {
    it(`is ${product ?? 'nothing known'} where somebody types ${typed}`, () => {
      const read = readPlace(typed);
      const hint = product === undefined ? /; products: acr, / : new RegExp(`; did you mean ${product}\\?$`);
      expect('problem' in read ? read.problem : '').to.match(hint);
    });
  }

  for (const typed of [
    'https://ci:S3cret@harbor.corp',
    'ci:S3cret@harbor.corp',
    'harbor=https://ci:S3cret@harbor.corp',
    'https://ci:S3cret@harbor.corp/?a=b',
    'ci@S3cret=harbor.corp',
  ]) {
    it(`is not repeated where it may hold a login: ${typed}`, () => {
      for (const read of [readName(typed), readPlace(typed), readPlatforms(typed)])
        expect(read)
          .to.have.property('problem')
          .that.does.not.match(/S3cret|ci:/);
      expect(readPlace(typed))
        .to.have.property('problem')
        .that.matches(/such as (?:harbor=)?harbor\.example\.com$/);
    });
  }

  const wrong: readonly (readonly [name: string, read: object, says: RegExp])[] = [
    ['a reason with a slip', readName('PushDeneid'), /did you mean PushDenied\?$/],
    ['a reason with hyphens', readName('push-denied'), /did you mean PushDenied\?$/],
    ['half a reason', readName('quota'), /did you mean QuotaExceeded\?$/],
    ['a reason that nothing is near', readName('Nothing'), /explain without a reason lists all$/],
    ['a product with a slip', readPlace('harbro'), /did you mean harbor\?$/],
    [
      'a product that nothing is near',
      readPlace('nonsense'),
      /products: .*gitlab.*; or the host of a registry$/,
    ],
    [
      'a host that is none',
      readPlace('$(id).example.com'),
      /^--registry: unknown product "\$\(id\)\.example\.com"/,
    ],
    ['a platform with a slip', readPlatforms('kubernets'), /did you mean kubernetes\?$/],
    ['a platform that is none', readPlatforms('nomad'), /platforms: kubernetes, compose, systemd$/],
  ];
  for (const [name, read, says] of wrong) {
    it(`is refused with a hint: ${name}`, () => {
      expect(read).to.have.property('problem').that.matches(says);
    });
  }

  it('is not repeated with what a terminal obeys', () => {
    const read = readName(`\u{1B}[31m${'x'.repeat(500)}`);
    expect('problem' in read ? read.problem : '')
      .to.match(/^unknown reason "\[31mx+…"; /)
      .and.have.lengthOf.below(150);
  });
});

describe('registry-push-check explain', () => {
  it('explains a reason in whatever case, on stdout alone', async () => {
    const { code, stdout, stderr } = await run('pushdenied', '--registry', 'harbor', '--platform', 'compose');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(stdout)
      .to.match(/^PushDenied: /)
      .and.match(/^Docker Compose \(/m)
      .and.not.match(/^(?:Kubernetes|systemd)$/m);
  });

  it('lists all without a reason', async () => {
    expect(await run()).to.deep.equal({ code: 0, stdout: renderList(), stderr: '' });
  });

  it('writes JSON', async () => {
    const { stdout } = await run('PushDenied', '--registry', 'harbor', '-o', 'json');
    const one = JSON.parse(stdout) as {
      readonly fixes: Readonly<Record<Platform, { readonly steps: string[] }>>;
    };
    expect(one).to.include({ name: 'PushDenied', stage: 'PushAuthorized', course: 'definite' });
    expect(one).to.have.nested.property('product.id', 'harbor');
    expect(Object.keys(one.fixes)).to.deep.equal(ALL_PLATFORMS);
    expect(JSON.parse((await run('-o', 'json')).stdout)).to.deep.equal(
      JSON.parse(JSON.stringify(dataOfList())),
    );
  });

  for (const [name, args, says] of [
    ['an unknown reason', ['PushDeneid'], 'unknown reason "PushDeneid"; did you mean PushDenied?'],
    ['an unknown format', ['PushDenied', '-o', 'yaml'], '-o, --output: text or json'],
    ['a product without a reason', ['--registry', 'harbor'], '--registry and --platform need a reason'],
  ] as const) {
    it(`exits 2 for ${name}`, async () => {
      const stderr = `registry-push-check: ${says}\n`;
      expect(await run(...args)).to.deep.equal({ code: 2, stdout: '', stderr });
    });
  }

  it('names everything that is wrong at once', async () => {
    const { code, stderr } = await run('x', '--registry', 'y', '--platform', 'z');
    expect([code, stderr.trimEnd().split('\n').length]).to.deep.equal([2, 3]);
  });

  it('loads neither what speaks to registries nor what speaks to a cluster', async () => {
    const seen = await loadedBy('src/cli/explain-input.ts', new Set());
    expect([...seen]).to.include('src/check/recognise.ts');
    expect(
      [...seen].filter((file) => /^axios|client-node|^src\/kube\/|registry\/http\.ts/.test(file)),
    ).to.deep.equal([]);
  });
});

/** Everything that a file imports when it runs, and what that imports. */
async function loadedBy(file: string, seen: Set<string>): Promise<Set<string>> {
  seen.add(file);
  if (!file.startsWith('src/')) return seen;
  const text = await readFile(file, 'utf8');
  for (const [, what = '', name = ''] of text.matchAll(
    /^(?:import|export) (?:([^;']*?) from )?'([^']+)'/gm,
  )) {
    if (what.startsWith('type ')) continue;
    const target = name.startsWith('.') ? join(dirname(file), name) : name;
    if (!seen.has(target)) await loadedBy(target, seen);
  }
  return seen;
}
