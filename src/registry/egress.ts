import { BlockList, isIP, SocketAddress } from 'node:net';

/** Address ranges that no registry lives in, and that a check must not be able to reach through the operator. */
const isDenied = rangesOf([
  '0.0.0.0/8', // "this network" (RFC 791): reaches loopback on Linux
  '127.0.0.0/8', // loopback (RFC 1122)
  '169.254.0.0/16', // link-local, cloud metadata services (RFC 3927)
  '100.100.100.200/32', // Alibaba Cloud metadata
  '168.63.129.16/32', // Azure host agent
  '192.0.0.0/24', // protocol assignments (RFC 6890), Oracle Cloud metadata among them
  '192.0.2.0/24', // documentation (RFC 5737)
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast (RFC 5771)
  '240.0.0.0/4', // reserved, broadcast (RFC 1112)
  '::/96', // unspecified, loopback, IPv4-compatible (RFC 4291)
  '64:ff9b::/96', // NAT64 (RFC 6052): reaches any IPv4 address
  '64:ff9b:1::/48', // local NAT64 (RFC 8215)
  '2001:db8::/32', // documentation (RFC 3849)
  '3fff::/20', // documentation (RFC 9637)
  '2002::/16', // 6to4 (RFC 3056): reaches any IPv4 address
  'fd00:ec2::/32', // AWS metadata over IPv6
  'fd20:ce::254/128', // Google Cloud metadata over IPv6
  'fe80::/10', // link-local (RFC 4291)
  'fec0::/10', // site-local, long deprecated (RFC 3879)
  'ff00::/8', // multicast (RFC 4291)
  '::ffff:0:0:0/96', // IPv4-translated (RFC 2765)
  '100::/64', // discard (RFC 6666)
  '2001::/32', // Teredo (RFC 4380): reaches any IPv4 address
  'fd00:c1::a9fe:a9fe/128', // Oracle Cloud metadata over IPv6
  'fd00:42::42/128', // Scaleway metadata over IPv6
  'fd00:a9fe:a9fe::1/128', // Akamai (Linode) metadata over IPv6
  'fd00:100::100:200/128', // Alibaba Cloud metadata over IPv6
]);

/** What is not denied and not public either: registries of a cluster or a company live there. */
const isPrivate = rangesOf([
  '10.0.0.0/8', // private networks (RFC 1918)
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10', // shared address space (RFC 6598)
  '192.88.99.0/24', // 6to4 relays, deprecated (RFC 7526)
  '198.18.0.0/15', // benchmarks (RFC 2544)
  '2001:2::/48', // benchmarks (RFC 5180)
  '2001:10::/28', // ORCHID (RFC 4843), ORCHIDv2 (RFC 7343): no addresses of machines
  '2001:20::/28',
]);

/** Where IANA assigns the public addresses of IPv6; unique local ones (fc00::/7, RFC 4193) are not in it. */
const isGlobalIpv6 = rangesOf(['2000::/3']);

/** A CIDR that cannot be read, named in the error that {@link rangesOf} and {@link createGuard} throw. */
export class CidrError extends Error {}

interface Cidr {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
  /** Whether it is one address alone. */
  readonly exact: boolean;
}

function parseCidr(cidr: string): Cidr {
  const slash = cidr.indexOf('/');
  const address = slash < 0 ? cidr : cidr.slice(0, slash);
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const text = slash < 0 ? String(most) : cidr.slice(slash + 1);
  const bits = Number(text);
  if (family === 0 || !/^\d{1,3}$/.test(text) || bits > most) {
    throw new CidrError(`${JSON.stringify(cidr)} is not an address range such as 10.0.0.0/8 or fd00::/8`);
  }
  return { address, bits, family: family === 4 ? 'ipv4' : 'ipv6', exact: bits === most };
}

/**
 * Whether an address is in one of these ranges; a mapped IPv4 address (`::ffff:10.0.0.1`) is looked up as one of IPv4, and what is
 * no address is in none. A range without bits is one address.
 * @throws CidrError naming the first range that cannot be read
 */
export function rangesOf(cidrs: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, bits, family } of cidrs.map(parseCidr)) list.addSubnet(address, bits, family);
  return (address) => {
    // The family is read off the address: with the wrong one, BlockList silently answers false.
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  };
}

/** Where a connection is asked to go: the host of the URL, without brackets, and its port. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** Hosts that the operator needs for itself and that no check may reach, whatever ranges are allowed: only the exact address lifts it. */
export interface Reserved {
  /** Addresses, in the form of {@link plainAddress}, and lower-case names; may grow. */
  readonly hosts: ReadonlySet<string>;
  /** Undefined: every port. */
  readonly ports?: ReadonlySet<number>;
}

/** Why an address must not be reached: nobody may, or not without a login (docs/configuration.md, egress.allowCIDRs). */
export type Refusal = 'denied' | 'private';

/** Judges the address that a connection really goes to; undefined lets it through. */
export type Judge = (address: string, target: Target | undefined) => Refusal | undefined;

/**
 * The address guard of a connection. Node asks it for the address that the socket really connects to, after
 * name resolution (`net.connect`, option `blockList`).
 */
export class Guard extends BlockList {
  readonly #judge: Judge;
  readonly #target: Target | undefined;
  readonly #deniesName: (target: Target) => boolean;
  #refusal: Refusal | undefined;

  /** @param deniesName whether a name must not be reached at a port, whatever its addresses are */
  constructor(judge: Judge, target?: Target, deniesName: (target: Target) => boolean = () => false) {
    super();
    this.#judge = judge;
    this.#target = target;
    this.#deniesName = deniesName;
  }

  /** The same guard, for one connection. */
  toward(target: Target): Guard {
    return new Guard(this.#judge, target, this.#deniesName);
  }

  /** True where a host must not be asked for that somebody else connects to: of a name, no address is known here. */
  checkRemote(target: Target): boolean {
    if (isIP(target.host) !== 0) return this.check(target.host);
    const denied = this.#deniesName(target);
    if (denied) this.#refusal = 'denied';
    return denied;
  }

  /** True where the address must not be reached. What is no address is blocked. */
  override check(address: string | SocketAddress): boolean {
    const refusal = this.#judge(typeof address === 'string' ? address : address.address, this.#target);
    // Of several addresses, the one that nobody may reach says more.
    if (refusal !== undefined && this.#refusal !== 'denied') this.#refusal = refusal;
    return refusal !== undefined;
  }

  /** Why it has blocked; undefined where it has not. */
  get refusal(): Refusal | undefined {
    return this.#refusal;
  }
}

/** What a guard blocks besides the built-in deny list. */
export interface GuardOptions {
  readonly reserved?: readonly Reserved[];
  /** Every address that is not public is blocked as well, as far as the installation does not allow it. */
  readonly publicOnly?: boolean;
}

/**
 * Builds the guard: the built-in deny list, less the ranges of the installation's `egress.allowCIDRs`; and what `options` add.
 * @throws CidrError naming the first range that cannot be read
 */
export function createGuard(allowCIDRs: readonly string[], options: GuardOptions = {}): Guard {
  const { reserved = [], publicOnly = false } = options;
  const isAllowed = rangesOf(allowCIDRs);
  const exact = allowCIDRs.map(parseCidr).filter((cidr) => cidr.exact);
  const lifted = new Set(exact.map(({ address }) => plainAddress(address)));
  const judge: Judge = (address, target) => {
    if (isIP(address) === 0) return 'denied';
    const plain = plainAddress(address);
    if (!lifted.has(plain) && reserved.some((one) => isReserved(one, plain, target))) return 'denied';
    if (isAllowed(address)) return undefined;
    if (isDenied(address)) return 'denied';
    return publicOnly && !isPublic(address) ? 'private' : undefined;
  };
  return new Guard(judge, undefined, ({ host, port }) => {
    const target = { host: host.toLowerCase().replace(/\.$/, ''), port };
    return reserved.some((one) => isReserved(one, target.host, target));
  });
}

function isReserved({ hosts, ports }: Reserved, address: string, target: Target | undefined): boolean {
  if (target === undefined) return hosts.has(address);
  return (hosts.has(address) || hosts.has(target.host)) && (ports?.has(target.port) ?? true);
}

function isPublic(address: string): boolean {
  return (isIP(address) === 4 || isGlobalIpv6(address)) && !isPrivate(address);
}

/** An address in its one shortest form (RFC 5952), without a zone, and an IPv4 address in IPv6 as that IPv4 address. */
export function plainAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const text = new SocketAddress({ address: address.replace(/%.*$/, ''), family: 'ipv6' }).address;
  return /^::ffff:([\d.]+)$/.exec(text)?.[1] ?? text;
}
