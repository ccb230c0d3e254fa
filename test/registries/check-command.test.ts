import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { USERS } from '../../scripts/demo/scenario.ts';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import type { Distribution } from '../support/distribution.ts';
import { lab } from '../support/lab.ts';
import { check, login } from '../support/manifests.ts';
import { runProcess, type Finished } from '../support/processes.ts';
import { statusProblems } from '../support/status-schema.ts';
import type { TokenServer } from '../support/token-server.ts';
import { startRegistry, startTokens } from './asking.ts';

/** The registry of the demo, asked from the command line by the bundle, which lies where there are no packages. */
describe('registry-push-check check of a real registry', () => {
  let tokens: TokenServer;
  let registry: Distribution;
  let cli: string;
  before(async () => {
    tokens = await startTokens('check-tokens', { users: USERS });
    registry = await startRegistry('check-registry', { kind: 'token', ...tokens });
    const dist = join(lab().dir, 'check-dist');
    await cp('dist', dist, { recursive: true });
    cli = join(dist, 'cli.js');
  });
  after(async () => {
    await registry.stop();
    await tokens.stop();
  });

  const run = (args: readonly string[], input = ''): Promise<Finished> => {
    const trusting = ['--ca-file', lab().authorityFile, ...tokenHost()];
    const env = { HOME: '/nonexistent', PATH: '/usr/bin:/bin' };
    const all = [cli, 'check', ...args, ...trusting];
    return runProcess({ name: 'check', file: process.execPath, args: all, env, cwd: lab().dir }, input);
  };
  const tokenHost = (): readonly string[] => [
    '--token-host',
    `${registry.host}=${new URL(tokens.realm).host}`,
  ];

  const ask = (user: string | undefined, password: string, ...more: readonly string[]): Promise<Finished> => {
    const by = user === undefined ? [] : ['--username', user, '--password-stdin'];
    return run([registry.url, '--repository', 'team/app', ...by, ...more], `${password}\n`);
  };

  const rows: readonly (readonly [
    name: string,
    user: string | undefined,
    password: string,
    reason: string,
    code: number,
    cleanup?: string,
  ])[] = [
    ['admin', 'admin', USERS.admin.password, 'PushAuthorized', 0, 'Cancelled'],
    ['ci, who may not cancel', 'ci', USERS.ci.password, 'PushAuthorized', 0, 'NotPermitted'],
    ['puller', 'puller', USERS.puller.password, 'PushDenied', 3],
    ['push-only', 'push-only', USERS['push-only'].password, 'PushDenied', 3],
    ['ci with a wrong password', 'ci', 'last-years-password', 'CredentialsRejected', 3],
    ['a user that does not exist', 'nobody', 'any-password', 'CredentialsRejected', 3],
    ['nobody', undefined, '', 'CredentialsRequired', 3],
  ];
  for (const [name, user, password, reason, code, cleanup] of rows) {
    it(`says ${reason} and exits ${code} for ${name}`, async () => {
      const finished = await ask(user, password, '-o', 'json');
      expect(finished.code, finished.stderr).to.equal(code);
      const { status } = JSON.parse(finished.stdout) as RegistryPushCheck;
      expect(status && statusProblems(status)).to.deep.equal([]);
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.reason).to.equal(reason);
      expect(status?.lastProbe?.cleanup).to.equal(cleanup);
      if (password !== '') expect(finished.stdout + finished.stderr).to.not.include(password);
    });
  }

  it('exits 4 for ci under --strict', async () => {
    const { code, stdout } = await ask('ci', USERS.ci.password, '--strict');
    expect(code).to.equal(4);
    expect(stdout).to.match(/^Session {3}not cancelled \(NotPermitted\)$/m);
  });

  it('opens no session for who may cancel it that stays', async () => {
    const before = (await registry.leftovers('team/app')).uploads;
    expect((await ask('admin', USERS.admin.password)).code).to.equal(0);
    expect((await registry.leftovers('team/app')).uploads).to.deep.equal(before);
  });

  it('says how to ask a port that speaks https, and for a repository that was put into the URL', async () => {
    const plain = await run([registry.url.replace('https:', 'http:')]);
    expect(plain.code).to.not.equal(0);
    expect(plain.stdout).to.include(`This port may speak https: type ${registry.url}\n`);
    const path = await run([`${registry.url}/team/app`]);
    expect(path.code).to.equal(3);
    expect(path.stdout).to.match(/: not tried \(NotARegistry\)\n[^]*, and give --repository team\/app\n/);
  });

  it('takes a file with checks and their Secrets, and exits with the worst code', async () => {
    const objects = (['admin', 'puller'] as const).flatMap((user) => [
      check('team', user, {
        registryUrl: registry.url,
        pushTestRepository: 'team/app',
        existingSecret: user,
      }),
      login('team', user, registry.host, user, USERS[user].password),
    ]);
    const text = objects.map((object) => stringify(object)).join('---\n');
    const { code, stdout } = await run(['-f', '-', '--trust-registry', registry.host], text);
    expect(code).to.equal(3);
    expect(stdout).to.match(/^team +admin +True +PushAuthorized .*\nteam +puller +False +PushDenied /m);
    expect(stdout).to.not.match(/admin-password|puller-password/);
  });

  it('answers --help and --version where there are no packages', async () => {
    const env = { HOME: '/nonexistent' };
    for (const args of [['check', '--help'], ['--version']]) {
      const command = { name: 'cli', file: process.execPath, args: [cli, ...args], env, cwd: lab().dir };
      expect((await runProcess(command)).code).to.equal(0);
    }
  });
});
