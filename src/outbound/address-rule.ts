import ipaddr from 'ipaddr.js';

/** An address as the wire would use it: mapped and translated IPv4 is unwrapped to IPv4. */
export type PlainAddress = ipaddr.IPv4 | ipaddr.IPv6;

/** Why an address is not fetched from. */
export type AddressRule =
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link_local'
  | 'metadata'
  | 'multicast'
  | 'unspecified'
  | 'reserved';

/** Services that hand credentials to any local caller. The list names those that no wider range shows as such. */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
]);

/** The only part of IPv6 that is routed on the internet (RFC 4291). */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = ipaddr.IPv6.parseCIDR('2000::/3');
/** An IPv6-only network reaches IPv4 hosts through this prefix (RFC 6052), so it is judged by what it wraps. */
const NAT64: [ipaddr.IPv6, number] = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

const RULE_OF_RANGE: Readonly<Record<string, AddressRule>> = {
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'shared',
  linkLocal: 'link_local',
  multicast: 'multicast',
  broadcast: 'multicast',
  unspecified: 'unspecified',
};

/** Reads an address in its canonical form, as URL parsing and DNS answers give it; null when it is a name. */
export function toPlainAddress(text: string): PlainAddress | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  return bare.includes(':') && ipaddr.IPv6.isValid(bare) ? unwrap(ipaddr.IPv6.parse(bare)) : null;
}

/** Names the rule that forbids the address; null = a host of the public internet. */
export function findAddressRule(address: PlainAddress): AddressRule | null {
  if (METADATA_ADDRESSES.has(address.toString())) return 'metadata';
  const range: string = address.range();
  if (isPublicKind(address) && range === 'unicast') return null;
  return RULE_OF_RANGE[range] ?? 'reserved';
}

function isPublicKind(address: PlainAddress): boolean {
  return address.kind() === 'ipv4' || address.match(GLOBAL_UNICAST);
}

function unwrap(address: ipaddr.IPv6): PlainAddress {
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  if (address.match(NAT64)) return new ipaddr.IPv4(address.toByteArray().slice(-4));
  return address;
}
