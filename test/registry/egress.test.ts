import { isIP, SocketAddress } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  CidrError,
  createGuard,
  type Guard,
  plainAddress,
  type Reserved,
} from '../../src/registry/egress.ts';

describe('E3: Guard.check', () => {
  const guard = createGuard([]);

  // Each range with its first and last address, and the neighbours that are not in it.
  const ranges: readonly [name: string, denied: readonly string[], allowed: readonly string[]][] = [
    ['"this network"', ['0.0.0.0', '0.255.255.255'], ['1.0.0.0']],
    ['loopback', ['127.0.0.0', '127.0.0.1', '127.255.255.255'], ['126.255.255.255', '128.0.0.0']],
    [
      'link-local and cloud metadata',
      ['169.254.0.0', '169.254.169.254', '169.254.255.255'],
      ['169.253.255.255', '169.255.0.0'],
    ],
    ['Alibaba metadata', ['100.100.100.200'], ['100.100.100.199', '100.100.100.201']],
    ['the Azure host agent', ['168.63.129.16'], ['168.63.129.15', '168.63.129.17']],
    [
      'protocol assignments, Oracle metadata among them',
      ['192.0.0.0', '192.0.0.192', '192.0.0.255'],
      ['191.255.255.255', '192.0.1.0'],
    ],
    ['documentation 1', ['192.0.2.0', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']],
    ['documentation 2', ['198.51.100.0', '198.51.100.255'], ['198.51.99.255', '198.51.101.0']],
    ['documentation 3', ['203.0.113.0', '203.0.113.255'], ['203.0.112.255', '203.0.114.0']],
    ['multicast', ['224.0.0.0', '239.255.255.255'], ['223.255.255.255']],
    ['reserved and broadcast', ['240.0.0.0', '255.255.255.255'], []],
    ['unspecified, loopback and IPv4-compatible', ['::', '::1', '::a9fe:a9fe', '::255.255.255.255'], []],
    ['NAT64', ['64:ff9b::', '64:ff9b::a9fe:a9fe', '64:ff9b::ffff:ffff'], ['64:ff9a::1', '64:ff9c::1']],
    [
      'local NAT64',
      ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
      ['64:ff9b:0:ffff::1', '64:ff9b:2::'],
    ],
    [
      'documentation over IPv6',
      ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
      ['2001:db7::1', '2001:db9::'],
    ],
    ['6to4', ['2002::', '2002:7f00:1::', '2002:ffff:ffff::1'], ['2001:ffff::1', '2003::']],
    ['Teredo', ['2001::', '2001::a9fe:a9fe', '2001:0:ffff::1'], ['2000:ffff::1', '2001:1::']],
    ['AWS metadata over IPv6', ['fd00:ec2::', 'fd00:ec2::254'], ['fd00:ec1::1', 'fd00:ec3::']],
    ['Google metadata over IPv6', ['fd20:ce::254'], ['fd20:ce::253', 'fd20:ce::255']],
    ['Oracle metadata over IPv6', ['fd00:c1::a9fe:a9fe'], ['fd00:c1::a9fe:a9fd', 'fd00:c1::1']],
    ['Scaleway metadata over IPv6', ['fd00:42::42'], ['fd00:42::41', 'fd00:42::43']],
    ['Akamai metadata over IPv6', ['fd00:a9fe:a9fe::1'], ['fd00:a9fe:a9fe::', 'fd00:a9fe:a9fe::2']],
    ['Alibaba metadata over IPv6', ['fd00:100::100:200'], ['fd00:100::100:199', 'fd00:100::100:201']],
    ['discard', ['100::', '100::ffff:ffff:ffff:ffff'], ['ff::1', '100:0:0:1::']],
    [
      'IPv4-translated',
      ['::ffff:0:0:0', '::ffff:0:7f00:1', '::ffff:0:a9fe:a9fe'],
      ['::fffe:0:0:1', '::1:0:0:0:1'],
    ],
    [
      'link-local and site-local over IPv6',
      ['fe80::', 'fe80::1', 'febf:ffff::1', 'fec0::', 'feff:ffff::1'],
      ['fe7f::1'],
    ],
    ['newer documentation over IPv6', ['3fff::', '3fff:fff:ffff::1'], ['3ffe:ffff::1', '3fff:1000::']],
    ['multicast over IPv6', ['ff00::', 'ff02::1', 'ffff:ffff::1'], []],
    [
      'IPv4 addresses in IPv6',
      ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::ffff:0.0.0.0'],
      ['::ffff:10.0.0.1'],
    ],
  ];
  for (const [name, denied, allowed] of ranges) {
    it(`blocks ${name} and nothing beside it`, () => {
      for (const address of denied) expect(guard.check(address), address).to.equal(true);
      for (const address of allowed) expect(guard.check(address), address).to.equal(false);
    });
  }

  it('lets private addresses pass: registries in the cluster live there', () => {
    for (const address of ['10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', 'fd12::1', '8.8.8.8']) {
      expect(guard.check(address), address).to.equal(false);
    }
  });

  it('blocks what is no address', () => {
    for (const text of ['', 'localhost', '127.1', '2130706433', '[::1]', '10.0.0.1/8', ' 10.0.0.1']) {
      expect(guard.check(text), text).to.equal(true);
    }
  });

  it('blocks a link-local address with a zone', () => {
    expect(guard.check('fe80::1%eth0')).to.equal(true);
  });

  it('takes the family from the address and not from its caller', () => {
    // As Node calls it (net.connect), and with the wrong family, to which a BlockList says false.
    const check: (address: string | SocketAddress, family?: string) => boolean = (...args) =>
      (guard.check as (...given: unknown[]) => boolean).apply(guard, args);
    expect(check('127.0.0.1', 'ipv6')).to.equal(true);
    expect(check('::1', 'ipv4')).to.equal(true);
    expect(check(new SocketAddress({ address: '127.0.0.1' }))).to.equal(true);
    expect(check(new SocketAddress({ address: '10.0.0.1' }))).to.equal(false);
  });

  it('blocks a denied IPv4 address in each form in which IPv6 carries it', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(octet, octet, octet, (b, c, d) => {
        const [high, low] = [(127 << 8) | b, (c << 8) | d].map((part) => part.toString(16));
        for (const address of [
          `127.${b}.${c}.${d}`,
          `::ffff:127.${b}.${c}.${d}`,
          `::ffff:${high}:${low}`,
          `::${high}:${low}`,
          `64:ff9b::${high}:${low}`,
          `2002:${high}:${low}::1`,
        ]) {
          expect(isIP(address), address).to.not.equal(0);
          expect(guard.check(address), address).to.equal(true);
        }
      }),
    );
  });
});

describe('E3: createGuard', () => {
  it('lets the ranges of the installation pass and nothing else', () => {
    const guard = createGuard(['127.0.0.0/8', '::1', '169.254.10.0/24']);
    const rows: readonly [address: string, blocked: boolean][] = [
      ['127.0.0.1', false],
      ['::ffff:127.0.0.1', false],
      ['::1', false],
      ['169.254.10.7', false],
      ['::2', true],
      ['169.254.169.254', true],
      ['169.254.11.0', true],
    ];
    for (const [address, blocked] of rows) expect(guard.check(address), address).to.equal(blocked);
  });

  it('takes the widest ranges', () => {
    expect(createGuard(['0.0.0.0/0']).check('169.254.169.254')).to.equal(false);
    expect(createGuard(['::/0']).check('fe80::1')).to.equal(false);
  });

  for (const cidr of [
    '',
    '/8',
    'localhost',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '::1/129',
    '[::1]/128',
    '10.0.0.0/1e1',
    '10.0.0.0/ 8',
  ]) {
    it(`refuses ${JSON.stringify(cidr)} in words that name it`, () => {
      expect(() => createGuard(['10.0.0.0/8', cidr]))
        .to.throw(CidrError)
        .with.property('message')
        .that.includes(JSON.stringify(cidr));
    });
  }
});

describe('E3: createGuard with reserved hosts', () => {
  const server: Reserved = { hosts: new Set(['10.96.0.1', 'fd00::a', 'api.example']) };
  const node: Reserved = { hosts: new Set(['10.0.0.7']), ports: new Set([6443, 10250]) };
  const blocks = (allow: readonly string[], address: string, port: number, host = address): boolean =>
    createGuard(allow, { reserved: [server, node] })
      .toward({ host, port })
      .check(address);

  const rows: readonly (readonly [address: string, port: number, blocked: boolean])[] = [
    ['10.96.0.1', 443, true],
    ['10.96.0.1', 5000, true],
    ['::ffff:10.96.0.1', 443, true],
    ['::ffff:a60:1', 443, true],
    ['fd00:0:0:0:0:0:0:a', 443, true],
    ['10.96.0.2', 443, false],
    ['fd00::b', 443, false],
    ['10.0.0.7', 6443, true],
    ['10.0.0.7', 10250, true],
    ['::ffff:10.0.0.7', 10250, true],
    ['10.0.0.7', 443, false],
    ['10.0.0.7', 5000, false],
  ];
  for (const [address, port, blocked] of rows) {
    it(`${blocked ? 'blocks' : 'lets pass'} ${address} at port ${String(port)}, whatever ranges are allowed`, () => {
      for (const allow of [[], ['10.0.0.0/8', 'fd00::/8'], ['0.0.0.0/0', '::/0']])
        expect(blocks(allow, address, port)).to.equal(blocked);
    });
  }

  it('blocks a reserved name at whatever address it has', () => {
    expect(blocks([], '192.168.7.7', 443, 'api.example')).to.equal(true);
    expect(blocks(['0.0.0.0/0'], '192.168.7.7', 443, 'api.example')).to.equal(true);
    expect(blocks([], '192.168.7.7', 443, 'other.example')).to.equal(false);
  });

  it('lets the exact address pass where the installation lists it, and no other', () => {
    for (const exact of ['10.96.0.1/32', '10.96.0.1'])
      expect(blocks([exact], '10.96.0.1', 443)).to.equal(false);
    for (const exact of ['fd00::a/128', 'fd00:0::a']) expect(blocks([exact], 'fd00::a', 443)).to.equal(false);
    expect(blocks(['10.0.0.7/32'], '10.0.0.7', 6443)).to.equal(false);
    expect(blocks(['192.168.7.7/32'], '192.168.7.7', 443, 'api.example')).to.equal(false);
    expect(blocks(['10.96.0.1/31', '10.96.0.2/32'], '10.96.0.1', 443)).to.equal(true);
  });

  it('learns addresses while it is in use', () => {
    const hosts = new Set<string>();
    const guard = createGuard(['127.0.0.0/8'], { reserved: [{ hosts, ports: new Set([6443]) }] });
    const blocked = (): boolean => guard.toward({ host: 'x.example', port: 6443 }).check('127.0.0.1');
    expect(blocked()).to.equal(false);
    hosts.add('127.0.0.1');
    expect(blocked()).to.equal(true);
  });
});

describe('E3: createGuard for public addresses only', () => {
  const publicOnly = (...allow: string[]): Guard => createGuard(allow, { publicOnly: true });
  const PRIVATE = [
    ['10.0.0.0', '10.255.255.255'],
    ['172.16.0.0', '172.31.255.255'],
    ['192.168.0.0', '192.168.255.255'],
    ['100.64.0.0', '100.127.255.255'],
    ['198.18.0.0', '198.19.255.255'],
    ['192.88.99.1'],
    ['fc00::', 'fd12:3456::1', 'fdff:ffff::1'],
    ['::ffff:10.0.0.1', '::ffff:c0a8:101'],
    ['2001:2::1', '2001:10::1', '2001:20::1'],
    ['100:1::1', '4000::1', '5f00::1'],
  ].flat();
  const PUBLIC = [
    ['1.1.1.1', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255'],
    ['192.169.0.0', '100.63.255.255', '100.128.0.0', '2600::1', '2a00:1450::1', '2001:4860::8888'],
  ].flat();

  it('blocks what is private, and nothing that is public', () => {
    for (const address of PRIVATE) expect(publicOnly().check(address), address).to.equal(true);
    for (const address of PUBLIC) expect(publicOnly().check(address), address).to.equal(false);
  });

  it('tells what is private from what nobody may reach; of several addresses the latter counts', () => {
    const told = (...addresses: string[]): string | undefined => {
      const guard = publicOnly();
      for (const address of addresses) guard.check(address);
      return guard.refusal;
    };
    expect(told('10.0.0.1')).to.equal('private');
    expect(told('127.0.0.1')).to.equal('denied');
    expect(told('10.0.0.1', '127.0.0.1')).to.equal('denied');
    expect(told('127.0.0.1', '10.0.0.1')).to.equal('denied');
    expect(told('1.1.1.1')).to.equal(undefined);
  });

  it('lets the ranges of the installation pass', () => {
    expect(publicOnly('10.1.0.0/16').check('10.1.2.3')).to.equal(false);
    expect(publicOnly('10.1.0.0/16').check('10.2.2.3')).to.equal(true);
  });
});

describe('plainAddress', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['FD00:0:0:0:0:0:0:1', 'fd00::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['api.example', 'api.example'],
  ];
  for (const [address, plain] of rows) {
    it(`makes ${plain} of ${address}`, () => expect(plainAddress(address)).to.equal(plain));
  }
});
