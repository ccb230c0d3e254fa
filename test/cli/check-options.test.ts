import { expect } from 'chai';
import { readOptions, UsageError, type CheckOptions } from '../../src/cli/check-options.ts';
import { questionOf } from '../../src/cli/check-question.ts';

const URL = 'https://registry.example.com';
const LOGIN = { username: 'ci', passwordStdin: true } as const;

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof UsageError) return error.problems;
    throw error;
  }
  return [];
}

function options(over: Partial<CheckOptions> = {}): CheckOptions {
  return { output: 'table', ...over };
}

describe('readOptions', () => {
  const wrong: readonly (readonly [
    name: string,
    url: string | undefined,
    over: Partial<CheckOptions>,
    says: readonly RegExp[],
  ])[] = [
    ['nothing to check', undefined, {}, [/^say what to check: a URL, or --file/]],
    ['a URL and a file', URL, { file: 'x' }, [/^give either a URL or --file/]],
    [
      'a repository with a file',
      undefined,
      { file: 'x', repository: 'a' },
      [/^--repository does not go with/],
    ],
    [
      'a timeout with a file',
      undefined,
      { file: 'x', timeout: '1s' },
      [/^--timeout does not .*spec\.timeout/],
    ],
    ['a pull with a file', undefined, { file: 'x', pull: 'a' }, [/^--pull does not go with --file/]],
    [
      'a login with a file',
      undefined,
      { file: 'x', ...LOGIN },
      [/^--username does not/, /^--password-stdin does not/],
    ],
    ['a token with a file', undefined, { file: 'x', tokenStdin: true }, [/^--token-stdin does not/]],
    [
      'a docker config with a file',
      undefined,
      { file: 'x', dockerConfig: 'y' },
      [/^--docker-config does not/],
    ],
    [
      'a Secret with a file',
      undefined,
      { file: 'x', secret: 'a/b' },
      [/^--secret .*--from-cluster reads it$/],
    ],
    ['--from-cluster with a URL', URL, { fromCluster: true }, [/^--from-cluster goes with --file only$/]],
    ['a namespace with a URL', URL, { namespace: 'team' }, [/^--namespace goes with --file only$/]],
    ['trust with a URL', URL, { trustRegistry: ['h'] }, [/^--trust-registry goes with --file only$/]],
    [
      'a kubeconfig for nothing',
      URL,
      { kubeconfig: 'x' },
      [/^--kubeconfig goes with --secret or --from-cluster/],
    ],
    ['a user name alone', URL, { username: 'ci' }, [/^--username needs --password-stdin/]],
    [
      'a password alone',
      URL,
      { passwordStdin: true },
      [/^--password-stdin needs --username; --token-stdin is for/],
    ],
    [
      'two logins',
      URL,
      { ...LOGIN, tokenStdin: true },
      [/^give one login: --password-stdin or --token-stdin$/],
    ],
    [
      'three logins',
      URL,
      { ...LOGIN, dockerConfig: 'x', secret: 'a/b' },
      [/^give one login: --password-stdin or --docker-config or --secret$/],
    ],
    ['a Secret without a namespace', URL, { secret: 'name' }, [/^--secret must be NAMESPACE\/NAME/]],
    ['a Secret without a name', URL, { secret: 'team/' }, [/^--secret must be NAMESPACE\/NAME/]],
    ['a Secret with three parts', URL, { secret: 'a/b/c' }, [/^--secret must be NAMESPACE\/NAME/]],
    ['another format', URL, { output: 'xml' }, [/^--output must be table, json or yaml$/]],
    [
      'a token host that is none',
      URL,
      { tokenHost: ['a=b', 'auth.example'] },
      [/^--token-host must be REGISTRY=HOST/],
    ],
    [
      'a trusted URL',
      undefined,
      { file: 'x', trustRegistry: [URL] },
      [/^--trust-registry must be host or host:port/],
    ],
    [
      'a namespace that is none',
      undefined,
      { file: 'x', namespace: 'A b' },
      [/^--namespace must be the name/],
    ],
    [
      'several mistakes at once',
      undefined,
      { output: 'xml', kubeconfig: 'x' },
      [/^say what to check/, /^--output must/],
    ],
  ];
  for (const [name, url, over, says] of wrong) {
    it(`refuses ${name}`, () => {
      const problems = problemsOf(() => readOptions(url, options(over)));
      expect(problems).to.have.lengthOf(says.length);
      for (const [at, pattern] of says.entries()) expect(problems[at]).to.match(pattern);
    });
  }

  it('takes the login from one place', () => {
    const sourceOf = (over: Partial<CheckOptions>): unknown => {
      const { what } = readOptions(URL, options(over));
      return what.kind === 'url' ? what.login : undefined;
    };
    expect(sourceOf({})).to.deep.equal({ kind: 'none' });
    expect(sourceOf(LOGIN)).to.deep.equal({ kind: 'password', username: 'ci' });
    expect(sourceOf({ tokenStdin: true })).to.deep.equal({ kind: 'token' });
    expect(sourceOf({ dockerConfig: '~/.docker' })).to.deep.equal({ kind: 'docker', path: '~/.docker' });
    expect(sourceOf({ secret: 'team/login.x' })).to.deep.equal({
      kind: 'secret',
      namespace: 'team',
      name: 'login.x',
    });
  });

  it('repeats the command line without user name and password', () => {
    const over = {
      ...LOGIN,
      username: 'ghp_token-as-a-user',
      repository: 'team/app',
      caFile: "it's a file",
      tokenHost: ['a=b', 'c=d'],
      strict: true,
    } as const;
    expect(readOptions(URL, options(over)).again).to.equal(
      `Check again, with REGISTRY_USER and REGISTRY_PASSWORD set: printf %s "$REGISTRY_PASSWORD" | registry-push-check check ${URL} --repository team/app --ca-file 'it'\\''s a file' --token-host 'a=b' --token-host 'c=d' --strict --username "$REGISTRY_USER" --password-stdin`,
    );
    const file = { file: 'a b.yaml', fromCluster: true, kubeconfig: 'k', namespace: 'team' } as const;
    expect(readOptions(undefined, options(file)).again).to.equal(
      "Check again: registry-push-check check --file 'a b.yaml' --namespace team --kubeconfig k --from-cluster",
    );
    expect(readOptions(URL, options({ tokenStdin: true })).again).to.equal(
      `Check again, with REGISTRY_PASSWORD set: printf %s "$REGISTRY_PASSWORD" | registry-push-check check ${URL} --token-stdin`,
    );
  });

  it('repeats it under the name that it was started by', () => {
    expect(readOptions(URL, options({}), 'kubectl registry-push-check').again).to.equal(
      `Check again: kubectl registry-push-check check ${URL}`,
    );
  });

  it('repeats no command that would wait for the terminal', () => {
    expect(readOptions(undefined, options({ file: '-' })).again).to.match(/^Check again: pipe [^|$]*\.$/);
  });
});

describe('questionOf', () => {
  const ask = (url: string, over: Partial<CheckOptions> = {}): ReturnType<typeof questionOf> => {
    const { what } = readOptions(url, options(over));
    if (what.kind !== 'url') throw new Error('no URL');
    return questionOf(what);
  };

  const wrong: readonly (readonly [name: string, url: string, over: Partial<CheckOptions>, says: RegExp])[] =
    [
      [
        'a login in the URL',
        'https://u:hunter2@h',
        {},
        /^the URL must not hold a user name.*--password-stdin$/,
      ],
      ['another scheme', 'ftp://hunter2', {}, /^the URL must begin with https:/],
      ['/v2 at the end', 'https://h/v2/', {}, /^the URL must be the base URL without/],
      [
        'a tag in the repository',
        'h',
        { repository: 'hunter2:x' },
        /^--repository must be the repository only/,
      ],
      ['capitals in the repository', 'h', { repository: 'Hunter2' }, /^--repository must be in lower case/],
      ['an endless timeout', 'h', { timeout: '9h' }, /^--timeout must be a duration from 1s to 2m/],
      ['a timeout that is none', 'h', { timeout: 'hunter2' }, /^--timeout must be a duration/],
      ['a manifest without a name', 'h', { pull: ':hunter2' }, /^--pull must be 1 to 255 characters/],
      ['a manifest with a port', 'h', { pull: 'hunter2:5000/a' }, /^--pull must be the repository only/],
      [
        'a digest that is none',
        'h',
        { pull: 'a@sha256:hunter2' },
        /^--pull must be a tag without colon or a whole/,
      ],
    ];
  for (const [name, url, over, says] of wrong) {
    it(`refuses ${name} by the rules of the CRD, without repeating it`, () => {
      const [problem, ...more] = problemsOf(() => ask(url, over));
      expect(more).to.deep.equal([]);
      expect(problem)
        .to.match(says)
        .and.not.match(/hunter2|pushTest|pull\.|registryUrl|existingSecret/i);
    });
  }

  it('has the defaults of the CRD', () => {
    const { spec, check, registry } = ask('Registry.Example.com:5000');
    expect(spec).to.include({ repository: 'stellaops/doctor-test', timeoutMs: 30_000, pull: undefined });
    expect(registry.host).to.equal('registry.example.com:5000');
    expect(check.metadata.name).to.equal('registry-example-com-5000');
    expect(check.spec).to.deep.equal({
      registryUrl: 'Registry.Example.com:5000',
      pushTestRepository: 'stellaops/doctor-test',
    });
  });

  const digest = `sha256:${'a'.repeat(64)}`;
  for (const [text, repository, reference] of [
    ['team/base', 'team/base', 'latest'],
    ['team/base:v1', 'team/base', 'v1'],
    [`team/base@${digest}`, 'team/base', digest],
  ] as const) {
    it(`reads the manifest ${text.slice(0, 20)}`, () => {
      expect(ask('h', { pull: text }).spec.pull).to.deep.equal({ repository, reference });
    });
  }
});
