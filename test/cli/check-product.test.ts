import { expect } from 'chai';
import { PRODUCTS, type ProductId } from '../../src/check/products/all.gen.ts';
import type { Product } from '../../src/check/products/product.ts';
import { needsFix, REASONS, type FailureReason, type Reason } from '../../src/check/reason.ts';
import { clusterText, type Text } from '../../src/check/remediation/text.ts';
import { adviceFor, type Ground } from '../../src/cli/check-advice.ts';
import { conclude } from '../../src/cli/check-answer.ts';
import { questionOf, questionOfCheck, type Question } from '../../src/cli/check-question.ts';
import { elsewhere } from '../../src/cli/check-product.ts';
import { dataOf, render } from '../../src/cli/check-table.ts';
import { paintFor } from '../../src/cli/output.ts';
import type { LoginSource } from '../../src/cli/check-options.ts';
import { PRODUCT_ROWS } from '../check/product-rows.ts';
import { aCredential, anAnswer, aProbed, NOW_MS } from '../support/builders.ts';
import { commandOf, expectToParse } from '../support/shell.ts';
import { statusProblems } from '../support/status-schema.ts';

const AGAIN = 'Check again: registry-push-check check https://harbor.example';
/** What nobody has who types a URL. */
const OF_CLUSTER = /\bspec\.|existingSecret|\bthe Secret\b|\brpc\b|kubectl|\{[a-z]+\}|undefined/;
const OF_CHECKS = /\bthe check\b|\bchecks\b|\bcluster\b|\bthe operator\b/;
const proseOf = (step: string): string => step.slice(0, step.length - (commandOf(step)?.length ?? 0));
const LOGINS: readonly (readonly [login: string | undefined, secret: Ground['secret']])[] = [
  [undefined, undefined],
  ['the login', undefined],
  ['the token', undefined],
  ['the docker configuration', undefined],
  ['Secret demo/x', { namespace: 'demo', name: 'x' }],
];

const ground = (product: ProductId, hostname: string, repository: string): Ground => ({
  host: hostname,
  hostname,
  url: `https://${hostname}`,
  server: hostname,
  prefix: '',
  repository,
  product,
  login: 'the login',
  secret: undefined,
  chosen: true,
});

const HARBOR: Product = PRODUCTS.harbor;
const harbor = ground('harbor', 'harbor.example', 'team/app');

describe('adviceFor at a product', () => {
  for (const { id, hostname, repository } of PRODUCT_ROWS) {
    it(`speaks of ${id} in the words of the command line`, () => {
      const product: Product = PRODUCTS[id as ProductId];
      for (const reason of Object.keys(product.advice) as FailureReason[]) {
        for (const [login, secret] of LOGINS) {
          const on = { ...ground(id as ProductId, hostname, repository), login, secret };
          const { summary, steps, docsUrl } = adviceFor(reason, on);
          const text = [summary, ...steps].join('\n');
          expect(text, reason).to.not.match(OF_CLUSTER);
          expect([summary, ...steps].map(proseOf).join('\n'), reason).to.not.match(OF_CHECKS);
          expect(steps[0], reason).to.not.match(/^Or /);
          expect(new Set(steps.flatMap((step) => commandOf(step) ?? [])).size, text).to.equal(
            steps.filter((step) => commandOf(step) !== undefined).length,
          );
          expect(summary, reason).to.match(/^[A-Z].*\.$/);
          expect(steps.length, `${reason} ${text}`).to.be.within(1, 7);
          expect(new Set(steps).size, text).to.equal(steps.length);
          expect(docsUrl, reason).to.match(/^https:/);
          expectToParse(steps.map(commandOf).filter((one) => one !== undefined));
        }
      }
    });
  }

  it('leaves nothing out that is not said to have no meaning without a cluster', () => {
    for (const [id, { advice }] of Object.entries<Product>(PRODUCTS))
      for (const { summary, steps } of Object.values(advice))
        for (const text of [summary, ...steps])
          if (typeof text === 'string') expect(elsewhere(text), `${id}: ${text}`).to.be.a('string');
  });

  const news: readonly (readonly [login: string | undefined, secret: Ground['secret'], says: RegExp])[] = [
    [undefined, undefined, /^Give one by --username and --password-stdin/m],
    ['the login', undefined, /read -r REGISTRY_USER; .*REGISTRY_PASSWORD=\$\(/],
    ['the token', undefined, /^Run this line alone; it asks for the token: .*REGISTRY_PASSWORD=\$\(/m],
    ['the docker configuration', undefined, /into the docker configuration: docker login harbor\.example$/m],
    ['Secret demo/x', { namespace: 'demo', name: 'x' }, /^Write the new login into Secret demo\/x\.$/m],
  ];
  for (const [login, secret, says] of news) {
    it(`takes the new login as it got ${login ?? 'none'}`, () => {
      const { steps } = adviceFor('CredentialsRejected', { ...harbor, login, secret });
      expect(steps.join('\n')).to.match(says);
    });
  }

  it('gives docker login what a step before has taken, and asks nobody again', () => {
    const on = ground('ecr', '123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'team/app');
    const of = (login: string): string => adviceFor('CredentialsExpired', { ...on, login }).steps.join('\n');
    expect(of('the docker configuration')).to.match(
      /printf %s "\$REGISTRY_PASSWORD" \| docker login --username "\$REGISTRY_USER" --password-stdin 123/,
    );
    expect(of('the login')).to.not.match(/read -r/);
  });

  it('tries a login by docker login, and a token by curl', () => {
    const of = (login: string): string =>
      adviceFor('CredentialsRejected', { ...harbor, login }).steps.join('\n');
    expect(of('the login')).to.match(/: docker login harbor\.example$/m);
    expect(of('the token'))
      .to.match(/curl .* https:\/\/harbor\.example\/v2\/$/m)
      .and.not.match(/docker login/);
  });

  it('names another repository by --repository, first of all where none was named', () => {
    const named = adviceFor('RepositoryNotFound', harbor).steps;
    expect(named.filter((step) => step.includes('--repository TEAM/IMAGE'))).to.have.length(1);
    const unnamed = adviceFor('PushDenied', { ...harbor, chosen: false }).steps;
    expect(unnamed[0]).to.match(/^No repository was named, .*--repository TEAM\/IMAGE$/);
    expect(adviceFor('PushDenied', harbor).steps.join(' ')).to.not.include('--repository');
  });

  it('leaves no step out for what a registry is called', () => {
    const of = (name: string): readonly string[] =>
      adviceFor('PushDenied', ground('harbor', name, 'checks/app')).steps;
    expect(of('the-operator.checks.kubectl.example')).to.have.length(of('harbor.example').length);
  });

  it('lets no check create a repository, and renews no end in a Secret', () => {
    const on = ground('gitlab', 'registry.gitlab.com', 'team/app');
    for (const reason of ['RepositoryWouldBeCreated', 'CredentialsExpired'] as const)
      expect(adviceFor(reason, on).steps.join(' ')).to.not.match(/allowRepositoryCreation|expiresAt/);
  });

  it('still says how to allow a token service', () => {
    const on = ground('scaleway', 'rg.fr-par.scw.cloud', 'space/app');
    expect(adviceFor('TokenRealmNotTrusted', on).steps.join('\n')).to.include(
      '--token-host rg.fr-par.scw.cloud=',
    );
  });

  it('is that for any registry where the product is no different, or none is known', () => {
    const { product: _, ...unknown } = harbor;
    for (const reason of (Object.keys(REASONS) as Reason[]).filter(needsFix)) {
      const own = HARBOR.advice[reason] !== undefined;
      const isGeneral = adviceFor(reason, harbor).docsUrl === undefined;
      expect(isGeneral, reason).to.equal(!own);
      expect(adviceFor(reason, unknown).docsUrl).to.equal(undefined);
    }
  });
});

describe('elsewhere', () => {
  const rows: readonly (readonly [text: Text, own: string | undefined])[] = [
    ['Put a token into {login} that GitLab accepts.', 'Give a token that GitLab accepts.'],
    ['Renew the token of GitLab in {login}: it has run out.', 'Renew the token of GitLab: it has run out.'],
    ['Let the network of the cluster in.', 'Let this network in.'],
    [{ cluster: 'Have fewer checks.', elsewhere: 'Ask less often.' }, 'Ask less often.'],
    [{ cluster: 'Say it.', elsewhere: undefined }, undefined],
    [
      'the robot > Refresh Secret; give it a longer life.',
      'the robot > Refresh Secret; give it a longer life.',
    ],
    ['See when it ran last: kubectl get cronjobs', undefined],
    ['Let the cluster renew it by itself.', undefined],
    ['Change spec.timeout.', undefined],
  ];
  for (const [text, own] of rows) {
    it(`makes of "${clusterText(text)}" ${own === undefined ? 'nothing' : `"${own}"`}`, () => {
      expect(elsewhere(text)).to.equal(own);
    });
  }
});

describe('a refusal at a product', () => {
  const refused = {
    kind: 'UploadRefused',
    answer: anAnswer(401),
    login: 'proven',
    granted: ['pull'],
  } as const;
  const probed = aProbed(refused, { product: 'harbor' });
  const spec = { registryUrl: 'https://harbor.example', pushTestRepository: 'team/app' };
  const url = (login: LoginSource = { kind: 'password', username: 'ci' }): Question => ({
    ...questionOf({ kind: 'url', spec, login }),
    given: { credential: aCredential() },
    typed: true,
  });
  const file: Question = {
    ...questionOfCheck('team', 'mirror', { ...spec, existingSecret: 'login' }, 'x'),
    given: { credential: aCredential(), form: 'password', version: '7' },
    typed: false,
  };

  for (const [name, question] of [
    ['a URL', url()],
    ['a file', file],
  ] as const) {
    it(`of ${name} has the product's advice, its page as a row and as data, and ends with the step that verifies`, () => {
      const answer = conclude(question, refused, probed, AGAIN, NOW_MS);
      const { remediation } = answer.status;
      const docsUrl = HARBOR.advice.PushDenied?.docs;
      expect(remediation?.summary).to.include('push into project team of Harbor at harbor.example');
      expect(remediation?.docsUrl).to.equal(docsUrl);
      expect(remediation?.steps?.at(-1)).to.equal(AGAIN);
      expect(statusProblems(answer.status)).to.deep.equal([]);
      expect(dataOf([answer])).to.have.nested.property('status.remediation.docsUrl', docsUrl);
      expect(render([answer], paintFor({}, {}))).to.include(`\nMore      ${docsUrl ?? ''}\n`);
    });
  }

  it('is known by its host alone, before anything was asked', () => {
    const hub = questionOf({
      kind: 'url',
      spec: { registryUrl: 'registry.gitlab.com', pushTestRepository: 'team/app' },
      login: { kind: 'none' },
    });
    const met = { kind: 'LoginRefused', answer: anAnswer(401) } as const;
    const { status } = conclude({ ...hub, given: {}, typed: true }, met, undefined, AGAIN, NOW_MS);
    expect(status.remediation?.summary).to.include('GitLab');
  });

  it('mends of a file the part of its Secret that is wrong, and the end that it states', () => {
    const problem = { reason: 'SecretInvalid', detail: 'ca.crt is no PEM', part: 'ca.crt' } as const;
    const wrong = conclude(file, { kind: 'SecretUnusable', problem }, undefined, AGAIN, NOW_MS);
    expect(wrong.status.remediation?.steps?.join('\n')).to.include('--from-file=ca.crt');
    const expiry = { atMs: NOW_MS - 1000, source: 'SecretKey' } as const;
    const old = { ...file, given: { ...file.given, credential: aCredential('x', { expiry }) } };
    const met = { kind: 'LoginRefused', answer: anAnswer(401) } as const;
    const expired = conclude(old, met, aProbed(met), AGAIN, NOW_MS);
    expect(expired.status.remediation?.steps?.join('\n')).to.include('"expiresAt":null');
  });
});
