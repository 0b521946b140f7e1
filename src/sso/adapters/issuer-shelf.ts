interface Entry<V> {
  version: string;
  value: Promise<V>;
  untilMs: number;
}

const KEPT_MS = 3_600_000;
const FAILURE_KEPT_MS = 3_000;
const ENTRIES_MAX = 500;

/**
 * What was learnt of each provider's issuer, for an hour, and a failure to learn it for a moment: so many who sign in
 * at once ask the issuer once, and one that is away is left alone.
 */
export class IssuerShelf<V> {
  private readonly entries = new Map<string, Entry<V>>();

  /** @param version changes when the provider does, so that the old is not used any more */
  get(id: string, version: string, learn: () => Promise<V>): Promise<V> {
    const known = this.entries.get(id);
    if (known?.version === version && performance.now() < known.untilMs) return known.value;
    const entry: Entry<V> = { version, value: learn(), untilMs: performance.now() + KEPT_MS };
    this.entries.delete(id);
    this.entries.set(id, entry);
    entry.value.catch(() => {
      entry.untilMs = performance.now() + FAILURE_KEPT_MS;
    });
    const [oldest] = this.entries.keys();
    if (this.entries.size > ENTRIES_MAX && oldest !== undefined) this.entries.delete(oldest);
    return entry.value;
  }
}
