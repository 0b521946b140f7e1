import { lookup, Resolver } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { HostResolver } from './host-resolver.port.js';

/** How long one question waits for a name server, and how often it is put. */
const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES = 2;
/** Names that wait for the operating system at once. */
const LOOKUPS_WAITING_MAX = 100;
/** What name servers say of a name that they do not know: the hosts file may. */
const UNKNOWN_CODES = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EBADNAME', 'ENONAME']);

/**
 * Asks the name servers, and for what they do not know the operating system, its hosts file included. The operating
 * system's own call holds one of the two threads that the process has for it until it is through, so a few names
 * whose servers keep silent would stop every lookup: it is made for one name at a time here.
 */
@Injectable()
export class SystemHostResolver extends HostResolver {
  protected readonly servers = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
  private line: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  async resolve(hostname: string): Promise<string[]> {
    const families = await Promise.allSettled([
      this.servers.resolve4(hostname),
      this.servers.resolve6(hostname),
    ]);
    const addresses = families.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (addresses.length > 0) return addresses;
    for (const one of families) {
      if (one.status === 'rejected' && !UNKNOWN_CODES.has(one.reason?.code)) throw one.reason;
    }
    return this.lookUp(hostname);
  }

  private async lookUp(hostname: string): Promise<string[]> {
    if (this.waiting >= LOOKUPS_WAITING_MAX) throw new Error('too many names are being looked up');
    this.waiting += 1;
    const answers = this.line.then(() => lookup(hostname, { all: true }));
    this.line = answers.catch(() => undefined);
    try {
      return (await answers).map((answer) => answer.address);
    } finally {
      this.waiting -= 1;
    }
  }
}
