import { join } from 'node:path';
import { expect } from 'chai';
import { USERS } from '../../scripts/demo/scenario.ts';
import type { RegistryPushCheck } from '../../src/api/registrypushcheck.ts';
import { apply, install, stored, untilVerdict } from '../cluster/fixture.ts';
import { LOOPBACK } from '../support/certificates.ts';
import type { Distribution } from '../support/distribution.ts';
import { startDistribution } from '../support/distribution.ts';
import { startGoproxy, type Goproxy, type GoproxyOptions } from '../support/goproxy.ts';
import { lab } from '../support/lab.ts';
import { check, login, namespace } from '../support/manifests.ts';
import { startOperator } from '../support/operator.ts';
import { freePort, runProcess, type Finished } from '../support/processes.ts';
import { answer, leaksOf, startScriptedRegistry } from '../support/scripted-registry.ts';
import { startTokenServer, type TokenServer } from '../support/token-server.ts';

/** Names that nobody but the proxy can look up: whoever gets there went through it. */
const REGISTRY = 'registry.proxied.invalid';
const TOKENS = 'auth.proxied.invalid';
const ORIGIN = 'origin.proxied.invalid';
const FORBIDDEN = 'forbidden.proxied.invalid';
const NOWHERE = 'nowhere.proxied.invalid';

const PASSWORD = 'pr0xy+c4nary/%';
const LOGIN = `proxy-user:${PASSWORD}`;
const { password } = USERS.admin;

describe('E4: a real proxy in front of a real registry', function () {
  this.timeout(60_000);

  let tokens: TokenServer;
  let registry: Distribution;
  let proxy: Goproxy;
  const running: { stop(): Promise<void> }[] = [];
  before(async () => {
    const { tools, authority, dir } = lab();
    const at = (name: string): string => join(dir, name);
    tokens = await kept(
      startTokenServer({ dir: at('proxied-tokens'), authority, users: USERS, hostname: TOKENS }),
    );
    registry = await kept(
      startDistribution({
        dir: at('proxied-registry'),
        name: 'proxied registry',
        hostname: REGISTRY,
        tools,
        authority,
        auth: { kind: 'token', ...tokens },
      }),
    );
    proxy = await aProxy('proxy', { login: LOGIN });
  });
  after(async () => {
    for (const one of running.splice(0).toReversed()) await one.stop();
  });

  async function kept<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const one = await starting;
    running.push(one);
    return one;
  }

  const aProxy = (name: string, more: Partial<GoproxyOptions>): Promise<Goproxy> =>
    kept(
      startGoproxy({
        dir: join(lab().dir, name),
        file: lab().tools.goproxy,
        names: [REGISTRY, TOKENS, ORIGIN, NOWHERE],
        forbid: `${FORBIDDEN}:443`,
        ...more,
      }),
    );
  const withLogin = ({ url }: Goproxy, text = LOGIN): string => {
    const [user = '', word = ''] = text.split(':');
    return url.replace('://', `://${encodeURIComponent(user)}:${encodeURIComponent(word)}@`);
  };
  const tokenHost = (): string => `${registry.host}=${new URL(tokens.realm).host}`;
  const opened = (): readonly string[] => [`${registry.host} opened`, `${new URL(tokens.realm).host} opened`];

  /** Asks by the built program. */
  const ask = (url: string, env: Readonly<Record<string, string>>): Promise<Finished> => {
    const { dir, authorityFile } = lab();
    const args = [join(process.cwd(), 'dist', 'cli.js'), 'check', url, '--repository', 'team/app'];
    const options = ['--ca-file', authorityFile, '--token-host', tokenHost(), '-o', 'json'];
    const by = ['--username', 'admin', '--password-stdin'];
    const command = { name: 'check', file: process.execPath, args: [...args, ...by, ...options], cwd: dir };
    return runProcess({ ...command, env: { HOME: '/nonexistent', PATH: '/usr/bin:/bin', ...env } }, password);
  };
  const readyOf = ({
    stdout,
  }: Finished): readonly [reason: string | undefined, message: string | undefined] => {
    const { status } = JSON.parse(stdout) as RegistryPushCheck;
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    return [ready?.reason, ready?.message];
  };
  const asksOf = async (
    use: Goproxy,
    act: () => Promise<Finished>,
  ): Promise<readonly [Finished, readonly string[]]> => {
    const before = use.asked().length;
    const finished = await act();
    return [finished, use.asked().slice(before)];
  };

  it('E4: takes the registry and its token service, the DELETE included, through CONNECT', async () => {
    const [finished, asked] = await asksOf(proxy, () => ask(registry.url, { HTTPS_PROXY: withLogin(proxy) }));
    expect(finished.code, finished.stderr).to.equal(0);
    expect(readyOf(finished)[0]).to.equal('PushAuthorized');
    const { status } = JSON.parse(finished.stdout) as RegistryPushCheck;
    expect(status?.lastProbe?.cleanup).to.equal('Cancelled');
    expect([...new Set(asked)]).to.have.members(opened());
    expect(finished.stderr).to.include(`through the proxy ${proxy.url} (`);
    expect(leaksOf(finished.stdout + finished.stderr, PASSWORD)).to.deep.equal([]);
  });

  it('row 95, E4: lets the proxy see no login but its own', () => {
    expect(proxy.heard).to.match(/^CONNECT registry\.proxied\.invalid:\d+ HTTP\/1\.1\r\n/);
    expect(proxy.heard).to.match(/Proxy-Authorization: Basic /);
    expect(proxy.heard).to.not.match(/(?<!Proxy-)Authorization:|Bearer|\/v2\//);
    expect(leaksOf(proxy.heard, password)).to.deep.equal([]);
    expect(leaksOf(proxy.heard, `admin:${password}`)).to.deep.equal([]);
  });

  it('row 95, E4: shows the login of the proxy to no origin', async () => {
    const { certPem: cert, keyPem: key } = await lab().authority.issue({
      commonName: 'origin',
      dnsNames: [ORIGIN],
    });
    const origin = await kept(startScriptedRegistry({ cert, key }));
    origin.play([
      ['GET /v2/', (response) => response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="r"' }).end()],
      ['GET /v2/ as admin with another password', answer(200, {}, '{}')],
      ['POST /v2/team/app/blobs/uploads/ as admin with another password', answer(403)],
    ]);
    const port = new URL(origin.url).port;
    await ask(`https://${ORIGIN}:${port}`, { HTTPS_PROXY: withLogin(proxy) });
    expect(origin.conversation).to.have.length(3);
    const seen = origin.rawHeaders.flat().join('\n');
    expect(seen)
      .to.match(/Authorization/)
      .and.not.match(/proxy-auth/i);
    for (const secret of [PASSWORD, LOGIN]) expect(leaksOf(seen, secret)).to.deep.equal([]);
  });

  it('row 95: ends in ProxyFailed with a wrong password for the proxy, and sends nothing further', async () => {
    const HTTPS_PROXY = withLogin(proxy, 'proxy-user:wr0ng-c4nary');
    const [finished, asked] = await asksOf(proxy, () => ask(registry.url, { HTTPS_PROXY }));
    expect(finished.code).to.equal(5);
    expect(readyOf(finished)[0]).to.equal('ProxyFailed');
    expect(readyOf(finished)[1]).to.include('wants a login, or refused the one it got (407)');
    expect(asked).to.deep.equal([`${registry.host} login refused`]);
    expect(leaksOf(finished.stdout + finished.stderr, 'wr0ng-c4nary')).to.deep.equal([]);
  });

  it('row 95: tells a host that the proxy refuses from one that it cannot reach', async () => {
    const env = { HTTPS_PROXY: withLogin(proxy) };
    const refused = await ask(`https://${FORBIDDEN}`, env);
    expect(readyOf(refused)).to.deep.equal([
      'ProxyFailed',
      `${FORBIDDEN} was not asked: the proxy allows no connection to it (403)`,
    ]);
    const nowhere = `${NOWHERE}:${await freePort()}`;
    expect(readyOf(await ask(`https://${nowhere}`, env))).to.deep.equal([
      'ProxyFailed',
      `${nowhere} was not asked: the proxy cannot reach it (502)`,
    ]);
  });

  it('says that the proxy cannot be reached', async () => {
    const finished = await ask(registry.url, { HTTPS_PROXY: `http://127.0.0.1:${await freePort()}` });
    expect(readyOf(finished)).to.deep.equal([
      'ProxyFailed',
      `${registry.host} was not asked: the proxy cannot be reached`,
    ]);
  });

  it('E4: connects to the proxy for nothing that NO_PROXY exempts', async () => {
    const before = proxy.connections;
    for (const NO_PROXY of [REGISTRY, '.proxied.invalid', '*', `a.b, ${registry.host}`]) {
      const finished = await ask(registry.url, { HTTPS_PROXY: withLogin(proxy), NO_PROXY });
      expect(readyOf(finished)[0], NO_PROXY).to.equal('DNSLookupFailed');
    }
    expect(proxy.connections).to.equal(before);
  });

  it('TLS: speaks TLS with the proxy itself, verified, and sends its login only then', async () => {
    const tls = await lab().authority.issue({ commonName: 'proxy', ...LOOPBACK });
    const secure = await aProxy('secure-proxy', { login: LOGIN, tls });
    const finished = await ask(registry.url, { HTTPS_PROXY: withLogin(secure) });
    expect(finished.code, finished.stderr).to.equal(0);
    expect([...new Set(secure.asked())]).to.have.members(opened());
    expect(secure.heard).to.not.match(/CONNECT|Proxy-Authorization/);
    const others = await lab().authority.issue({ commonName: 'proxy', dnsNames: ['proxy.example.com'] });
    const misnamed = await aProxy('misnamed-proxy', { login: LOGIN, tls: others });
    expect(readyOf(await ask(registry.url, { HTTPS_PROXY: withLogin(misnamed) }))).to.deep.equal([
      'ProxyFailed',
      `${registry.host} was not asked: the TLS handshake with the proxy failed`,
    ]);
    expect(misnamed.asked()).to.deep.equal([]);
  });

  describe('of the operator', () => {
    const NAMESPACE = 'behind-a-proxy';
    before(async () => {
      await install();
      await apply(
        namespace(NAMESPACE),
        login(NAMESPACE, 'login', registry.host, 'admin', password),
        check(NAMESPACE, 'proxied', {
          registryUrl: registry.url,
          pushTestRepository: 'team/app',
          existingSecret: 'login',
          failureThreshold: 1,
        }),
      );
    });

    async function operate(
      name: string,
      env: Readonly<Record<string, string>>,
    ): ReturnType<typeof startOperator> {
      const { controlPlane, authorityFile, dir } = lab();
      return startOperator({
        dir: join(dir, name),
        kubeconfig: controlPlane.kubeconfig,
        config: { watchNamespaces: [NAMESPACE], caBundle: authorityFile, tokenHosts: [tokenHost()] },
        env,
      });
    }

    it('E4: is told at its start, and the check is green through the proxy alone', async () => {
      const operator = await operate('proxied-operator', { https_proxy: withLogin(proxy) });
      try {
        const before = proxy.asked().length;
        await untilVerdict(NAMESPACE, 'proxied', 'True/PushAuthorized');
        // The API server is asked directly.
        expect([...new Set(proxy.asked().slice(before))]).to.have.members(opened());
        const told = operator
          .output()
          .split('\n')
          .filter((line) => line.includes('through a proxy'));
        expect(told).to.have.length(1);
        expect(told[0]).to.include(`"proxy":"${proxy.url}"`);
        for (const secret of [PASSWORD, LOGIN, password])
          expect(leaksOf(operator.output(), secret)).to.deep.equal([]);
      } finally {
        await operator.stop();
      }
    });

    it('row 14, row 95: ends in ProxyFailed with advice where the proxy wants another login', async () => {
      const HTTPS_PROXY = withLogin(proxy, 'proxy-user:wr0ng-c4nary');
      await apply(
        check(NAMESPACE, 'refused', {
          registryUrl: registry.url,
          pushTestRepository: 'team/other',
          existingSecret: 'login',
          failureThreshold: 1,
        }),
      );
      const operator = await operate('refused-operator', { HTTPS_PROXY });
      try {
        await untilVerdict(NAMESPACE, 'refused', 'False/ProxyFailed');
        const { status } = await stored(NAMESPACE, 'refused');
        expect(status?.remediation?.steps?.join('\n')).to.include('proxy.existingSecret');
        const shown = `${operator.output()}${JSON.stringify(status)}`;
        for (const secret of ['wr0ng-c4nary', HTTPS_PROXY]) expect(leaksOf(shown, secret)).to.deep.equal([]);
      } finally {
        await operator.stop();
      }
    });

    for (const [what, url] of [
      ['SOCKS', 'socks5://u:hunter2@p:1080'],
      ['a metadata address', 'http://u:hunter2@169.254.169.254'],
    ] as const) {
      it(`row 64: does not start with ${what} for a proxy, and says so without the value`, async () => {
        const operator = await operate('misled-operator', { HTTPS_PROXY: url });
        expect(await operator.exited).to.equal('exit code 1');
        expect(operator.output())
          .to.match(/^registry-push-check: HTTPS_PROXY: /m)
          .and.not.match(/hunter2|@p/);
      });
    }
  });
});
