/** cooldown: not to be called. breaker: open until it ends, then one call may see whether the vendor is back. */
export type MarkKind = 'cooldown' | 'breaker';

/** What a mark is on; with a model only that model of the connection. */
export interface MarkName {
  kind: MarkKind;
  connection: string;
  model: string | null;
}

export interface UpstreamMark extends MarkName {
  /** Error code that made it. */
  reason: string;
  untilMs: number;
}

export function toMarkKey({ kind, connection, model }: MarkName): string {
  return JSON.stringify([kind, connection, model]);
}

/** Null = not of this form. */
export function parseMarkKey(key: string): MarkName | null {
  const parts: unknown = parseOrNull(key);
  if (!Array.isArray(parts)) return null;
  const [kind, connection, model] = parts as unknown[];
  if (kind !== 'cooldown' && kind !== 'breaker') return null;
  if (typeof connection !== 'string' || (model !== null && typeof model !== 'string')) return null;
  return { kind, connection, model };
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
