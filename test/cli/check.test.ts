import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { createAuthority, LOOPBACK, type Authority } from '../support/certificates.ts';
import { check, login } from '../support/manifests.ts';
import { freePort, runProcess, startProcess, type Command, type Finished } from '../support/processes.ts';
import { speaks, startScriptedProxy, tunnelTo } from '../support/scripted-proxy.ts';
import {
  answer,
  CANARY,
  challenge,
  errors,
  leaksOf,
  startScriptedRegistry,
  token,
  type Reply,
  type ScriptedRegistry,
  type Turn,
} from '../support/scripted-registry.ts';
import { base64 } from '../support/secrets.ts';
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts';
import { statusProblems } from '../support/status-schema.ts';

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts');

function command(args: readonly string[], env: NodeJS.ProcessEnv = {}): Command {
  const name = `registry-push-check check ${args.join(' ')}`;
  return {
    name,
    file: process.execPath,
    args: [CLI, 'check', ...args],
    env: { HOME: '/nonexistent', ...env },
  };
}

const UPLOADS = '/v2/team/app/blobs/uploads/';
const BASIC = challenge('Basic realm="r"');
const ping: Turn = ['GET /v2/', BASIC];
const accepted = (path = `${UPLOADS}1`): Reply => answer(202, { Location: path });

/** A registry that takes the login of `ci`, and this answer to the upload. */
function basicly(...upload: readonly Reply[]): readonly Turn[] {
  const [post = accepted(), cancel = answer(204)] = upload;
  return [
    ping,
    ['GET /v2/ as ci', answer(200)],
    [`POST ${UPLOADS} as ci`, post],
    [`DELETE ${UPLOADS}1 as ci`, cancel],
  ];
}

describe('registry-push-check check', function () {
  this.timeout(30_000);

  let dir: string;
  let authority: Authority;
  let registry: ScriptedRegistry;
  let plain: ScriptedRegistry;
  let ca: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cli-check-'));
    authority = await createAuthority('scripted registries');
    const { certPem, keyPem } = await authority.issue({ commonName: 'registry', ...LOOPBACK });
    registry = await startScriptedRegistry({ cert: certPem, key: keyPem });
    plain = await startScriptedRegistry();
    ca = await file('authority.crt', authority.pem);
  });
  after(async () => {
    await registry.stop();
    await plain.stop();
    await rm(dir, { recursive: true });
  });

  const file = async (name: string, text: string): Promise<string> => {
    const path = join(dir, name);
    await writeFile(path, text);
    return path;
  };

  /** Runs the command to its end; whatever it was given, no secret is in what it prints. */
  const run = async (args: readonly string[], input = '', env?: NodeJS.ProcessEnv): Promise<Finished> => {
    const finished = await runProcess(command(args, env), input);
    expect(leaksOf(finished.stdout + finished.stderr)).to.deep.equal([]);
    expect(finished.stdout + finished.stderr)
      .to.not.match(/^\s+at .*:\d+:\d+/m)
      .and.not.include('\u001B');
    return finished;
  };

  /** Asks the scripted registry as `ci`, about team/app. */
  const asCi = (...more: readonly string[]): Promise<Finished> =>
    run(
      [
        registry.url,
        '--repository',
        'team/app',
        '--ca-file',
        ca,
        '--username',
        'ci',
        '--password-stdin',
        ...more,
      ],
      `${CANARY}\n`,
    );

  const readyOf = ({ stdout }: Finished): unknown => {
    const { status } = JSON.parse(stdout) as RegistryPushCheck;
    expect(status && statusProblems(status)).to.deep.equal([]);
    return status?.conditions?.find(({ type }) => type === 'Ready');
  };

  describe('of a URL', () => {
    it('probes once, cancels, and exits 0 where the push is permitted', async () => {
      registry.play(basicly());
      const { code, stdout, stderr } = await asCi();
      expect(code).to.equal(0);
      expect(registry.conversation).to.deep.equal(basicly().map(([asked]) => asked));
      expect(stdout).to.match(
        /^Push to team\/app at https:\/\/127.0.0.1:\d+: permitted \(PushAuthorized\)\n/,
      );
      expect(stdout).to.match(/^Session {3}cancelled$/m);
      expect(stderr).to.match(
        /^registry-push-check: 127\.0\.0\.1:\d+ has the address 127\.0\.0\.1: the operator reaches it only/,
      );
    });

    const verdicts: readonly (readonly [
      reason: string,
      ready: string,
      code: number,
      turns: readonly Turn[],
      ...more: readonly string[],
    ])[] = [
      ['PushAuthorized', 'True', 0, basicly()],
      ['PushAuthorized', 'True', 0, basicly(), '--strict'],
      ['PushAuthorized', 'True', 4, basicly(accepted(), answer(405)), '--strict'],
      ['PushAuthorized', 'True', 0, basicly(accepted(), answer(405))],
      ['CredentialsRejected', 'False', 3, [ping, ['GET /v2/ as ci', BASIC]]],
      ['PushDenied', 'False', 3, basicly(answer(403, {}, errors('DENIED')))],
      ['RepositoryNotFound', 'False', 3, basicly(answer(404, {}, errors('NAME_UNKNOWN')))],
      ['NotARegistry', 'False', 3, [['GET /v2/', answer(404)]]],
      ['RegistryUnavailable', 'Unknown', 5, [['GET /v2/', answer(503)]]],
      ['RateLimited', 'Unknown', 5, [['GET /v2/', answer(429)]]],
      ['UnexpectedResponse', 'Unknown', 5, basicly(answer(201))],
    ];
    for (const [reason, ready, code, turns, ...more] of verdicts) {
      it(`exits ${code} for ${ready}/${reason}${more.map((word) => ` under ${word}`).join('')}, as the JSON says`, async () => {
        registry.play(turns);
        const finished = await asCi('-o', 'json', ...more);
        expect(finished.code).to.equal(code);
        expect(readyOf(finished)).to.include({ status: ready, reason });
      });
    }

    it('shows the reason and what to do, the same command last', async () => {
      registry.play(basicly(answer(403, {}, errors('DENIED'))));
      const { code, stdout } = await asCi();
      expect(code).to.equal(3);
      expect(stdout).to.match(/^PushAuthorized +False +403 DENIED +PushDenied +the login is good, but/m);
      expect(stdout).to.match(
        /^ +\d\. Check again, with REGISTRY_USER and REGISTRY_PASSWORD set: printf %s "\$REGISTRY_PASSWORD" \| registry-push-check check https:\/\/127\.0\.0\.1:\d+ --repository team\/app --ca-file \S+ --username "\$REGISTRY_USER" --password-stdin$/m,
      );
    });

    it('asks without a login where none is given, and says so', async () => {
      registry.play([['GET /v2/', BASIC]]);
      const { code, stdout, stderr } = await run([registry.url, '--ca-file', ca]);
      expect([code, registry.conversation]).to.deep.equal([3, ['GET /v2/']]);
      expect(stderr).to.match(/^registry-push-check: asking without a login: --username/);
      expect(stdout).to.match(
        /not tried \(CredentialsRequired\)\n[^]*Cause .* wants a login for stellaops\/doctor-test.*, and none was given\n/,
      );
    });

    it('does not use the logins of docker unasked', async () => {
      await file(
        'config.json',
        JSON.stringify({ auths: { [registry.host]: { username: 'ci', password: CANARY } } }),
      );
      registry.play([['GET /v2/', BASIC]]);
      const { code } = await run([registry.url, '--ca-file', ca], '', { DOCKER_CONFIG: dir });
      expect([code, registry.conversation]).to.deep.equal([3, ['GET /v2/']]);
    });

    it('takes the password as docker login does: without one line break at its end', async () => {
      for (const [end, isGood] of [
        ['', true],
        ['\n', true],
        ['\r\n', true],
        ['\n\n', false],
        [' ', false],
      ] as const) {
        registry.play([ping, ['GET /v2/ as ci', answer(403)]]);
        const args = [registry.url, '--ca-file', ca, '--username', 'ci', '--password-stdin'];
        const { code } = await run(args, `${CANARY}${end}`);
        const [, asked = 'nothing'] = registry.conversation;
        expect(asked === 'GET /v2/ as ci', JSON.stringify(end)).to.equal(isGood);
        expect(code === 2, JSON.stringify(end)).to.equal(end === '\n\n');
      }
    });

    it('takes a token alone', async () => {
      registry.play([
        ['GET /v2/', challenge('Bearer realm="https://elsewhere.example/token"')],
        [`POST ${UPLOADS} as Bearer t0ken`, accepted()],
        [`DELETE ${UPLOADS}1 as Bearer t0ken`, answer(204)],
      ]);
      const args = [registry.url, '--repository', 'team/app', '--ca-file', ca, '--token-stdin', '-o', 'json'];
      const finished = await run(args, 't0ken\n');
      expect(registry.conversation).to.have.lengthOf(3);
      expect(finished.code).to.equal(0);
      expect(finished.stdout).to.not.include('t0ken');
    });

    it('asks for a manifest, which decides nothing', async () => {
      registry.play([...basicly(), ['HEAD /v2/team/base/manifests/v1 as ci', answer(404)]]);
      const finished = await asCi('--pull', 'team/base:v1', '-o', 'json');
      expect([finished.code, registry.conversation.length]).to.deep.equal([0, 5]);
      expect(finished.stdout).to.include('"ManifestNotFound"');
    });

    it('writes YAML', async () => {
      registry.play(basicly());
      const { code, stdout } = await asCi('-o', 'yaml');
      expect(code).to.equal(0);
      expect(stdout).to.match(/^apiVersion: doctor\.stella-ops\.org\/v1alpha1\nkind: RegistryPushCheck\n/);
      expect(stdout).to.match(/^ {4}cleanup: Cancelled$/m);
    });

    it('exits 5 where nothing listens', async () => {
      const finished = await run([`https://127.0.0.1:${await freePort()}`, '-o', 'json']);
      expect(finished.code).to.equal(5);
      expect(readyOf(finished)).to.include({ status: 'Unknown', reason: 'ConnectionRefused' });
    });

    it('asks over plain http, and warns', async () => {
      plain.play(basicly());
      const args = [
        plain.url,
        '--repository',
        'team/app',
        '--username',
        'ci',
        '--password-stdin',
        '--strict',
      ];
      const { code, stdout, stderr } = await run(args, CANARY);
      expect(code).to.equal(4);
      expect(stdout).to.match(/^Finding {3}InsecureTransport: /m);
      expect(stderr).to.match(/is asked over plain http: the login can be read on the way$/m);
      expect(stderr).to.match(/the operator asks over plain http only where insecureRegistries has 127/);
    });

    it('does not verify what it is not told to trust', async () => {
      const finished = await run([registry.url, '-o', 'json']);
      expect(finished.code).to.equal(3);
      expect(readyOf(finished)).to.include({ status: 'False', reason: 'TLSVerificationFailed' });
    });

    describe('whose token service is elsewhere', () => {
      /** 127.0.0.2 is loopback, and another host than the one that was typed. */
      const elsewhere = 'https://127.0.0.2:1';
      const turns: readonly Turn[] = [
        ['GET /v2/', challenge(`Bearer realm="${elsewhere}/token",service="s"`)],
      ];

      it('sends it nothing', async () => {
        registry.play(turns);
        const finished = await asCi('-o', 'json');
        expect(finished.code).to.equal(3);
        expect(readyOf(finished)).to.include({ reason: 'TokenRealmNotTrusted' });
      });

      it('is not reached at an address that only the typed host may have, even where it is trusted', async () => {
        registry.play(turns);
        const finished = await asCi('-o', 'json', '--token-host', `${registry.host}=127.0.0.2:1`);
        expect(finished.code).to.equal(3);
        expect(readyOf(finished)).to.include({ reason: 'EgressDenied' });
      });
    });

    it('reaches a token service on the same host, where it is trusted', async () => {
      const { certPem, keyPem } = await authority.issue({ commonName: 'tokens', ...LOOPBACK });
      const tokens = await startScriptedRegistry({ cert: certPem, key: keyPem });
      tokens.play([['GET /token?service=s&scope=repository:team/app:pull,push as ci', token('t1')]]);
      registry.play([
        ['GET /v2/', challenge(`Bearer realm="${tokens.url}/token",service="s"`)],
        [`POST ${UPLOADS} as Bearer t1`, accepted()],
        [`DELETE ${UPLOADS}1 as Bearer t1`, answer(204)],
      ]);
      const { code } = await asCi('--token-host', `${registry.host}=${tokens.host}`);
      expect([code, tokens.conversation.length, registry.conversation.length]).to.deep.equal([0, 1, 3]);
      await tokens.stop();
    });
  });

  describe('with a docker configuration', () => {
    const ask = (path: string): Promise<Finished> =>
      run([
        registry.url,
        '--repository',
        'team/app',
        '--ca-file',
        ca,
        '--docker-config',
        path,
        '-o',
        'json',
        '--strict',
      ]);
    const config = (auths: unknown, more: object = {}): string => JSON.stringify({ auths, ...more });
    const ci = { auth: Buffer.from(`ci:${CANARY}`).toString('base64') };

    it('takes its login, of a file and of a folder', async () => {
      const path = await file(
        'config.json',
        config({ [registry.host]: ci, 'other.example': { auth: 'no base64' } }),
      );
      for (const one of [path, dir]) {
        registry.play(basicly());
        const finished = await ask(one);
        expect([finished.code, registry.conversation.length]).to.deep.equal([0, 4]);
        expect(finished.stdout).to.include(`"matchedKey": "${registry.host}"`);
      }
    });

    const wrong: readonly (readonly [name: string, text: string, reason: string, says: RegExp])[] = [
      [
        'has no login for it',
        config({ 'other.example': ci }),
        'CredentialsNotMatched',
        /^the docker configuration: "auths" has no entry for 127/,
      ],
      [
        'uses a credential helper',
        config({ [`127.0.0.1`]: {} }, { credsStore: 'desktop' }),
        'CredentialsNotMatched',
        /^the docker configuration: it has no login for 127.*credential helper \(credsStore\) is not asked$/,
      ],
      [
        'is no JSON',
        `{"auths": ${CANARY}`,
        'SecretInvalid',
        /^the docker configuration: it is not valid JSON \(\d+ characters\)/,
      ],
    ];
    for (const [name, text, reason, says] of wrong) {
      it(`exits 3 and sends nothing where it ${name}`, async () => {
        registry.play([]);
        const finished = await ask(await file('wrong.json', text));
        expect([finished.code, registry.connections]).to.deep.equal([3, 0]);
        const ready = readyOf(finished) as { readonly reason: string; readonly message: string };
        expect(ready.reason).to.equal(reason);
        expect(ready.message).to.match(says);
      });
    }
  });

  const misuse: readonly (readonly [name: string, args: readonly string[], input: string, says: RegExp])[] = [
    ['nothing to check', [], '', /^registry-push-check: say what to check: a URL, or --file with checks$/m],
    [
      'a password on the command line',
      ['h', '--password', CANARY],
      '',
      /a password or token on the command line .*--password-stdin/,
    ],
    ['a password after =', ['h', `--password=${CANARY}`], '', /--password-stdin/],
    ['a password after -p', ['h', `-p${CANARY}`], '', /--password-stdin/],
    ['a token on the command line', ['h', '--token', CANARY], '', /--token-stdin/],
    [
      'a password after a flag that takes none',
      ['h', '--password-stdin', CANARY],
      '',
      /too many arguments for 'check'. Expected 1 argument but got 2\./,
    ],
    [
      'a misspelt option with a value',
      ['h', `--pasword=${CANARY}`],
      '',
      /^error: unknown option '--pasword'/,
    ],
    ['a misspelt short option', ['h', `-w${CANARY}`], '', /^error: unknown option '-w'/],
    ['a login in the URL', [`https://u:${CANARY}@h`], '', /the URL must not hold/],
    [
      'no password on stdin',
      ['h', '--username', 'ci', '--password-stdin'],
      '\n',
      /there is no password on stdin$/m,
    ],
    [
      'a password with a control character',
      ['h', '--username', 'ci', '--password-stdin'],
      `${CANARY}\u0007`,
      /the login has the control byte 0x07 at the end of the password$/m,
    ],
    [
      'an endless password',
      ['h', '--username', 'ci', '--password-stdin'],
      'x'.repeat(70_000),
      /the password on stdin is larger than 64 KiB$/m,
    ],
    [
      'a file that is missing',
      ['-f', '/nonexistent/x.yaml'],
      '',
      /cannot read --file "\/nonexistent\/x.yaml" \(ENOENT\)$/m,
    ],
    [
      'a docker configuration that is missing',
      ['h', '--docker-config', '/nonexistent'],
      '',
      /cannot read --docker-config "\/nonexistent" \(ENOENT\)$/m,
    ],
    [
      'an authority that is missing',
      ['h', '--ca-file', '/nonexistent'],
      '',
      /--ca-file "\/nonexistent": it cannot be read \(ENOENT\)$/m,
    ],
    ['an authority that is none', ['h', '--ca-file', CLI], '', /--ca-file "[^"]*": no PEM certificate found/],
  ];
  for (const [name, args, input, says] of misuse) {
    it(`explains ${name} on stderr and exits 2`, async () => {
      const { code, stdout, stderr } = await run(args, input);
      expect([code, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.match(says);
    });
  }

  it('TLS: exits 2 where certificates would not be verified', async () => {
    const { code, stderr } = await run(['h'], '', { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect(code).to.equal(2);
    expect(stderr).to.match(/^registry-push-check: NODE_TLS_REJECT_UNAUTHORIZED=0 .* use --ca-file/);
  });

  it('E4: asks through the proxy of HTTPS_PROXY, and says so without its login', async () => {
    const proxy = await startScriptedProxy();
    try {
      registry.play([['GET /v2/', answer(503)]]);
      proxy.answer(tunnelTo(Number(registry.host.split(':').at(-1))));
      const HTTPS_PROXY = proxy.url.replace('://', '://u:hunter2@');
      const named = ['https://registry.example.com', '--ca-file', ca];
      const { code, stdout, stderr } = await run(named, '', { HTTPS_PROXY });
      expect(code).to.equal(3);
      expect(stdout).to.include('TLSVerificationFailed');
      expect(stderr).to.include(`https goes through the proxy ${proxy.url} (less what NO_PROXY exempts)`);
      expect(`${stdout}${stderr}`).to.not.match(/hunter2|aHVudGVy|dTpodW50ZXIy/);
      expect(proxy.heads[0]).to.match(/^CONNECT registry\.example\.com:443 /);
      proxy.answer(speaks('HTTP/1.1 407 No\r\n\r\n'));
      const wanted = await run(named, '', { HTTPS_PROXY });
      expect(wanted.code).to.equal(5);
      expect(wanted.stdout).to.match(/ProxyFailed[^]*wants a login, or refused the one it got \(407\)/);
      // It holds for the token service, too, which may be what the proxy refused.
      expect(wanted.stdout).to.include("NO_PROXY='*', before the same command");
      expect(proxy.connections).to.equal(2);
      const direct = { HTTPS_PROXY, NO_PROXY: '.invalid' };
      expect((await run(['https://registry.invalid'], '', direct)).stdout).to.include('DNSLookupFailed');
      expect(proxy.connections).to.equal(2);
    } finally {
      await proxy.stop();
    }
  }).timeout(30_000);

  it('row 64: refuses a proxy that it cannot use, and shows no value', async () => {
    const { code, stdout, stderr } = await run(['h'], '', { HTTPS_PROXY: 'socks5://u:hunter2@p:1' });
    expect([code, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.match(
      /^registry-push-check: HTTPS_PROXY: SOCKS proxies are not supported: expected http/m,
    );
    expect(stderr).to.not.include('hunter2');
  });

  it('says that HTTP_PROXY is not used where it stands alone', async () => {
    registry.play(basicly());
    const { stderr } = await run([registry.url, '--ca-file', ca], '', { HTTP_PROXY: 'http://u:hunter2@p:1' });
    expect(stderr).to.include('HTTP_PROXY is not used').and.to.not.include('hunter2');
  });

  describe('of a file', () => {
    const spec = (over: object = {}): Readonly<Record<string, unknown>> => ({
      registryUrl: registry.url,
      pushTestRepository: 'team/app',
      existingSecret: 'login',
      ...over,
    });
    const secret = (): unknown => login('team', 'login', registry.host, 'ci', CANARY);
    const yaml = (...objects: readonly unknown[]): string =>
      objects.map((one) => stringify(one)).join('---\n');
    const trust = (): readonly string[] => ['--ca-file', ca, '--trust-registry', registry.host];

    it('takes the check and its Secret from one file, or from stdin', async () => {
      const text = yaml(check('team', 'mirror', spec()), secret());
      const path = await file('check.yaml', text);
      for (const [name, input] of [
        [path, ''],
        ['-', text],
      ] as const) {
        registry.play(basicly());
        const finished = await run(['-f', name, ...trust(), '-o', 'json'], input);
        expect([finished.code, registry.conversation.length]).to.deep.equal([0, 4]);
        expect(readyOf(finished)).to.include({ status: 'True' });
        expect(JSON.parse(finished.stdout)).to.deep.include({
          metadata: { name: 'mirror', namespace: 'team' },
        });
      }
    });

    it('keeps to the rules of the operator where the registry is not trusted', async () => {
      registry.play([]);
      plain.play([]);
      const of = async (url: string): Promise<readonly [number, unknown, string]> => {
        const text = yaml(check('team', 'mirror', spec({ registryUrl: url, existingSecret: undefined })));
        const finished = await run(['-f', '-', '--ca-file', ca, '-o', 'json'], text);
        const { reason } = readyOf(finished) as { readonly reason: string };
        return [finished.code, reason, finished.stderr];
      };
      const [code, reason, stderr] = await of(registry.url);
      expect([code, reason]).to.deep.equal([3, 'EgressDenied']);
      expect(stderr).to.match(/--trust-registry 127\.0\.0\.1:\d+ lifts this one$/m);
      expect((await of(plain.url)).slice(0, 2)).to.deep.equal([3, 'InsecureTransportNotAllowed']);
      expect([registry.conversation, plain.connections]).to.deep.equal([[], 0]);
    });

    it('holds a login without a registry to the word of the command line', async () => {
      const bare = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace: 'team', name: 'login' },
        stringData: { username: 'ci', password: CANARY },
      };
      const text = yaml(check('team', 'mirror', spec()), bare);
      registry.play(basicly());
      expect((await run(['-f', '-', ...trust()], text)).code).to.equal(0);
      const refused = await run(['-f', '-', '--ca-file', ca, '-o', 'json'], text);
      expect(readyOf(refused)).to.include({ reason: 'CredentialsNotBound' });
    });

    it('shows several checks in one table, and exits with the worst code', async () => {
      const dead = spec({ registryUrl: `https://127.0.0.1:${await freePort()}`, existingSecret: undefined });
      const text = yaml(
        check('team', 'good', spec()),
        check('team', 'dead', { ...dead, suspend: true }),
        check('team', 'again', spec()),
        secret(),
      );
      const all = [...trust(), '--trust-registry', '127.0.0.1:1'];
      const turns = [...basicly(), ...basicly()];
      registry.play(turns);
      const { code, stdout, stderr } = await run(['-f', '-', ...all], text);
      expect(code).to.equal(3);
      // One after the other, so that nothing is between the requests of a probe.
      expect(registry.conversation).to.deep.equal(turns.map(([asked]) => asked));
      expect(stdout).to.match(
        /^NAMESPACE +NAME +READY +REASON[^]*^team +good +True +PushAuthorized[^]*^team +dead +False +EgressDenied[^]*^team +again +True/m,
      );
      expect(stdout).to.match(/^team\/dead: Push to/m);
      expect(stderr).to.match(/team\/dead is suspended: the operator would not ask$/m);
    });

    it('probes nothing where one of its checks is wrong', async () => {
      registry.play([]);
      const text = yaml(
        check('team', 'good', spec()),
        secret(),
        check('team', 'bad', spec({ interval: CANARY })),
      );
      const { code, stdout, stderr } = await run(['-f', '-', ...trust()], text);
      expect([code, stdout, registry.connections]).to.deep.equal([2, '', 0]);
      expect(stderr).to.match(/^registry-push-check: stdin, document 3: spec\.interval: interval must be/);
    });

    it('asks the others where the file lacks the Secret of one, and no cluster may be asked', async () => {
      registry.play(basicly());
      const text = yaml(
        check('team', 'mirror', spec({ existingSecret: 'other' })),
        check('team', 'good', spec()),
        secret(),
      );
      const { code, stdout } = await run(['-f', '-', ...trust()], text);
      expect([code, registry.conversation.length]).to.deep.equal([3, 4]);
      expect(stdout).to.match(/^team +mirror +False +SecretNotFound [^]*^team +good +True +PushAuthorized /m);
      expect(stdout).to.match(/^team\/mirror: Push to .*: not tried \(SecretNotFound\)$/m);
      expect(stdout).to.match(
        /^Fix {7}Add Secret team\/other to the file, or let it be read from the cluster\.$/m,
      );
    });

    it('says once for each registry what lifts its rules, and for which checks', async () => {
      registry.play([]);
      const bare = spec({ existingSecret: undefined });
      const text = yaml(check('team', 'a', bare), check('team', 'b', bare));
      const { code, stderr } = await run(['-f', '-', '--ca-file', ca], text);
      expect(code).to.equal(3);
      expect(stderr).to.equal(
        `registry-push-check: team/a, team/b: what a file says is held to the rules of the operator: --trust-registry ${registry.host} lifts this one\n`,
      );
    });

    describe('with the Secrets of a cluster', () => {
      let api: ScriptedServer;
      before(async () => (api = await startScriptedServer()));
      after(() => api.stop());

      const serve = (over: object = {}, status = 200): void => {
        const data = { username: base64('ci'), password: base64(CANARY) };
        const object = { metadata: { resourceVersion: '42' }, data, ...over };
        api.requests.length = 0;
        api.answer((_, response) => void response.writeHead(status).end(JSON.stringify(object)));
      };

      it('reads what the file lacks, by name', async () => {
        serve({
          metadata: {
            resourceVersion: '42',
            annotations: { 'doctor.stella-ops.org/registries': registry.host },
          },
        });
        registry.play(basicly());
        const args = [
          '-f',
          '-',
          '--from-cluster',
          '--kubeconfig',
          await api.kubeconfig(),
          ...trust(),
          '-o',
          'json',
        ];
        const finished = await run(args, yaml(check('team', 'mirror', spec())));
        expect([finished.code, api.requests]).to.deep.equal([
          0,
          ['GET /api/v1/namespaces/team/secrets/login'],
        ]);
        expect(JSON.parse(finished.stdout)).to.have.nested.property(
          'status.credentials.secretResourceVersion',
          '42',
        );
      });

      const ask = async (): Promise<Finished> =>
        run([
          registry.url,
          '--repository',
          'team/app',
          '--ca-file',
          ca,
          '-o',
          'json',
          '--secret',
          'team/login',
          '--kubeconfig',
          await api.kubeconfig(),
        ]);

      it('takes a typed Secret for a typed URL', async () => {
        serve();
        registry.play(basicly());
        const finished = await ask();
        expect([finished.code, api.requests]).to.deep.equal([
          0,
          ['GET /api/v1/namespaces/team/secrets/login'],
        ]);
      });

      it('does not send the login of a typed Secret that says another registry', async () => {
        serve({ metadata: { annotations: { 'doctor.stella-ops.org/registries': 'other.example' } } });
        registry.play([]);
        const finished = await ask();
        expect([finished.code, registry.connections]).to.deep.equal([3, 0]);
        expect(readyOf(finished)).to.include({ reason: 'CredentialsNotMatched' });
      });

      it('names the kubeconfig that $KUBECONFIG names, where it cannot be read', async () => {
        const env = { KUBECONFIG: '/nonexistent/config' };
        const { code, stderr } = await run([registry.url, '--secret', 'team/login'], '', env);
        expect(code).to.equal(1);
        expect(stderr).to.match(/^registry-push-check: Cannot read \/nonexistent\/config \(ENOENT\)\.$/m);
      });

      for (const [status, reason] of [
        [404, 'SecretNotFound'],
        [403, 'SecretForbidden'],
      ] as const) {
        it(`exits 3 for ${reason}`, async () => {
          serve({}, status);
          const finished = await ask();
          expect(finished.code).to.equal(3);
          const ready = readyOf(finished) as { readonly reason: string; readonly message: string };
          expect(ready.reason).to.equal(reason);
          expect(ready.message)
            .to.match(/^Secret team\/login: /)
            .and.not.match(/operator/);
        });
      }

      it('exits 1 where the cluster does not answer the question', async () => {
        serve({ message: 'b\u001B[31mad' }, 500);
        const { code, stdout, stderr } = await ask();
        expect([code, stdout]).to.deep.equal([1, '']);
        expect(stderr).to.match(/^registry-push-check: Secret team\/login could not be read: .*\n$/);
      });
    });
  });

  describe('that is stopped', () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      it(`exits ${code} on ${signal}, after the cancel that was under way`, async () => {
        const cancel = Promise.withResolvers<() => void>();
        const wait: Reply = (response) => cancel.resolve(() => void response.writeHead(204).end());
        registry.play([
          ['GET /v2/', answer(200)],
          [`POST ${UPLOADS}`, accepted()],
          [`DELETE ${UPLOADS}1`, wait],
        ]);
        const running = await startProcess(
          command([registry.url, '--repository', 'team/app', '--ca-file', ca]),
        );
        const finish = await cancel.promise;
        running.kill(signal);
        await new Promise((resolve) => setTimeout(resolve, 100));
        finish();
        expect(await running.exited).to.equal(`exit code ${code}`);
        expect(running.output())
          .to.match(/the upload session at 127\.0\.0\.1:\d+ was cancelled\n$/)
          .and.not.match(/^Push to/m);
      });
    }

    it('cancels the session of an upload that was asked for before the signal came', async () => {
      const asked = Promise.withResolvers<() => void>();
      registry.play([
        ['GET /v2/', answer(200)],
        [`POST ${UPLOADS}`, (response) => asked.resolve(() => accepted()(response))],
        [`DELETE ${UPLOADS}1`, answer(204)],
      ]);
      const running = await startProcess(
        command([registry.url, '--repository', 'team/app', '--ca-file', ca, '--pull', 'team/app']),
      );
      const accept = await asked.promise;
      running.kill('SIGINT');
      await new Promise((resolve) => setTimeout(resolve, 100));
      accept();
      expect(await running.exited).to.equal('exit code 130');
      expect(registry.conversation).to.deep.equal(['GET /v2/', `POST ${UPLOADS}`, `DELETE ${UPLOADS}1`]);
      expect(running.output()).to.match(/the upload session at 127\.0\.0\.1:\d+ was cancelled\n$/);
    });

    it('exits at once on a second signal', async () => {
      registry.play([
        ['GET /v2/', answer(200)],
        [`POST ${UPLOADS}`, accepted()],
        [`DELETE ${UPLOADS}1`, () => undefined],
      ]);
      const running = await startProcess(
        command([registry.url, '--repository', 'team/app', '--ca-file', ca]),
      );
      await registry.asked(3);
      running.kill('SIGINT');
      await new Promise((resolve) => setTimeout(resolve, 100));
      running.kill('SIGTERM');
      expect(await running.exited).to.equal('exit code 143');
      // Not after the time that a cancel gets.
      expect(running.output()).to.not.include('upload session');
    });

    it('exits 130 at once while the registry is silent', async () => {
      registry.play([['GET /v2/', () => undefined]]);
      const running = await startProcess(command([registry.url, '--ca-file', ca]));
      await registry.asked(1);
      running.kill('SIGINT');
      expect(await running.exited).to.equal('exit code 130');
    });
  });
});
