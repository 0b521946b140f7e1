import { lookup, Resolver } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { HostResolver } from './host-resolver.port.js';
import { HOSTS_FILE, HostsFile } from './hosts-file.js';

/** How long one question waits for a name server, and how often it is put. */
const QUERY_TIMEOUT_MS = 2_000;
const QUERY_TRIES = 2;
/** Names that wait for the operating system at once, and how long one waits for its turn: whoever asked has left then. */
const LOOKUPS_WAITING_MAX = 100;
const TURN_WITHIN_MS = 5_000;
/** What is said of a name that is not known: the operating system may know it otherwise. */
const UNKNOWN_CODES = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME', 'ENONAME']);
/** Nobody is there to be asked. */
const REFUSED_CODE = 'ECONNREFUSED';
const SILENT_CODES = new Set([REFUSED_CODE, 'ETIMEOUT']);

/**
 * Reads the hosts file first, as the operating system does: what it names is found without any name server. Then asks
 * these, and for what they do not know the operating system. Its own call holds one of the two threads that the process
 * has for it until it is through, so a few names whose servers keep silent would stop every lookup: it is made for one
 * name at a time here.
 */
@Injectable()
export class SystemHostResolver extends HostResolver {
  protected readonly hosts: HostsFile = new HostsFile(HOSTS_FILE);
  protected readonly turnWithinMs: number = TURN_WITHIN_MS;
  private servers: Resolver | null = null;
  private line: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  async resolve(hostname: string): Promise<string[]> {
    const listed = await this.hosts.find(hostname);
    if (listed.length > 0) return [...listed];
    const servers = (this.servers ??= this.openServers());
    const families = await Promise.allSettled([
      servers.resolve4(hostname),
      servers.resolve6(hostname),
    ]);
    const addresses = families.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (addresses.length > 0) return addresses;
    const faults = families.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    // A resolver knows the servers of the time it was made: the next question goes to those that the machine has then.
    if (faults.some(({ code }) => SILENT_CODES.has(code)) && this.servers === servers) {
      this.servers = null;
    }
    const fault = faults.find(({ code }) => !UNKNOWN_CODES.has(code) && code !== REFUSED_CODE);
    if (fault) throw fault;
    return this.lookUp(hostname);
  }

  /** Those that the machine is set to now. */
  protected openServers(): Resolver {
    return new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
  }

  /** The operating system's own call. */
  protected async ask(hostname: string): Promise<string[]> {
    return (await lookup(hostname, { all: true })).map(({ address }) => address);
  }

  protected async lookUp(hostname: string): Promise<string[]> {
    if (this.waiting >= LOOKUPS_WAITING_MAX) throw new Error('too many names are being looked up');
    this.waiting += 1;
    const untilMs = performance.now() + this.turnWithinMs;
    const answers = this.line.then(() => {
      if (performance.now() > untilMs) throw new Error('the name waited too long for its lookup');
      return this.ask(hostname);
    });
    this.line = answers.catch(() => undefined);
    try {
      return await answers;
    } finally {
      this.waiting -= 1;
    }
  }
}
