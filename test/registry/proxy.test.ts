import { expect } from 'chai';
import { readProxy, unusedProxy, type Environment } from '../../src/registry/proxy.ts';

describe('readProxy', () => {
  it('finds none where HTTPS_PROXY is not set or empty, whatever else is', () => {
    const others = { HTTP_PROXY: 'http://p:1', ALL_PROXY: 'http://p:1', NO_PROXY: 'x' };
    for (const env of [{}, { HTTPS_PROXY: '' }, { HTTPS_PROXY: '  ' }, others])
      expect(readProxy(env, [])).to.equal(undefined);
  });

  const urls: readonly (readonly [value: string, origin: string, host: string, port: number])[] = [
    ['http://proxy.corp:3128', 'http://proxy.corp:3128', 'proxy.corp', 3128],
    ['http://proxy.corp:3128/', 'http://proxy.corp:3128', 'proxy.corp', 3128],
    ['http://proxy.corp', 'http://proxy.corp', 'proxy.corp', 80],
    ['https://proxy.corp', 'https://proxy.corp', 'proxy.corp', 443],
    ['HTTPS://Proxy.Corp:8443\n', 'https://proxy.corp:8443', 'proxy.corp', 8443],
    ['proxy.corp:3128', 'http://proxy.corp:3128', 'proxy.corp', 3128],
    ['ci:pw@proxy.corp:3128', 'http://proxy.corp:3128', 'proxy.corp', 3128],
    ['http://[fd00::1]:3128', 'http://[fd00::1]:3128', 'fd00::1', 3128],
    ['http://10.0.0.1:3128', 'http://10.0.0.1:3128', '10.0.0.1', 3128],
    ['http://127.0.0.1:3128', 'http://127.0.0.1:3128', '127.0.0.1', 3128],
  ];
  for (const [value, origin, host, port] of urls) {
    it(`reads ${JSON.stringify(value)}`, () => {
      const proxy = readProxy({ HTTPS_PROXY: value }, []);
      expect(proxy).to.include({ origin, host, port, secure: origin.startsWith('https') });
    });
  }

  it('takes the name in capitals first, then the other', () => {
    const origin = (env: Environment): string | undefined => readProxy(env, [])?.origin;
    expect(origin({ HTTPS_PROXY: 'http://a', https_proxy: 'http://b' })).to.equal('http://a');
    expect(origin({ HTTPS_PROXY: '', https_proxy: 'http://b' })).to.equal('http://b');
    expect(readProxy({ https_proxy: 'http://a', no_proxy: 'x.y' }, [])?.serves('x.y', 443)).to.equal(false);
  });

  it('takes a login from the URL, decoded, and does not print it', () => {
    const login = (value: string): string | undefined => {
      const proxy = readProxy({ HTTPS_PROXY: value }, []);
      const { authorization } = proxy ?? {};
      expect(`${JSON.stringify(proxy)}${String(authorization)}`).to.not.match(/hunter2|aHVudGVy|p%C3|UMOk/i);
      return authorization?.reveal();
    };
    const basic = (text: string): string => `Basic ${Buffer.from(text, 'utf8').toString('base64')}`;
    expect(login('http://ci:hunter2@p')).to.equal(basic('ci:hunter2'));
    expect(login('http://ci:h%40%3A%2F%25@p')).to.equal(basic('ci:h@:/%'));
    expect(login('http://c%C3%AF:P%C3%A4ss@p')).to.equal(basic('cï:Päss'));
    expect(login('http://ci@p')).to.equal(basic('ci:'));
    expect(login('http://:token@p')).to.equal(basic(':token'));
    expect(login('http://p')).to.equal(undefined);
  });

  describe('row 64: at start-up', () => {
    const refused: readonly (readonly [name: string, value: string, says: RegExp])[] = [
      [
        'socks5',
        'socks5://ci:hunter2@p:1080',
        /^HTTPS_PROXY: SOCKS proxies are not supported: expected http:/,
      ],
      ['socks5h', 'socks5h://ci:hunter2@p:1080', /^HTTPS_PROXY: SOCKS/],
      ['another scheme', 'ftp://ci:hunter2@p', /^HTTPS_PROXY: expected http:/],
      ['a password with a slash', 'http://ci:hunter2/x@p', /percent-encoded$/],
      ['a password that makes a path', 'http://ci:1/hunter2@p:3128', /percent-encoded$/],
      ['a password with a hash', 'http://ci:hunter2#x@p', /percent-encoded$/],
      ['a path', 'http://p/hunter2', /^HTTPS_PROXY: expected/],
      ['a query', 'http://p/?hunter2', /^HTTPS_PROXY: expected/],
      ['port 0', 'http://p:0', /^HTTPS_PROXY: expected/],
      ['a port that is none', 'http://p:hunter2', /^HTTPS_PROXY: expected/],
      ['no host', 'http://', /^HTTPS_PROXY: expected/],
      ['a login that is no UTF-8', 'http://ci:hunter2%FF@p', /^HTTPS_PROXY: the login cannot be read/],
      ['a login with a broken escape', 'http://ci:hunter2%zz@p', /^HTTPS_PROXY: the login cannot be read/],
      [
        'a login with a line break',
        'http://ci:hunter2%0d%0aX: y@p',
        /^HTTPS_PROXY: the login cannot be read/,
      ],
      ['a metadata address', 'http://ci:hunter2@169.254.169.254:80', /^HTTPS_PROXY: .*egress\.allowCIDRs$/],
      ['a metadata address as a number', 'http://2852039166', /^HTTPS_PROXY: .*never reached/],
      ['a mapped metadata address', 'http://[::ffff:a9fe:a9fe]', /^HTTPS_PROXY: .*never reached/],
      ['the unspecified address', 'http://0.0.0.0:3128', /^HTTPS_PROXY: .*never reached/],
    ];
    for (const [name, value, says] of refused) {
      it(`row 64: refuses ${name} with a sentence that names the variable and shows no value`, () => {
        const { message } = thrownBy(() => readProxy({ HTTPS_PROXY: value }, []));
        expect(message)
          .to.match(says)
          .and.not.match(/hunter2|@p|169|ci:/);
      });
    }

    it('row 64: names the variable that is set', () =>
      expect(thrownBy(() => readProxy({ https_proxy: 'socks://x' }, [])).message).to.match(/^https_proxy: /));

    it('row 64: takes a denied address that the installation allows', () => {
      const proxy = readProxy({ HTTPS_PROXY: 'http://169.254.1.1:1' }, ['169.254.1.1/32']);
      expect(proxy?.host).to.equal('169.254.1.1');
    });
  });

  it('lets the proxy alone have a loopback address', () => {
    const { guard } = readProxy({ HTTPS_PROXY: 'http://p' }, []) ?? {};
    const blocked = ['127.0.0.1', '::1', '10.0.0.1', '169.254.169.254'].map((one) => guard?.check(one));
    expect(blocked).to.deep.equal([false, false, false, true]);
  });

  // Go's documentation of NO_PROXY and its tests (golang.org/x/net/http/httpproxy).
  const exempt: readonly (readonly [list: string, host: string, port: number, direct: boolean])[] = [
    ['', 'localhost', 443, true],
    ['', '127.0.0.1', 443, true],
    ['', '127.0.0.2', 443, true],
    ['', '::1', 443, true],
    ['', '::ffff:7f00:1', 443, true],
    ['', '::2', 443, false],
    ['', 'registry.example.com', 443, false],
    ['', 'x.localhost', 443, false],
    ['*', 'registry.example.com', 443, true],
    ['*', '10.0.0.1', 443, true],
    ['a.b, *', 'registry.example.com', 443, true],
    ['example.com', 'example.com', 443, true],
    ['example.com', 'EXAMPLE.com', 443, true],
    ['EXAMPLE.com', 'example.com', 443, true],
    ['example.com', 'registry.example.com', 443, true],
    ['example.com', 'myexample.com', 443, false],
    ['example.com', 'example.com.evil', 443, false],
    ['ample.com', 'example.com', 443, false],
    ['.example.com', 'example.com', 443, false],
    ['.example.com', 'registry.example.com', 443, true],
    ['.example.com', 'a.b.example.com', 443, true],
    ['*.example.com', 'example.com', 443, false],
    ['*.example.com', 'registry.example.com', 443, true],
    ['*.example.com:80', 'registry.example.com', 443, false],
    ['example.com:443', 'registry.example.com', 443, true],
    ['example.com:443', 'registry.example.com', 5000, false],
    ['.example.com:5000', 'registry.example.com', 5000, true],
    ['example.com:', 'registry.example.com', 5000, true],
    ['local, registry.local', 'registry.local', 443, true],
    ['a,b,,example.com ,', 'example.com', 443, true],
    ['192.168.1.1, 10.0.0.0/8', '192.168.1.1', 443, true],
    ['192.168.1.1, 10.0.0.0/8', '192.168.1.2', 443, false],
    ['10.0.0.0/8', '10.1.2.3', 5000, true],
    ['10.0.0.0/8', '11.0.0.1', 443, false],
    ['10.0.0.0/8', '::ffff:a01:203', 443, true],
    ['10.0.0.0/8', 'ten.example.com', 443, false],
    ['192.168.1.1:5000', '192.168.1.1', 5000, true],
    ['192.168.1.1:5000', '192.168.1.1', 443, false],
    ['2001:db8::52:0:1', '2001:db8::52:0:1', 443, true],
    ['2001:db8::52:0:1', '2001:db8::52:0:2', 443, false],
    ['[2001:db8::52:0:1]:443', '2001:db8::52:0:1', 443, true],
    ['[2001:db8::52:0:1]:443', '2001:db8::52:0:1', 5000, false],
    ['2001:db8::/32', '2001:db8:1::1', 443, true],
    ['fd00::/8', 'fe80::1', 443, false],
    ['bücher.example', 'registry.xn--bcher-kva.example', 443, true],
    ['.BÜCHER.example:443', 'registry.xn--bcher-kva.example', 443, true],
    ['.bücher.example', 'xn--bcher-kva.example', 443, false],
    ['*.bücher.example', 'a.xn--bcher-kva.example', 443, true],
    ['10.0.0.0/33', '10.0.0.1', 443, false],
    ['10.0.0.0/', '10.0.0.0', 443, false],
    ['10.1', '10.0.0.1', 443, false],
    [':443', 'registry.example.com', 443, false],
    ['/,/8,[],[]:1,:,.:,a:b:c', 'registry.example.com', 443, false],
  ];
  for (const [list, host, port, direct] of exempt) {
    it(`E4: asks ${host}:${port} ${direct ? 'directly' : 'through the proxy'} under NO_PROXY=${list}`, () => {
      const proxy = readProxy({ HTTPS_PROXY: 'http://p', NO_PROXY: list }, []);
      expect(proxy?.serves(host, port)).to.equal(!direct);
    });
  }
});

describe('unusedProxy', () => {
  it('finds HTTP_PROXY by both names', () => {
    const rows = [{}, { HTTP_PROXY: '' }, { HTTP_PROXY: 'x' }, { http_proxy: 'x' }];
    const told = rows.map((env) => unusedProxy(env)?.startsWith('HTTP_PROXY is not used: '));
    expect(told).to.deep.equal([undefined, undefined, true, true]);
  });
});

function thrownBy(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}
