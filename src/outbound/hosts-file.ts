import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';

export const HOSTS_FILE =
  process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

/**
 * What the machine itself says of names, as its own lookups read it before they ask anybody. Read again when it has
 * changed; a file that is missing or may not be read says nothing.
 */
export class HostsFile {
  private version: string | null = null;
  private addresses: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(private readonly path: string) {}

  /** In the order of its lines; empty = nothing is said of the name. */
  async find(hostname: string): Promise<readonly string[]> {
    try {
      const { mtimeMs, size, ino } = await stat(this.path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version !== this.version) {
        this.addresses = readLines(await readFile(this.path, 'utf8'));
        this.version = version;
      }
    } catch {
      [this.version, this.addresses] = [null, new Map()];
    }
    return this.addresses.get(hostname.toLowerCase()) ?? [];
  }
}

function readLines(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    // One with a zone is of this link alone, and nowhere to connect to from here.
    if (isIP(address) === 0 || address.includes('%')) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      found.set(key, [...(found.get(key) ?? []), address]);
    }
  }
  return found;
}
