import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { findAddressRule, type PlainAddress, toPlainAddress } from './address-rule.js';
import { assertUrlShape, toPort } from './assert-url-shape.js';
import { HostResolver } from './host-resolver.port.js';
import { OutboundAllowList, toHostname } from './outbound-allow-list.js';
import { fetchFailed, urlRefused } from './outbound.errors.js';

/** An address that was checked and is the one to connect to. */
export interface PinnedAddress {
  address: string;
  family: 4 | 6;
}

/** Names that mean the local machine or network by convention, whatever they resolve to (RFC 6761, RFC 6762, RFC 8375). */
const PRIVATE_NAME =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home\.arpa|ip6-localhost|ip6-loopback)$/;

/** Decides which hosts this service talks to when somebody else chose the URL. Configured by OUTBOUND_ALLOW. */
@Injectable()
export class OutboundGuard {
  private allowList: OutboundAllowList;

  constructor(
    private readonly config: AppConfig,
    private readonly resolver: HostResolver,
  ) {
    this.allowList = new OutboundAllowList(config.outbound.allow);
  }

  /** The guard for what operators set up: OUTBOUND_ALLOW_HOUSE opens hosts for it. Never for a URL that a tenant writes. */
  forHouse(): OutboundGuard {
    const { allow, allowForHouse } = this.config.outbound;
    const guard = new OutboundGuard(this.config, this.resolver);
    guard.allowList = new OutboundAllowList([...allow, ...allowForHouse]);
    return guard;
  }

  /**
   * Checks everything about a URL that needs no DNS: shape, private names, literal addresses.
   * @throws DomainError `outbound.url_refused`.
   */
  assertUrl(text: string): URL {
    const url = assertUrlShape(text);
    const hostname = toHostname(url);
    const port = toPort(url.protocol, url.port);
    const address = toPlainAddress(hostname);
    if (address) this.assertAddress(address, hostname, port);
    else if (PRIVATE_NAME.test(hostname) && !this.allowList.mayOpenName(hostname, port)) {
      throw urlRefused('name');
    }
    return url;
  }

  /** Whether the operator named this very host, and so answers for speaking with it without TLS. */
  isListed(url: URL): boolean {
    return this.allowList.holds(toHostname(url), toPort(url.protocol, url.port));
  }

  /**
   * The addresses a connection to this host may use. One forbidden address refuses the host as a whole.
   * @param hostname name or literal address, IPv6 with or without brackets.
   * @throws DomainError `outbound.url_refused`, `outbound.fetch_failed`. May be repeated.
   */
  async resolve(hostname: string, port: number): Promise<PinnedAddress[]> {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    const literal = toPlainAddress(name);
    const addresses = literal ? [literal] : await this.resolveName(name);
    for (const address of addresses) this.assertAddress(address, name, port);
    return addresses.map(toPinned);
  }

  private async resolveName(name: string): Promise<PlainAddress[]> {
    const answers = await this.resolver.resolve(name).catch((error: unknown) => {
      throw fetchFailed('host_unknown', error);
    });
    if (answers.length === 0) throw fetchFailed('host_unknown');
    return answers.map((answer) => {
      const address = toPlainAddress(answer);
      if (!address) throw urlRefused('reserved');
      return address;
    });
  }

  private assertAddress(address: PlainAddress, name: string, port: number): void {
    const rule = findAddressRule(address) ?? (PRIVATE_NAME.test(name) ? 'name' : null);
    if (rule && !this.allowList.permits(address, rule, name, port)) throw urlRefused(rule);
  }
}

function toPinned(address: PlainAddress): PinnedAddress {
  return { address: address.toString(), family: address.kind() === 'ipv4' ? 4 : 6 };
}
