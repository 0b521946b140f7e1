import ipaddr from 'ipaddr.js';
import { ConfigError } from '../config/config.errors.js';
import { type PlainAddress, toPlainAddress } from './address-rule.js';
import type { UrlRule } from './outbound.errors.js';

interface NameEntry {
  name: string;
  /** Null: every port. */
  port: number | null;
}

interface RangeEntry {
  range: [PlainAddress, number];
  port: number | null;
}

/**
 * What a permitted name may resolve to. A name alone never opens the rest, metadata services above all:
 * whoever can change the name's DNS record must not thereby choose such an address.
 */
const OPENED_BY_NAME: ReadonlySet<UrlRule> = new Set(['name', 'loopback', 'private', 'shared']);

const BITS = { ipv4: 32, ipv6: 128 } as const;
const PORT_MAX = 65_535;
const NAME_WITH_PORT = /^(?<host>\[[^\]]+\]|[^:/]+)(?::(?<port>\d{1,5}))?$/;

/** The operator's list OUTBOUND_ALLOW: what may be reached although it is not public. */
export class OutboundAllowList {
  private readonly names: NameEntry[] = [];
  private readonly ranges: RangeEntry[] = [];

  /** @throws ConfigError listing every entry that is no host, host:port, address or CIDR range. */
  constructor(entries: readonly string[]) {
    const faults = entries.filter((entry) => !this.add(entry.trim()));
    if (faults.length === 0) return;
    throw new ConfigError(
      faults.map((entry) => `OUTBOUND_ALLOW: "${entry}" is no host, host:port or CIDR range`),
    );
  }

  /** Whether a private name could turn out to be permitted once its addresses are known. */
  mayOpenName(hostname: string, port: number): boolean {
    return this.ranges.length > 0 || this.hasName(hostname, port);
  }

  /** Whether an address that broke `rule` may be reached as `hostname` (lower case, without a final dot). */
  permits(address: PlainAddress, rule: UrlRule, hostname: string, port: number): boolean {
    if (OPENED_BY_NAME.has(rule) && this.hasName(hostname, port)) return true;
    return this.ranges.some(
      ({ range, port: only }) =>
        isPort({ port: only }, port) && range[0].kind() === address.kind() && address.match(range),
    );
  }

  /** Whether the list holds this very host, by its name or as a literal address. */
  holds(hostname: string, port: number): boolean {
    const address = toPlainAddress(hostname);
    if (!address) return this.hasName(hostname, port);
    return this.ranges.some(
      ({ range, port: only }) =>
        isPort({ port: only }, port) && range[0].kind() === address.kind() && address.match(range),
    );
  }

  private hasName(hostname: string, port: number): boolean {
    return this.names.some((entry) => entry.name === hostname && isPort(entry, port));
  }

  private add(entry: string): boolean {
    const range = toRange(entry);
    if (range) {
      this.ranges.push({ range, port: null });
      return true;
    }
    const groups = NAME_WITH_PORT.exec(entry)?.groups;
    const port = groups?.port === undefined ? null : Number(groups.port);
    if (!groups?.host || (port !== null && (port < 1 || port > PORT_MAX))) return false;
    const literal = toRange(groups.host);
    if (literal) this.ranges.push({ range: literal, port });
    else if (!URL.canParse(`http://${groups.host}/`)) return false;
    else this.names.push({ name: toHostname(new URL(`http://${groups.host}/`)), port });
    return true;
  }
}

/** The host of a URL as names are compared: lower case, without the final dot of an absolute name. */
export function toHostname(url: URL): string {
  return url.hostname.toLowerCase().replace(/\.$/, '');
}

function toRange(entry: string): [PlainAddress, number] | null {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(entry)) return ipaddr.IPv4.parseCIDR(entry);
  if (entry.includes('/')) return ipaddr.IPv6.isValidCIDR(entry) ? ipaddr.parseCIDR(entry) : null;
  const address = toPlainAddress(entry);
  return address ? [address, BITS[address.kind()]] : null;
}

function isPort(entry: { port: number | null }, port: number): boolean {
  return entry.port === null || entry.port === port;
}
