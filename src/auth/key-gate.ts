import ipaddr from 'ipaddr.js';
import { DomainError } from '../common/domain-error.js';
import { isAllowedBy } from '../common/wildcard.js';
import type { KeyRestrictions } from './domain/api-key.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

const IPV4_BITS = 32;
const IPV6_BITS = 128;
/** Bits of an IPv4-mapped IPv6 address before the IPv4 address in it: `::ffff:0:0/96`. */
const MAPPED_BITS = 96;
/** A route's parameter as the router and as the API document write it: `:id` and `{id}`. Its name is no matter. */
const PARAMETER = /:[A-Za-z_]+|\{[A-Za-z_]+\}/g;

/** Where and for what a key may be used, made ready once for the many requests it is asked at. */
export class KeyGate {
  private readonly allowed: readonly Network[];
  private readonly denied: readonly Network[];
  private readonly endpoints: readonly string[];

  constructor(
    restrictions: Pick<KeyRestrictions, 'allowedCidrs' | 'deniedCidrs' | 'allowedEndpoints'>,
  ) {
    this.allowed = toNetworks(restrictions.allowedCidrs);
    this.denied = toNetworks(restrictions.deniedCidrs);
    this.endpoints = restrictions.allowedEndpoints.map(withoutNames);
  }

  /**
   * @param address the client's
   * @param route the pattern of the route asked for: `/api/v1/api-keys/:id`
   */
  admits(address: string, route: string): boolean {
    if (this.endpoints.length > 0 && !isAllowedBy(this.endpoints, withoutNames(route)))
      return false;
    return this.admitsAddress(address);
  }

  /** A denied network wins. An address that cannot be read is in no network, so it is out where one is needed. */
  private admitsAddress(address: string): boolean {
    if (this.allowed.length === 0 && this.denied.length === 0) return true;
    const parsed = findAddress(address);
    if (!parsed || isWithin(this.denied, parsed)) return false;
    return this.allowed.length === 0 || isWithin(this.allowed, parsed);
  }
}

/**
 * The networks in canonical form: `10.1.2.3/8` becomes `10.0.0.0/8`, one address a network of one.
 * @throws DomainError `request.invalid` naming the entry at fault
 */
export function toCidrs(field: string, texts: readonly string[]): string[] {
  const cidrs = texts.map((text, index) => {
    const network = findNetwork(text);
    if (network) return `${toFirst(network).toString()}/${network[1]}`;
    throw DomainError.invalid(
      `${field}[${index}]`,
      'must be an IP address or a network such as 203.0.113.0/24 or 2001:db8::/32',
    );
  });
  return [...new Set(cidrs)];
}

function withoutNames(route: string): string {
  return route.replaceAll(PARAMETER, '{}');
}

function toNetworks(cidrs: readonly string[]): Network[] {
  return cidrs.map(findNetwork).filter((network) => network !== null);
}

function isWithin(networks: readonly Network[], address: Address): boolean {
  return networks.some(
    ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
  );
}

/** IPv4 however it was written: an IPv4-mapped IPv6 address is the IPv4 address in it. */
function findAddress(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return null;
  const address = ipaddr.IPv6.parse(text);
  // Zones (`fe80::1%eth0`) name an interface of this machine, not another host.
  const plain = new ipaddr.IPv6(address.parts);
  return plain.isIPv4MappedAddress() ? plain.toIPv4Address() : plain;
}

function findNetwork(text: string): Network | null {
  const [written = '', length, ...more] = text.split('/');
  const address = findAddress(written);
  if (!address || more.length > 0) return null;
  const isIpv4 = address.kind() === 'ipv4';
  const bitsMax = isIpv4 ? IPV4_BITS : IPV6_BITS;
  if (length === undefined) return [address, bitsMax];
  if (!/^\d{1,3}$/.test(length)) return null;
  const bits = isIpv4 && written.includes(':') ? Number(length) - MAPPED_BITS : Number(length);
  return bits >= 0 && bits <= bitsMax ? [address, bits] : null;
}

/** The network's own address: what of it is beyond the bits is zero. */
function toFirst([address, bits]: Network): Address {
  const bytes = address.toByteArray().map((byte, index) => {
    const kept = Math.min(Math.max(bits - index * 8, 0), 8);
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return ipaddr.fromByteArray(bytes);
}
