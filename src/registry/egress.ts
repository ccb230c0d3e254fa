import { BlockList, isIP, type SocketAddress } from 'node:net';

/** Address ranges that no registry lives in, and that a check must not be able to reach through the operator. */
const DENIED: readonly string[] = [
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
];

/** A CIDR that cannot be read, named in the error that {@link createGuard} throws. */
export class CidrError extends Error {}

function addTo(list: BlockList, cidr: string): void {
  const slash = cidr.indexOf('/');
  const address = slash < 0 ? cidr : cidr.slice(0, slash);
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const text = slash < 0 ? String(bits) : cidr.slice(slash + 1);
  if (family === 0 || !/^\d{1,3}$/.test(text) || Number(text) > bits) {
    throw new CidrError(`${JSON.stringify(cidr)} is not an address range such as 10.0.0.0/8 or fd00::/8`);
  }
  list.addSubnet(address, Number(text), family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * The address guard of a connection. Node asks it for the address that the socket really connects to, after
 * name resolution (`net.connect`, option `blockList`). A BlockList has no exceptions, so `check` looks
 * at those first.
 */
export class Guard extends BlockList {
  readonly #allowed: BlockList;

  constructor(allowed: BlockList) {
    super();
    this.#allowed = allowed;
  }

  /** True where the address must not be reached. What is no address is blocked. */
  override check(address: string | SocketAddress): boolean {
    const text = typeof address === 'string' ? address : address.address;
    const family = isIP(text);
    // The family is read off the address: with the wrong one, BlockList silently answers false.
    if (family === 0) return true;
    const name = family === 4 ? 'ipv4' : 'ipv6';
    return super.check(text, name) && !this.#allowed.check(text, name);
  }
}

/**
 * Builds the guard: the built-in deny list, less the ranges of the installation's `egress.allowCIDRs`.
 * @throws CidrError naming the first range that cannot be read
 */
export function createGuard(allowCIDRs: readonly string[]): Guard {
  const allowed = new BlockList();
  for (const cidr of allowCIDRs) addTo(allowed, cidr);
  const guard = new Guard(allowed);
  for (const cidr of DENIED) addTo(guard, cidr);
  return guard;
}
